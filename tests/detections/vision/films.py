"""Short films for tests: a dim room, and animals that are patches of their own brightness."""

import time
from collections.abc import Iterable

import av
import numpy as np

from detections.vision.boxes import Box
from detections.vision.detector import Picture
from detections.vision.seen import Seen
from streaming.media.access_unit import AccessUnit
from streaming.media.annexb import is_keyframe
from streaming.media.encoder import EncoderConfig, LiveEncoder

WIDTH, HEIGHT, FPS = 640, 360, 10
STEP_90K = 90_000 // FPS
CAT = Box(0.3, 0.3, 0.25, 0.35)


class BrightDetector:
    """Takes whatever is bright for a cat, and counts how often it was asked."""

    labels = ("cat",)

    def __init__(self) -> None:
        self.asked = 0

    def detect(self, picture: Picture) -> list[Seen]:
        self.asked += 1
        height, width = picture.shape[:2]
        ys, xs = np.nonzero(picture[..., 1] > 160)
        if len(xs) < 9:
            return []
        x, y = xs.min() / width, ys.min() / height
        box = Box(x, y, (xs.max() + 1) / width - x, (ys.max() + 1) / height - y)
        return [Seen("cat", 0.8, box)]


def film(cats: Iterable[Box | None], *, first_90k: int | None = None) -> list[AccessUnit]:
    """A picture each 1/FPS s, with the cat where it says; a keyframe a second.

    The first picture is of `first_90k`, and if that is not given, the last one is of now.
    """
    cats = list(cats)
    if first_90k is None:
        first_90k = time.monotonic_ns() * 9 // 100_000 - len(cats) * STEP_90K
    encoder = LiveEncoder(EncoderConfig(WIDTH, HEIGHT, FPS, 4_000_000))
    units = []
    for number, cat in enumerate(cats):
        pts = first_90k + number * STEP_90K
        data = encoder.encode(_frame(cat), pts)
        units.append(
            AccessUnit(data, pts * 100_000 // 9, pts, is_keyframe(data), WIDTH, HEIGHT, 0, number)
        )
    return units


def _frame(cat: Box | None) -> av.VideoFrame:
    luma = np.full((HEIGHT, WIDTH), 70, np.uint8)
    luma[::20] = 60
    if cat is not None:
        top, left = round(cat.y * HEIGHT), round(cat.x * WIDTH)
        bottom, right = round((cat.y + cat.h) * HEIGHT), round((cat.x + cat.w) * WIDTH)
        luma[top:bottom, left:right] = 210
    chroma = np.full((HEIGHT // 2, WIDTH), 128, np.uint8)
    return av.VideoFrame.from_ndarray(np.concatenate([luma, chroma]), "yuv420p")
