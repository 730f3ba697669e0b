import pytest

from detections.vision.boxes import Box, overlap
from detections.vision.eyes import STILL_LOOK_90K, Eyes, Glimpse
from streaming.media.access_unit import AccessUnit
from tests.detections.vision.films import CAT, FPS, STEP_90K, BrightDetector, film


def one_by_one(eyes: Eyes, units: list[AccessUnit]) -> list[Glimpse]:
    glimpses = [eyes.see([unit]) for unit in units]
    assert None not in glimpses
    return glimpses


def walking(count: int) -> list[Box]:
    return [CAT._replace(x=0.1 + 0.03 * n) for n in range(count)]


@pytest.fixture
def detector() -> BrightDetector:
    return BrightDetector()


@pytest.fixture
def eyes(detector: BrightDetector) -> Eyes:
    return Eyes(detector)


def test_the_newest_picture_is_judged_with_its_own_media_time(eyes):
    units = film(walking(12), first_90k=500_000)

    glimpse = eyes.see(units)

    assert glimpse.frame.t_90k == 500_000 + 11 * STEP_90K
    [seen] = glimpse.frame.seen
    assert overlap(seen.box, CAT._replace(x=0.1 + 0.33)) > 0.9
    assert eyes.costs.decoded == 12
    assert eyes.costs.judged == 1


def test_boxes_follow_who_walks_from_picture_to_picture(eyes):
    cats = walking(15)

    glimpses = one_by_one(eyes, film(cats))

    pairs = zip(glimpses[1:], cats[1:], strict=True)
    overlaps = [overlap(one.frame.seen[0].box, cat) for one, cat in pairs]
    assert min(overlaps) > 0.9


def test_while_nothing_changes_nobody_is_asked_more_than_every_five_seconds(eyes, detector):
    glimpses = one_by_one(eyes, film([CAT] * 20 * FPS))

    looked = [one.frame.t_90k for one in glimpses if one.was_looked_at]
    assert looked[-1] - looked[-2] >= STILL_LOOK_90K
    assert len(looked) < 12
    assert eyes.costs.looks == detector.asked
    assert all(one.frame.seen for one in glimpses[5:])


def test_who_leaves_is_noticed_in_the_same_picture(eyes):
    glimpses = one_by_one(eyes, film([CAT] * 30 + [None] * 10))

    assert glimpses[29].frame.seen
    assert not glimpses[30].frame.seen
    assert glimpses[30].was_looked_at


def test_when_nobody_was_there_for_ten_seconds_keyframes_are_enough(eyes):
    glimpses = one_by_one(eyes, film([CAT] * 5 + [None] * 12 * FPS))

    assert glimpses[-1].frame.seen == ()
    assert eyes.is_idle


def test_somebody_who_comes_in_ends_the_quiet(eyes):
    units = film([None] * 12 * FPS + [CAT] * 11)
    one_by_one(eyes, units[: 12 * FPS])
    was_idle = eyes.is_idle
    keyframe = next(unit for unit in units[12 * FPS :] if unit.is_keyframe)

    glimpse = eyes.see([keyframe])

    assert (was_idle, eyes.is_idle) == (True, False)
    assert glimpse.frame.seen


def test_a_sleeping_cat_is_no_reason_to_look_away(eyes):
    one_by_one(eyes, film([CAT] * 15 * FPS))

    assert not eyes.is_idle


def test_without_a_keyframe_there_is_no_picture(eyes):
    assert eyes.see(film([CAT] * 5)[1:]) is None
    assert eyes.see([]) is None


def test_what_moves_is_told_and_who_lies_still_moves_nothing(eyes):
    glimpses = one_by_one(eyes, film([None] * 15 + walking(10) + [walking(10)[-1]] * 80))

    assert [one.moving for one in glimpses[:15]] == [0.0] * 15
    assert all(0.02 < one.moving < 0.5 for one in glimpses[15:25])
    assert glimpses[-1].moving == 0.0


def test_a_room_that_is_new_to_the_eyes_has_not_moved(eyes):
    assert one_by_one(eyes, film([CAT]))[0].moving == 0.0
