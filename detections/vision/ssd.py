"""SSD models (single-shot detectors, arXiv 1512.02325) in ONNX: pictures in, boxes out."""

import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from detections.vision.boxes import Box
from detections.vision.detector import Picture
from detections.vision.seen import Seen

# It would keep a number for this machine and what it has seen it do, and tell Microsoft.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime

Floats = NDArray[np.float32]

# How the model's anchors were laid out when it was trained: those of TensorFlow's SSD.
_STRIDES_PX = (16, 32, 64, 128, 256, 512)
_SMALLEST, _LARGEST = 0.2, 0.95
_RATIOS = (1.0, 2.0, 1 / 2, 3.0, 1 / 3)
_RATIOS_AND_SCALES_OF_FINEST = ((1.0, 0.1), (2.0, _SMALLEST), (1 / 2, _SMALLEST))
# A box is told as offsets from its anchor, in units that were easy to learn.
_CENTRE_SCALE, _SIZE_SCALE = 10.0, 5.0
# An offset that large is nonsense, and its exponential no number.
_MOST_GROWTH = 10.0
# Boxes of a label that overlap by more are one animal.
_IS_SAME = 0.5
_MOST_CANDIDATES, _MOST_SEEN = 100, 20
# Models know more than that; nobody asked a pet camera for mugs.
WANTED = ("bird", "cat", "dog", "person")


class NotSuchModel(ValueError):
    """The file is no SSD model of the layout that docs/detector.md describes."""


class SsdDetector:
    """An SSD model, run on the processor; `threads` of it work on one picture.

    The first line of `labels` is the background. Raises NotSuchModel when the files are not what
    they should be.
    """

    def __init__(
        self,
        model: Path,
        labels: Path,
        *,
        threshold: float = 0.45,
        threads: int = 1,
        wanted: Sequence[str] = WANTED,
    ) -> None:
        self._threshold = threshold
        names = _names(labels)
        classes = [(n, name) for n, name in enumerate(names) if n and name in wanted]
        if not classes:
            raise NotSuchModel(f"{labels} names none of {', '.join(wanted)}")
        self._classes = np.array([number for number, _ in classes])
        self.labels = tuple(name for _, name in classes)
        self._session = _session(model, threads)
        self._input, self._size_px = _input_of(self._session, model)
        self._anchors = anchors(self._size_px)
        self._outputs = _outputs_of(self._session, model, (len(self._anchors), len(names)))

    def detect(self, picture: Picture) -> list[Seen]:
        """See detector.Detector."""
        offsets, logits = self._run(picture)
        scores = likelihoods(logits[:, self._classes])
        likely = np.flatnonzero(scores.max(1) >= self._threshold)
        scores, boxes = scores[likely], corners(offsets[likely], self._anchors[likely])
        seen = [
            Seen(label, float(scores[number, column]), box)
            for column, label in enumerate(self.labels)
            for number in the_best(boxes, scores[:, column], self._threshold)
            if (box := _inside(boxes[number])) is not None
        ]
        return sorted(seen, key=lambda one: -one.score)[:_MOST_SEEN]

    def _run(self, picture: Picture) -> tuple[Floats, Floats]:
        size = (self._size_px, self._size_px)
        small = Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR)
        pixels = np.asarray(small, np.float32)[None] / np.float32(127.5) - np.float32(1)
        offsets, logits = self._session.run(list(self._outputs), {self._input: pixels})
        return offsets[0], logits[0]


def likelihoods(logits: Floats) -> Floats:
    """The sigmoid of the scores as the model gives them."""
    # Clipped: of more than 88 the exponential is no float32.
    odds = np.exp(np.clip(logits, -60, 60))
    shares: Floats = (odds / (1 + odds)).astype(np.float32)
    return shares


def anchors(size_px: int) -> Floats:
    """The boxes that the model thinks in: rows of centre y, centre x, height, width (shares)."""
    return np.array(list(_anchors(size_px)), np.float32)


