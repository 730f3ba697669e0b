"""Fewer points that tell the same path: Douglas and Peucker's way, with box numbers over time."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from detections.vision.boxes import Box

Floats = NDArray[np.float64]


def without_needless(points: Sequence[tuple[int, Box]], tolerance: float) -> list[tuple[int, Box]]:
    """Without points that the line between those around them tells to `tolerance` (a share of the
    picture); the first and the last point stay."""
    keep = {0, len(points) - 1}
    parts = [(0, len(points) - 1)]
    times = np.array([t_90k for t_90k, _ in points], np.float64)
    sides = np.array([box for _, box in points], np.float64)
    while parts:
        first, last = parts.pop()
        if last - first < 2:
            continue
        errors = _errors(times[first : last + 1], sides[first : last + 1])
        worst = int(errors.argmax())
        if errors[worst] > tolerance:
            at = first + 1 + worst
            keep.add(at)
            parts += [(first, at), (at, last)]
    return [points[index] for index in sorted(keep) if index >= 0]


def _errors(times: Floats, sides: Floats) -> Floats:
    """How far each point but the first and the last is from where those two would put it."""
    shares = (times[1:-1] - times[0]) / ((times[-1] - times[0]) or 1)
    told = sides[0] + (sides[-1] - sides[0]) * shares[:, None]
    errors: Floats = np.abs(sides[1:-1] - told).max(axis=1)
    return errors
