"""Counting the views that web processes tell of."""

from streaming.watchers import HELD_S, Watchers


def test_a_view_counts_once_however_often_it_is_told_of():
    watchers = Watchers(now=lambda: 0.0)

    for view in ("a", "b", "a"):
        watchers.tell(1, view)
    watchers.tell(2, "a")

    assert (watchers.count(1), watchers.count(2), watchers.count(3)) == (2, 1, 0)


def test_a_view_that_is_not_told_of_again_is_over():
    now_s = 0.0
    watchers = Watchers(now=lambda: now_s)
    watchers.tell(1, "left")
    now_s = HELD_S / 2
    watchers.tell(1, "stays")

    now_s = HELD_S + 0.1

    assert watchers.count(1) == 1