def _anchors(size_px: int) -> Iterator[tuple[float, float, float, float]]:
    last = len(_STRIDES_PX) - 1
    scales = [_SMALLEST + (_LARGEST - _SMALLEST) * n / last for n in range(last + 1)] + [1.0]
    for layer, stride_px in enumerate(_STRIDES_PX):
        between = math.sqrt(scales[layer] * scales[layer + 1])
        shapes = [*((ratio, scales[layer]) for ratio in _RATIOS), (1.0, between)]
        cells = math.ceil(size_px / stride_px)
        for y in range(cells):
            for x in range(cells):
                for ratio, scale in shapes if layer else _RATIOS_AND_SCALES_OF_FINEST:
                    root = math.sqrt(ratio)
                    yield (y + 0.5) / cells, (x + 0.5) / cells, scale / root, scale * root


def corners(offsets: Floats, at: Floats) -> Floats:
    """Boxes as rows of left, top, right, bottom (shares), out of offsets from the anchors `at`."""
    centre = offsets[:, :2] / _CENTRE_SCALE * at[:, 2:] + at[:, :2]
    half = np.exp(np.minimum(offsets[:, 2:] / _SIZE_SCALE, _MOST_GROWTH)) * at[:, 2:] / 2
    found: Floats = np.concatenate([(centre - half)[:, ::-1], (centre + half)[:, ::-1]], axis=1)
    return found


def the_best(boxes: Floats, scores: Floats, threshold: float) -> list[int]:
    """Non-maximum suppression: who scores at least `threshold` and overlaps nobody better."""
    order = [int(n) for n in np.argsort(-scores)[:_MOST_CANDIDATES] if scores[n] >= threshold]
    areas = np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1)
    kept: list[int] = []
    for number in order:
        others = boxes[kept]
        low = np.maximum(others[:, :2], boxes[number, :2])
        high = np.minimum(others[:, 2:], boxes[number, 2:])
        shared = np.prod(np.maximum(high - low, 0), axis=1)
        together = areas[kept] + areas[number] - shared
        if not np.any(shared > _IS_SAME * together):
            kept.append(number)
    return kept


def _inside(corners_of_one: Floats) -> Box | None:
    """The part that is inside the picture; None for none, and for no numbers."""
    left, top, right, bottom = (float(v) for v in np.clip(corners_of_one, 0, 1))
    return Box(left, top, right - left, bottom - top) if left < right and top < bottom else None


def _names(labels: Path) -> list[str]:
    try:
        return [line.strip().lower() for line in labels.read_text("utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise NotSuchModel(f"{labels} cannot be read: {error}") from error


def _session(model: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Errors only: it would tell of graphics cards that are not there.
    options.log_severity_level = 3
    # Threads that wait must not burn what live view could use.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(
            model.read_bytes(), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        # The runtime's errors have no class in common.
        raise NotSuchModel(f"{model} cannot be read: {error}") from error


def _input_of(session: onnxruntime.InferenceSession, model: Path) -> tuple[str, int]:
    """Name and side (px) of the input."""
    one = session.get_inputs()[0]
    shape = one.shape
    is_square = len(shape) == 4 and shape[1:] == [shape[1], shape[1], 3]
    if one.type != "tensor(float)" or not is_square or not isinstance(shape[1], int):
        raise NotSuchModel(f"{model} does not take 1 x size x size x 3 floats but {shape}")
    return one.name, shape[1]


def _outputs_of(
    session: onnxruntime.InferenceSession, model: Path, expected: tuple[int, int]
) -> tuple[str, str]:
    """Names of the box offsets and of the class scores; `expected`: anchors, classes."""
    names = {tuple(one.shape[1:]): one.name for one in session.get_outputs()}
    shapes = (expected[0], 4), expected
    if not all(shape in names for shape in shapes):
        raise NotSuchModel(f"{model} gives {list(names)}, not {shapes[0]} and {shapes[1]}")
    return names[shapes[0]], names[shapes[1]]
