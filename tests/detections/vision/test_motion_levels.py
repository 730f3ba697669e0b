import pytest

from detections.vision.motion_levels import MOST_STEPS, STEP_90K, MotionLevels, level_of


@pytest.mark.parametrize(
    ("share", "level"),
    [(-1.0, 1), (0.0, 1), (0.01, 26), (0.04, 52), (0.25, 128), (1.0, 255), (9.0, 255)],
)
def test_little_motion_is_told_from_none(share, level):
    assert level_of(share) == level


def test_of_ten_seconds_the_most_counts():
    levels = MotionLevels()
    for second, share in enumerate([0.0, 0.25, 0.01, *[0.0] * 7, 0.01]):
        levels.note(STEP_90K * 7 + second * 90_000, share)

    assert levels.take() == {7: level_of(0.25), 8: level_of(0.01)}
    assert levels.take() == {}


def test_what_could_not_be_kept_is_taken_again_with_what_came_since():
    levels = MotionLevels()
    levels.note(0, 0.25)
    levels.note(STEP_90K, 0.0)
    taken = levels.take()
    levels.note(STEP_90K, 0.01)
    levels.note(2 * STEP_90K, 0.0)

    levels.give_back(taken)

    assert levels.take() == {0: level_of(0.25), 1: level_of(0.01), 2: 1}


def test_of_more_than_a_day_the_newest_are_remembered():
    levels = MotionLevels()
    for step in range(MOST_STEPS + 10):
        levels.note(step * STEP_90K, 0.0)

    taken = levels.take()
    assert (min(taken), len(taken)) == (10, MOST_STEPS)
