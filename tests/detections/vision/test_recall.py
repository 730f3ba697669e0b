from dataclasses import replace

import numpy as np

from detections.vision import recall as module
from detections.vision.recall import KEPT_90K, Recall
from tests.detections.vision.films import CAT, FPS, STEP_90K, film

UNITS = film([CAT._replace(x=0.02 * n) for n in range(30)], first_90k=900_000)


def recall_of(units=UNITS) -> Recall:
    recall = Recall()
    for unit in units:
        recall.keep(unit)
    return recall


def left_edge(recall: Recall, t_90k: int) -> float | None:
    """Where the cat begins, as a share of the picture."""
    frame = recall.picture(t_90k)
    if frame is None:
        return None
    columns = np.nonzero(frame.to_ndarray()[150] > 160)[0]
    return float(columns.min()) / frame.width


def test_the_picture_of_a_moment_is_that_very_one():
    recall = recall_of()

    for number in (0, 7, 9, 10, 23, 29):
        assert left_edge(recall, UNITS[number].pts_90k) == round(0.02 * number * 640) / 640


def test_a_moment_between_pictures_means_the_nearest_one():
    assert left_edge(recall_of(), UNITS[9].pts_90k + STEP_90K - 100) == 128 / 640
    assert left_edge(recall_of(), UNITS[29].pts_90k + STEP_90K) == round(0.02 * 29 * 640) / 640


def test_what_was_not_kept_is_not_to_be_had():
    assert Recall().picture(900_000) is None
    assert recall_of(UNITS[1:10]).picture(UNITS[5].pts_90k) is None
    assert recall_of().picture(UNITS[0].pts_90k - 90_000) is None
    assert recall_of().picture(UNITS[29].pts_90k + 90_000) is None


def test_after_a_gap_nothing_of_before_is_left():
    recall = recall_of()

    recall.forget()

    assert recall.picture(UNITS[29].pts_90k) is None


def test_pictures_go_after_half_a_minute():
    recall = recall_of()
    for unit in UNITS:
        recall.keep(replace(unit, pts_90k=unit.pts_90k + KEPT_90K + 2 * FPS * STEP_90K))

    assert recall.picture(UNITS[5].pts_90k) is None
    assert recall.picture(UNITS[5].pts_90k + KEPT_90K + 2 * FPS * STEP_90K) is not None


def test_a_camera_with_huge_pictures_takes_no_more_than_its_share():
    recall = Recall()
    huge = bytes(module.KEPT_BYTES // 3)
    for number, unit in enumerate(UNITS):
        recall.keep(replace(unit, data=unit.data + huge, is_keyframe=number % 2 == 0))

    kept = [unit for unit in UNITS if recall.picture(unit.pts_90k) is not None]
    assert len(kept) <= 3
