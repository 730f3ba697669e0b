"""What receiver reports lead to."""

from streaming.media.conditions import Budget, PlayoutDelay, Report, Throttle

GOOD = Report(fraction_lost=0.0, jitter_s=0.002, rtt_s=0.01)
LOSSY = Report(fraction_lost=0.05, jitter_s=0.002, rtt_s=0.1)
JITTERY = Report(fraction_lost=0.0, jitter_s=0.06, rtt_s=0.01)
DROWNING = Report(fraction_lost=0.6, jitter_s=0.05, rtt_s=0.3)


def delays(*reports: Report) -> list[int]:
    """The delay after each of the reports, which come once a second."""
    delay, found = PlayoutDelay(), []
    for second, report in enumerate(reports):
        delay.take(report, now_s=100.0 + second)
        found.append(delay.delay_ms)
    return found


def test_a_good_path_plays_at_once():
    assert delays(*[GOOD] * 20) == [0] * 20


def test_loss_buys_time_for_a_retransmission():
    assert delays(GOOD, LOSSY) == [0, 400]


def test_jitter_that_lasts_is_hidden_up_to_a_limit():
    assert delays(JITTERY, JITTERY, JITTERY) == [0, 100, 100]


def test_a_moment_of_jitter_is_not():
    assert delays(GOOD, JITTERY, GOOD, JITTERY) == [0, 0, 0, 0]


def test_the_delay_goes_back_a_step_at_a_time():
    found = delays(LOSSY, *[GOOD] * 40)

    assert found[5] == 400
    assert list(dict.fromkeys(found)) == [400, 200, 100, 50, 0]


def throttled(*reports: Report) -> list[bool]:
    throttle, found = Throttle(), []
    for second, report in enumerate(reports):
        throttle.take(report, now_s=100.0 + second)
        found.append(throttle.is_on)
    return found


def test_a_fifth_lost_is_no_reason_to_give_up():
    assert not any(throttled(*[Report(0.2, 0.05, 0.1)] * 20))


def test_a_path_that_loses_most_gets_keyframes_only_until_it_carries_them():
    found = throttled(GOOD, DROWNING, DROWNING, *[GOOD] * 5)

    assert found == [False, False, True, True, True, False, False, False]


def test_each_relapse_waits_longer():
    throttle, on_s, now_s = Throttle(), [], 100.0
    for _ in range(4):
        while not throttle.is_on:
            throttle.take(DROWNING, now_s=(now_s := now_s + 1))
        since_s = now_s
        while throttle.is_on:
            throttle.take(GOOD, now_s=(now_s := now_s + 1))
        on_s.append(now_s - since_s)

    assert on_s == sorted(on_s)
    assert on_s[-1] > 2 * on_s[0]


def test_retransmissions_cost_half_of_what_is_sent():
    budget = Budget()
    while budget.spend(1000):
        """Empty it."""

    budget.earn(10_000)

    assert [budget.spend(1000) for _ in range(7)] == [True] * 5 + [False] * 2
