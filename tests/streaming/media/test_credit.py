from hypothesis import given
from hypothesis import strategies as st

from streaming.media.credit import CREDIT_LIMIT, FREE_MESSAGES, IN_FLIGHT_BYTES, CreditWindow


def sent_until_closed(window: CreditWindow, size_bytes: int) -> int:
    sent = 0
    while window.is_open:
        window.spend(size_bytes)
        sent += 1
    return sent


def test_without_credit_nothing_is_sent():
    assert not CreditWindow().is_open


def test_each_message_uses_one_credit():
    window = CreditWindow(3)

    assert sent_until_closed(window, 100) == 3
    window.grant(2)
    assert sent_until_closed(window, 100) == 2


def test_a_viewer_cannot_save_up_more_than_the_limit():
    window = CreditWindow(1000)
    window.grant(1000)

    assert sent_until_closed(window, 1) == CREDIT_LIMIT


def test_large_messages_close_the_window_before_the_credit_ends():
    window = CreditWindow(CREDIT_LIMIT)

    assert sent_until_closed(window, 20 * 1024) == IN_FLIGHT_BYTES // (20 * 1024) + 1
    window.grant(1)
    assert window.is_open


def test_a_viewer_that_collects_a_few_before_it_gives_credit_is_never_stuck():
    window = CreditWindow(CREDIT_LIMIT)

    assert sent_until_closed(window, IN_FLIGHT_BYTES) == FREE_MESSAGES


@given(st.lists(st.tuples(st.integers(0, 80), st.integers(1, 400_000)), max_size=200))
def test_what_is_on_the_way_stays_bounded_whatever_the_viewer_grants(steps):
    window = CreditWindow()
    on_the_way: list[int] = []
    for credit, size_bytes in steps:
        window.grant(credit)
        del on_the_way[:credit]
        while window.is_open:
            window.spend(size_bytes)
            on_the_way.append(size_bytes)
        assert len(on_the_way) <= CREDIT_LIMIT
        assert len(on_the_way) <= FREE_MESSAGES or sum(on_the_way[:-1]) < IN_FLIGHT_BYTES
