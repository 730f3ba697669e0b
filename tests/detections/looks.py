"""Coats, and pictures of them: no two of a coat are quite alike."""

import numpy as np

from detections.vision.appearance import look_of
from detections.vision.boxes import Box

GINGER, GREY, TABBY = (200, 120, 50), (90, 95, 105), (120, 110, 70)


def look_like(coat: tuple[int, int, int], seed: float) -> np.ndarray:
    """The look of a cat with this coat on a green carpet."""
    dice = np.random.default_rng(round(seed))
    picture = np.full((180, 320, 3), (60, 110, 70), np.uint8)
    cat = np.array(coat) + dice.normal(0, 12, (80, 80, 3)) + dice.normal(0, 3, 3)
    picture[50:130, 100:180] = np.clip(cat, 0, 255)
    return look_of(picture, Box(100 / 320, 50 / 180, 80 / 320, 80 / 180))
