"""What receiver reports lead to."""

from streaming.media.conditions import Budget, Jitter, LossRate, PlayoutDelay, Report

FRAME_S = 1 / 30
GOOD = {"loss": 0.0, "jitter_s": 0.002, "rtt_s": 0.01}
LOSSY = {"loss": 0.05, "jitter_s": 0.002, "rtt_s": 0.1}
JITTERY = {"loss": 0.0, "jitter_s": 0.06, "rtt_s": 0.01}


def loss_of(*reports: tuple[float, int, int]) -> list[float]:
    """By (seconds, highest number, lost in all)."""
    rate = LossRate()
    return [
        round(rate.take(Report(highest, lost, 0.0, None), now_s=100.0 + at_s), 3)
        for at_s, highest, lost in reports
    ]


def test_a_report_a_few_packets_after_another_says_little():
    assert loss_of((0, 1000, 0), (1, 1200, 2), (1.01, 1202, 3)) == [0, 0, 0.015]


def test_loss_is_that_of_the_last_seconds():
    found = loss_of((0, 1000, 0), (1, 1200, 20), (2, 1400, 20), (3, 1600, 20), (4, 1800, 20))

    assert found == [0, 0.1, 0.05, 0, 0]


def test_numbers_may_wrap_and_packets_come_late():
    assert loss_of((0, 0xFFFFFF9C, 10), (1, 100, 20), (2, 300, 12)) == [0, 0.05, 0]


def test_jitter_is_how_unevenly_pictures_leave():
    even, uneven = Jitter(), Jitter()
    for number in range(200):
        late_s = 0.2 if number % 2 else 0.0
        even.take(number * FRAME_S, now_s=100 + number * FRAME_S)
        uneven.take(number * FRAME_S, now_s=100 + number * FRAME_S + late_s)

    assert even.jitter_s < 0.001
    assert 0.19 < uneven.jitter_s < 0.21


def delays(*conditions: dict[str, float]) -> list[list[int]]:
    """The delays of the pictures in each second, with what was found at its begin."""
    delay, found = PlayoutDelay(), []
    for second, condition in enumerate(conditions):
        delay.take(**condition, now_s=100.0 + second)
        found.append([])
        for frame in range(30):
            delay.step(now_s=100.0 + second + frame * FRAME_S)
            found[-1].append(delay.delay_ms)
    return found


def test_a_good_path_plays_at_once():
    assert delays(*[GOOD] * 20) == [[0] * 30] * 20


def test_loss_buys_time_for_a_second_retransmission():
    for rtt_s, needed_ms in ((0.005, 180), (0.05, 220), (0.1, 280), (0.15, 380), (0.4, 500)):
        assert delays(LOSSY | {"rtt_s": rtt_s})[0][-1] == needed_ms


def test_pictures_are_never_held_up_for_as_long_as_a_freeze():
    risen = delays(LOSSY)[0]

    assert max(now - before for before, now in zip([0, *risen], risen, strict=False)) == 20


def test_jitter_that_lasts_is_hidden_up_to_a_limit():
    assert [second[-1] for second in delays(JITTERY, JITTERY, JITTERY)] == [0, 100, 100]


def test_a_moment_of_jitter_is_not():
    assert delays(GOOD, JITTERY, GOOD, JITTERY)[-1][-1] == 0


def test_a_path_that_loses_now_and_then_keeps_its_delay():
    found = delays(*([LOSSY] + [GOOD] * 6) * 4)

    assert {second[-1] for second in found} == {280}


def test_the_delay_goes_back_slowly_after_the_last_loss():
    found = delays(LOSSY, *[GOOD] * 20)
    flat = [ms for second in found for ms in second]

    assert found[8][-1] == 280
    assert found[14][-1] == 0
    assert min(now - before for before, now in zip(flat, flat[1:], strict=False)) == -10


def test_a_picture_that_starts_anew_is_not_held_back():
    delay = PlayoutDelay()
    delay.take(**LOSSY, now_s=100.0)
    delay.step(now_s=100.0)

    delay.forget()

    assert delay.delay_ms == 0
    assert not delay.step(now_s=100.1)


def test_retransmissions_cost_half_of_what_is_sent():
    budget = Budget()
    while budget.spend(1000):
        """Empty it."""

    budget.earn(10_000)

    assert [budget.spend(1000) for _ in range(7)] == [True] * 5 + [False] * 2
