import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from detections.vision import ssd
from detections.vision.boxes import Box, overlap
from detections.vision.ssd import NotSuchModel, SsdDetector

MODELS = Path(ssd.__file__).parent / "models"
MODEL = MODELS / "ssd_mobilenet_v2_oidv4_300.onnx"
LABELS = MODELS / "ssd_mobilenet_v2_oidv4_labels.txt"
PHOTO = Path(__file__).parents[3] / "streaming" / "media" / "assets" / "chelsea.png"


@pytest.fixture(scope="module")
def detector() -> SsdDetector:
    return SsdDetector(MODEL, LABELS)


@pytest.fixture
def photo() -> Image.Image:
    return Image.open(PHOTO).convert("RGB")


def room_with(photo: Image.Image, left: int, top: int, height: int) -> np.ndarray:
    """A grey room of 640x360 with the photograph hung up in it."""
    room = Image.new("RGB", (640, 360), (120, 116, 108))
    room.paste(photo.resize((round(photo.width * height / photo.height), height)), (left, top))
    return np.asarray(room)


def test_it_finds_what_a_household_camera_is_asked_for(detector):
    assert detector.labels == ("person", "cat", "dog")


def test_it_finds_the_cat_on_the_photograph(detector, photo):
    [seen] = detector.detect(np.asarray(photo))

    assert (seen.label, seen.score > 0.8) == ("cat", True)
    assert overlap(seen.box, Box(0.05, 0, 0.95, 1)) > 0.8


def test_it_finds_her_at_night_when_cameras_see_no_colours(detector, photo):
    grey = photo.convert("L").point(lambda v: 20 + v // 3).convert("RGB")

    assert [seen.label for seen in detector.detect(np.asarray(grey))] == ["cat"]


def test_it_tells_where_in_the_picture_she_is(detector, photo):
    [seen] = detector.detect(room_with(photo, 300, 100, 200))

    assert overlap(seen.box, Box(300 / 640, 100 / 360, 301 / 640, 200 / 360)) > 0.6


def test_in_an_empty_room_there_is_nobody(detector):
    assert detector.detect(np.full((360, 640, 3), 110, np.uint8)) == []


def test_scores_below_the_threshold_are_left_out(photo):
    strict = SsdDetector(MODEL, LABELS, threshold=0.99)

    assert strict.detect(np.asarray(photo)) == []


def test_an_anchor_without_offsets_is_the_box_itself():
    found = ssd.corners(np.zeros((1917, 4), np.float32), ssd.anchors(300))

    # The last one: square, between the largest scale and the whole picture.
    side = (0.95 * 1.0) ** 0.5
    expected = [0.5 - side / 2, 0.5 - side / 2, 0.5 + side / 2, 0.5 + side / 2]
    np.testing.assert_allclose(found[-1], expected, atol=1e-6)


def test_offsets_beyond_reason_stay_numbers():
    found = ssd.corners(np.full((1, 4), 1e30, np.float32), np.full((1, 4), 0.5, np.float32))

    assert np.isfinite(found).all()


def test_of_boxes_on_one_another_the_best_one_stays():
    boxes = np.array([[0, 0, 1, 1], [0, 0, 1, 0.9], [0.5, 0.5, 1, 1]], np.float32)

    assert ssd.the_best(boxes, np.array([0.6, 0.9, 0.5], np.float32), 0.1) == [1, 2]
    assert ssd.the_best(boxes, np.array([0.6, 0.9, 0.5], np.float32), 0.55) == [1]
    assert ssd.the_best(boxes[:0], np.zeros(0, np.float32), 0.1) == []


def test_a_file_that_is_no_model_is_refused_with_its_name(tmp_path):
    broken = tmp_path / "mine.onnx"
    broken.write_bytes(b"no model")

    with pytest.raises(NotSuchModel, match="mine.onnx"):
        SsdDetector(broken, LABELS)
    with pytest.raises(NotSuchModel, match="other.onnx"):
        SsdDetector(tmp_path / "other.onnx", LABELS)


def test_labels_that_do_not_belong_to_the_model_are_refused(tmp_path):
    labels = tmp_path / "labels.txt"
    labels.write_text("background\ncat\n")
    with pytest.raises(NotSuchModel, match="class_predictions|gives"):
        SsdDetector(MODEL, labels)

    labels.write_text("background\nmug\nchair\n")
    with pytest.raises(NotSuchModel, match="names none of"):
        SsdDetector(MODEL, labels)

    with pytest.raises(NotSuchModel, match="cannot be read"):
        SsdDetector(MODEL, tmp_path / "none.txt")


def test_nothing_is_kept_of_this_machine_to_be_told_to_others(tmp_path):
    """onnxruntime would: a number for the machine and what it did, in the home of who runs it."""
    loads = (
        "from pathlib import Path; from detections.vision.ssd import SsdDetector;"
        f"SsdDetector(Path({str(MODEL)!r}), Path({str(LABELS)!r}))"
    )
    subprocess.run(
        [sys.executable, "-c", loads],
        cwd=Path(__file__).parents[3],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        check=True,
        timeout=60,
    )

    assert list(tmp_path.rglob("*")) == []
