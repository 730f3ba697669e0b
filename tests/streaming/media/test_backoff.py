from streaming.media.backoff import Backoff


def test_waits_double_up_to_half_a_minute():
    backoff = Backoff()

    assert [backoff.delay_s(0) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]


def test_a_minute_of_health_starts_over():
    backoff = Backoff()
    for _ in range(5):
        backoff.delay_s(59)

    assert backoff.delay_s(60) == 1
    assert backoff.delay_s(0) == 2
