"""How often somebody may do something."""

from streaming.media.rate import RateLimit


def test_a_burst_of_twice_the_rate_is_allowed_and_then_the_rate():
    now_s = 0.0
    limit = RateLimit(4.0, clock=lambda: now_s)

    assert [limit.allows() for _ in range(9)] == [True] * 8 + [False]
    now_s = 0.25
    assert [limit.allows() for _ in range(2)] == [True, False]


def test_a_limit_that_nobody_used_for_a_while_is_as_good_as_new():
    now_s = 0.0
    limit = RateLimit(4.0, clock=lambda: now_s)
    assert limit.allows()
    assert not limit.is_idle

    now_s = 1.0
    assert limit.is_idle
