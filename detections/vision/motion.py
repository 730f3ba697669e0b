"""Where something moves: a background learned per pixel, so that a still room costs nothing."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detections.vision.boxes import Box

Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]

_CELL_PX = 8
# A pixel has changed when it differs by more than a sensor's noise ever does.
_LEAST_CHANGE = 8.0
_NOISES = 4.0
# So much of a cell must have changed.
_CELL_SHARE = 0.2
# How fast the background follows: what stands still belongs to it after some 20 pictures.
_LEARNING, _FIRST_PICTURES = 0.08, 12
# That much of the picture at once is the light or the camera, not a pet.
_ALL_OF_IT = 0.6
_MOST_BOXES = 3


@dataclass(frozen=True, slots=True)
class Motion:
    """What moves in a picture: a box around all of it and its parts, largest first.

    `share` is how much of the picture moves. `is_new_light`: everything changed at once, so
    nothing can be said. `is_as_kept`: no part differs from the picture kept last.
    """

    box: Box | None
    share: float
    parts: tuple[Box, ...] = ()
    is_new_light: bool = False
    is_as_kept: bool = False


class MotionGate:
    """Of one camera; pictures in time order, about 320x180, any light. Not thread-safe."""

    def __init__(self) -> None:
        self._usual: Floats | None = None
        self._noise: Floats = np.zeros((0, 0), np.float32)
        self._pictures = 0
        self._kept: Floats | None = None

    def look(self, grey: Grey) -> Motion:
        """What moves in this picture, compared with those before it."""
        now = _evened(grey)
        if self._usual is None or self._usual.shape != now.shape:
            self._start(now)
            return Motion(None, 0.0, is_new_light=True)
        change = np.abs(now - self._usual)
        cells = _cells(change > _LEAST_CHANGE + _NOISES * self._noise)
        share = float(cells.mean())
        is_as_kept = self._kept is not None and not self._differing(now).any()
        if share > _ALL_OF_IT:
            self._start(now)
            return Motion(None, share, is_new_light=True, is_as_kept=is_as_kept)
        self._learn(now, change)
        parts = _parts(cells)
        return Motion(_around(parts), share, tuple(parts[:_MOST_BOXES]), False, is_as_kept)

    def keep(self, grey: Grey) -> None:
        """From now on, `is_as_kept` is about this picture."""
        self._kept = _evened(grey)

    def _start(self, now: Floats) -> None:
        self._usual = now.copy()
        self._noise = np.full_like(now, 2.0)
        self._pictures = 0
        if self._kept is not None and self._kept.shape != now.shape:
            self._kept = None

    def _learn(self, now: Floats, change: Floats) -> None:
        assert self._usual is not None
        self._pictures += 1
        # The first pictures count alike; later ones each a little.
        rate = np.float32(max(_LEARNING, 1 / (1 + min(self._pictures, _FIRST_PICTURES))))
        self._usual += rate * (now - self._usual)
        # What moves is no noise.
        self._noise += rate * (np.minimum(change, _LEAST_CHANGE) - self._noise)

    def _differing(self, now: Floats) -> NDArray[np.bool_]:
        assert self._kept is not None
        return _cells(np.abs(now - self._kept) > _LEAST_CHANGE + _NOISES * self._noise)


def _evened(grey: Grey) -> Floats:
    """Without what a lamp or the camera's exposure does to the whole picture."""
    now = grey.astype(np.float32)
    now -= np.median(now[::4, ::4])
    return now


def _cells(changed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The cells in which enough has changed, without those that have no neighbour."""
    rows, columns = (side // _CELL_PX for side in changed.shape)
    whole = changed[: rows * _CELL_PX, : columns * _CELL_PX]
    counts = whole.reshape(rows, _CELL_PX, columns, _CELL_PX).sum((1, 3), dtype=np.int32)
    active = counts >= _CELL_SHARE * _CELL_PX**2
    padded = np.pad(active, 1).astype(np.int8)
    around = sum(
        padded[1 + dy : 1 + dy + rows, 1 + dx : 1 + dx + columns]
        for dy in (-1, 0, 1)
        for dx in (-1, 0, 1)
        if dy or dx
    )
    in_company: NDArray[np.bool_] = active & (around > 0)
    return in_company


def _parts(cells: NDArray[np.bool_]) -> list[Box]:
    """Boxes around cells that touch, the one with most cells first."""
    rows, columns = cells.shape
    todo = {(int(y), int(x)) for y, x in np.argwhere(cells)}
    parts: list[tuple[int, Box]] = []
    while todo:
        group = [todo.pop()]
        for y, x in group:
            near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & todo
            todo -= near
            group += near
        ys, xs = [y for y, _ in group], [x for _, x in group]
        left, top, right, bottom = min(xs), min(ys), max(xs) + 1, max(ys) + 1
        box = Box(
            left / columns, top / rows, (right - left) / columns, (bottom - top) / rows
        )  # fmt: skip
        parts.append((len(group), box))
    return [box for _, box in sorted(parts, key=lambda part: (-part[0], part[1]))]


def _around(parts: list[Box]) -> Box | None:
    if not parts:
        return None
    left, top = min(box.x for box in parts), min(box.y for box in parts)
    right = max(box.x + box.w for box in parts)
    bottom = max(box.y + box.h for box in parts)
    return Box(left, top, right - left, bottom - top)
