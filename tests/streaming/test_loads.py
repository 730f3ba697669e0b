"""Which streamer gets the next view."""

from collections import Counter

from streaming.loads import ANSWER_S, HELD_S, PICK_HELD_S, VIEW_KBPS, Picker, View, load_told


class Clock:
    """A time that stands still until it is moved."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def tell(picker: Picker, streamer: int, *sessions: str, kbps: int | None = None) -> None:
    """The streamer tells its sessions, of 2 Mbit/s each unless said otherwise."""
    views = [View(session, camera_id=1, user_id=7, is_pending=False) for session in sessions]
    cost = len(views) * (VIEW_KBPS + 2000) if kbps is None else kbps
    picker.take(load_told(streamer, cost, views, is_leaving=False))


def picks(picker: Picker, *sessions: str) -> Counter[int]:
    return Counter(picker.pick(session) for session in sessions)


def test_with_one_streamer_it_is_picked_and_nothing_remembered():
    picker = Picker(1)

    assert picks(picker, *"abcdef") == {1: 6}
    assert not picker.is_choice


def test_the_least_loaded_is_picked():
    picker = Picker(3)
    tell(picker, 1, "a", "b")
    tell(picker, 2, "c")
    tell(picker, 3, "d", "e")

    assert picker.pick("f") == 2


def test_a_view_of_a_rich_camera_weighs_more():
    picker = Picker(2)
    tell(picker, 1, "a", kbps=VIEW_KBPS + 8000)
    tell(picker, 2, "b", kbps=VIEW_KBPS + 2000)

    assert picker.pick("c") == 2


def test_a_burst_is_spread_before_anybody_has_told_of_it():
    picker = Picker(4)
    for streamer in (1, 2, 3, 4):
        tell(picker, streamer)

    assert picks(picker, *"abcdefghijkl") == {1: 3, 2: 3, 3: 3, 4: 3}


def test_a_burst_goes_first_to_whoever_has_less():
    picker = Picker(2)
    tell(picker, 1, "u", "v", "w")
    tell(picker, 2)

    assert picks(picker, *"abcde") == {1: 1, 2: 4}


def test_a_burst_for_a_rich_camera_is_spread_as_evenly():
    picker = Picker(2)
    tell(picker, 1, "u", "v", "w", kbps=3 * 5 * VIEW_KBPS)
    tell(picker, 2)

    assert picks(picker, *"abcdefg") == {1: 2, 2: 5}


def test_a_pick_counts_once_when_the_streamer_tells_it_too():
    picker = Picker(2)
    tell(picker, 1)
    tell(picker, 2)
    assert [picker.pick(session) for session in "abc"] == [1, 2, 1]

    tell(picker, 1, "a", "c")
    tell(picker, 2, "b")

    assert picker.pick("d") == 2
    assert picks(picker, "e", "f") == {1: 1, 2: 1}


def test_a_pick_that_was_refused_counts_no_more():
    picker = Picker(2)
    tell(picker, 1)
    tell(picker, 2)
    assert picker.pick("a") == 1

    picker.ended("a")

    assert picker.pick("b") == 1


def test_knowing_nothing_it_spreads_over_all():
    assert picks(Picker(3), *"abcdef") == {1: 2, 2: 2, 3: 2}


def test_a_streamer_that_tells_nothing_any_more_is_not_picked():
    clock = Clock()
    picker = Picker(2, now=clock)
    tell(picker, 1, *"abcdef")
    tell(picker, 2)
    clock.now_s += HELD_S
    tell(picker, 1, *"abcdef")

    assert picks(picker, "g", "h") == {1: 2}


def test_a_streamer_that_leaves_is_not_picked_until_it_is_back():
    picker = Picker(2)
    tell(picker, 1, *"abc")
    tell(picker, 2)
    picker.take(load_told(2, 0, [], is_leaving=True))

    assert picker.pick("d") == 1
    tell(picker, 2)
    assert picker.pick("e") == 2


def test_after_an_offer_without_an_answer_others_are_picked():
    clock = Clock()
    picker = Picker(2, now=clock)
    tell(picker, 1)
    tell(picker, 2, *"xyz")
    assert picker.pick("a") == 1

    clock.now_s += ANSWER_S + 0.1
    picker.left("a")
    tell(picker, 1)
    tell(picker, 2, *"xyz")

    assert picks(picker, *"bcdef") == {2: 5}
    for session in "bcdef":
        picker.ended(session)
    clock.now_s += PICK_HELD_S
    tell(picker, 1)
    tell(picker, 2, *"xyz")
    assert picker.pick("g") == 1


def test_a_page_that_leaves_early_says_nothing_against_the_streamer():
    clock = Clock()
    picker = Picker(2, now=clock)
    tell(picker, 1)
    tell(picker, 2, "x")
    assert picker.pick("a") == 1

    picker.left("a")
    clock.now_s += ANSWER_S + 0.1
    tell(picker, 1)

    assert picker.pick("b") == 1


def test_when_all_are_silent_the_least_loaded_is_picked():
    clock = Clock()
    picker = Picker(2, now=clock)
    assert picks(picker, "a", "b") == {1: 1, 2: 1}
    clock.now_s += ANSWER_S + 0.1
    tell(picker, 1, "x")
    tell(picker, 2)

    assert picker.pick("c") == 2


def test_numbers_beyond_the_last_are_unknown():
    picker = Picker(2)

    assert [picker.knows(number) for number in (-1, 0, 1, 2, 3)] == [
        False,
        False,
        True,
        True,
        False,
    ]
