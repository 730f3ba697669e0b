from dataclasses import replace
from random import Random

import pytest

from recordings.files.cutter import CutRules, SegmentCutter, Step
from streaming.media.access_unit import AccessUnit
from tests.recordings.files.disks import at
from tests.streaming.media.moving_picture import encoded_units

SKIP, ADD, BEGIN, AFTER_GAP = Step.SKIP, Step.ADD, Step.BEGIN, Step.BEGIN_AFTER_GAP
# 15 frames each second half: keyframes at 0, 15, 30 ...
UNITS = encoded_units(60)
OTHER = encoded_units(15, width=640, height=360)
SECOND = 90_000


def steps(cutter: SegmentCutter, units: list[AccessUnit]) -> list[Step]:
    return [cutter.step(unit) for unit in units]


def begins(cutter: SegmentCutter, units: list[AccessUnit]) -> dict[int, Step]:
    """The steps that are not ADD, by the number of their unit."""
    return {number: step for number, step in enumerate(steps(cutter, units)) if step is not ADD}


def test_the_first_segment_begins_at_the_first_keyframe():
    assert begins(SegmentCutter(), UNITS[13:40]) == {0: SKIP, 1: SKIP, 2: AFTER_GAP}


def test_a_segment_ends_at_the_first_keyframe_after_its_time():
    cutter = SegmentCutter(CutRules(usual_90k=SECOND * 7 // 10))

    assert begins(cutter, UNITS) == {0: AFTER_GAP, 30: BEGIN}


def test_a_segment_ends_at_the_first_keyframe_after_its_size():
    size = sum(len(unit.data) for unit in UNITS[:16])

    assert begins(SegmentCutter(CutRules(usual_bytes=size)), UNITS) == {0: AFTER_GAP, 30: BEGIN}


def test_other_parameter_sets_begin_another_segment_that_goes_on():
    units = UNITS[:20] + at(OTHER, UNITS[20].pts_90k)

    assert begins(SegmentCutter(), units) == {0: AFTER_GAP, 20: BEGIN}


def test_a_gap_ends_a_segment_and_the_next_begins_at_a_keyframe():
    units = UNITS[:20] + at(UNITS[20:], UNITS[20].pts_90k + 3 * SECOND)

    assert begins(SegmentCutter(), units) == {
        0: AFTER_GAP,
        **dict.fromkeys(range(20, 30), SKIP),
        30: AFTER_GAP,
    }


def test_a_short_pause_is_none():
    units = UNITS[:20] + at(UNITS[20:], UNITS[20].pts_90k + SECOND)

    assert begins(SegmentCutter(), units) == {0: AFTER_GAP}


def test_a_camera_of_a_picture_every_five_seconds_has_no_gaps_once_that_is_known():
    units = [replace(unit, pts_90k=n * 5 * SECOND) for n, unit in enumerate(UNITS)]

    assert begins(SegmentCutter(CutRules(usual_90k=10**9)), units) == {
        0: AFTER_GAP,
        **dict.fromkeys(range(1, 15), SKIP),
        15: AFTER_GAP,
    }


def test_times_that_go_back_are_skipped_until_a_keyframe_after_them():
    units = UNITS[:20] + at(UNITS[20:35], UNITS[5].pts_90k) + UNITS[20:]

    assert begins(SegmentCutter(), units) == {
        0: AFTER_GAP,
        # Back by half a second: for 15 units, whose keyframe is one of them.
        **dict.fromkeys(range(20, 45), SKIP),
        45: AFTER_GAP,
    }


def test_nothing_is_taken_that_was_recorded_before():
    cutter = SegmentCutter(after_90k=UNITS[15].pts_90k + 1)

    assert begins(cutter, UNITS) == {**dict.fromkeys(range(30), SKIP), 30: AFTER_GAP}


def test_what_was_recorded_before_may_end_where_a_keyframe_begins():
    cutter = SegmentCutter(after_90k=UNITS[15].pts_90k)

    assert begins(cutter, UNITS) == {**dict.fromkeys(range(15), SKIP), 15: AFTER_GAP}


def test_after_the_end_of_a_segment_another_begins_after_a_gap():
    cutter = SegmentCutter()
    steps(cutter, UNITS[:20])

    cutter.end()

    assert begins(cutter, UNITS[20:]) == {**dict.fromkeys(range(10), SKIP), 10: AFTER_GAP}


@pytest.mark.parametrize(
    "rules",
    [
        CutRules(longest_90k=SECOND * 2 // 3),
        CutRules(most_bytes=sum(map(len, (u.data for u in UNITS[:20])))),
    ],
)
def test_a_camera_without_further_keyframes_does_not_write_for_ever(rules):
    units = UNITS[:15] + [replace(unit, is_keyframe=False) for unit in UNITS[15:]]

    found = steps(SegmentCutter(rules), units)

    assert found[0] is AFTER_GAP
    assert set(found[1:18]) == {ADD}
    assert set(found[21:]) == {SKIP}


def test_segments_never_overlap_whatever_the_times_are():
    dice = Random(5)
    for _ in range(200):
        cutter, time, last = SegmentCutter(), 0, -1
        for unit in UNITS:
            time += dice.choice([3000, 3000, 3000, 1, 0, -9000, 200_000, 10**7, -(10**7)])
            if cutter.step(replace(unit, pts_90k=time)) is not SKIP:
                assert time > last
                last = time
