import random

from recordings.rolling import Piece, RollingBuffer
from recordings.wanted import EVERYTHING, NOTHING, Rule, Seen, Span, Wanted, wanted
from tests.recordings.units import GOP_UNITS, STEP_90K, UNIT_BYTES, numbers, unit, units

S = 90_000
VISITS = Rule("visits", pre_s=10, post_s=5)


def a_buffer(**overrides: int) -> RollingBuffer:
    return RollingBuffer(**{"keep_90k": 40 * S, "most_bytes": 10_000_000} | overrides)


def filled(first: int, end: int, **overrides: int) -> RollingBuffer:
    buffer = a_buffer(**overrides)
    for each in units(first, end):
        buffer.add(each)
    return buffer


def given(pieces: list[Piece]) -> list[int]:
    """The numbers of all pictures."""
    return [number for piece in pieces for number in numbers(piece.units)]


def test_what_is_always_wanted_is_given_at_once_and_not_kept():
    buffer, got = a_buffer(), []
    for each in units(0, 25):
        buffer.add(each)
        got += buffer.take(EVERYTHING)
        assert buffer.bytes == 0

    assert given(got) == list(range(25))
    assert [piece.follows for piece in got] == [False] + [True] * 24


def test_a_visit_gets_its_time_before_from_the_keyframe_in_front_of_it():
    # It is 20.5 s; the visit began at 18.3 s, so that 8.3 s is wanted, and the GOP begins at 8 s.
    buffer = filled(0, 205)

    pieces = buffer.take(wanted(VISITS, [Seen(int(18.3 * S), 20 * S, True)], now_90k=20 * S))

    assert given(pieces) == list(range(80, 205))
    assert [piece.follows for piece in pieces] == [False] + [True] * 12


def test_a_visit_gets_its_time_after_up_to_the_keyframe_behind_it():
    buffer, got = a_buffer(), []
    # It ends at 3.2 s, so that 8.2 s is wanted, and the GOP ends with 8.9 s.
    visit = wanted(VISITS, [Seen(2 * S, int(3.2 * S), False)], now_90k=4 * S)
    for each in units(0, 200):
        buffer.add(each)
        got += buffer.take(visit)

    assert given(got) == list(range(90))


def test_a_pause_of_a_visit_that_goes_on_is_recorded_once_it_cannot_wait_any_longer():
    buffer, got = a_buffer(), []
    visit = wanted(VISITS, [Seen(2 * S, 3 * S, True)], now_90k=3 * S)
    for each in units(0, 1000):
        buffer.add(each)
        got += buffer.take(visit)

    # Of 99.9 s the last 40 wait for what becomes of the visit.
    assert given(got) == list(range(590))
    assert all(piece.follows for piece in got[1:])


def test_a_pet_that_comes_back_continues_where_its_recording_stopped():
    buffer = a_buffer()
    seen = [Seen(2 * S, 3 * S, True)]
    for each in units(0, 150):
        buffer.add(each)
        before = buffer.take(wanted(VISITS, seen, now_90k=each.pts_90k))
    seen = [Seen(2 * S, 14 * S, True)]

    after = buffer.take(wanted(VISITS, seen, now_90k=15 * S))

    assert before == []
    assert given(after) == list(range(80, 150))
    assert after[0].follows


def test_another_visit_later_does_not_follow_on_the_one_before():
    buffer = filled(0, 600)
    buffer.take(wanted(VISITS, [Seen(25 * S, 26 * S, False)], now_90k=60 * S))

    pieces = buffer.take(wanted(VISITS, [Seen(55 * S, 56 * S, True)], now_90k=60 * S))

    assert given(pieces)[0] == 450
    assert not pieces[0].follows


def test_nothing_is_given_twice_or_out_of_order_whatever_is_wanted_when():
    dice = random.Random(5)
    for _ in range(50):
        buffer, got = a_buffer(keep_90k=dice.randrange(1, 20) * S), []
        for each in units(0, 400):
            if dice.random() < 0.01:
                buffer.lost()
            buffer.add(each)
            start = each.pts_90k - dice.randrange(0, 30 * S)
            spans = (Span(start, start + dice.randrange(0, 10 * S)),)
            got += buffer.take(Wanted(spans, spans) if dice.random() < 0.1 else NOTHING)

        seen = given(got)
        assert seen == sorted(set(seen))
        for before, piece in zip([None, *got], got, strict=False):
            first = numbers(piece.units)[0]
            assert numbers(piece.units) == list(range(first, first + len(piece.units)))
            if piece.follows:
                assert before is not None and numbers(before.units)[-1] + 1 == first
            else:
                assert first % GOP_UNITS == 0


def test_what_is_too_old_is_let_go_by_whole_gops():
    buffer = filled(0, 1000)
    buffer.take(NOTHING)

    # 40 s and the GOP that they begin in.
    assert buffer.bytes == 410 * UNIT_BYTES
    assert buffer.shortened == 0
    assert given(buffer.take(EVERYTHING)) == list(range(590, 1000))


def test_more_than_its_bytes_are_never_kept_and_counted_as_shortened():
    buffer = a_buffer(most_bytes=25 * UNIT_BYTES)
    for each in units(0, 100):
        buffer.add(each)
        buffer.take(NOTHING)
        assert buffer.bytes <= 25 * UNIT_BYTES

    assert given(buffer.take(EVERYTHING)) == list(range(80, 100))
    assert buffer.shortened == 8


def test_a_pause_is_rather_recorded_than_let_go_for_its_size():
    buffer = a_buffer(most_bytes=25 * UNIT_BYTES)
    maybe, got = Wanted((), (Span(0),)), []
    for each in units(0, 100):
        buffer.add(each)
        got += buffer.take(maybe)

    assert given(got) == list(range(80))
    assert buffer.shortened == 0


def test_a_camera_without_keyframes_takes_no_more_room_than_others():
    buffer = a_buffer(most_bytes=25 * UNIT_BYTES)
    buffer.add(unit(0))
    for number in range(1, 200):
        buffer.add(unit(number, gop_units=1000))
        buffer.take(NOTHING)

    assert buffer.bytes == 0
    assert buffer.take(EVERYTHING) == []


def test_after_a_loss_nothing_comes_before_the_next_keyframe():
    buffer = filled(0, 15)
    buffer.lost()
    for each in units(15, 30):
        buffer.add(each)

    pieces = buffer.take(EVERYTHING)

    assert given(pieces) == [*range(15), *range(20, 30)]
    assert [piece.follows for piece in pieces] == [False, True, False]


def test_the_newest_picture_counts_as_lasting():
    buffer = filled(0, 1)

    assert given(buffer.take(Wanted((Span(0, STEP_90K),)))) == [0]
