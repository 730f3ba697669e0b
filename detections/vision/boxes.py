"""Rectangles in a picture, and the numbers between them."""

from typing import NamedTuple


class Box(NamedTuple):
    """Left, top, width and height as shares (0..1) of the whole picture, origin top left."""

    x: float
    y: float
    w: float
    h: float

    @property
    def area(self) -> float:
        return max(self.w, 0.0) * max(self.h, 0.0)

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + self.w / 2, self.y + self.h / 2

    @property
    def foot(self) -> tuple[float, float]:
        """Bottom centre: where an animal stands, which decides the place it is at."""
        return self.x + self.w / 2, self.y + self.h


def overlap(one: Box, other: Box) -> float:
    """Intersection over union, 0..1."""
    width = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
    height = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (one.area + other.area - shared)


def inside(box: Box) -> Box | None:
    """The part of the box that is in the picture; None if its centre is not, or it is none."""
    across, down = box.centre
    if box.w <= 0 or box.h <= 0 or not (0 <= across <= 1 and 0 <= down <= 1):
        return None
    left, top = max(box.x, 0.0), max(box.y, 0.0)
    right, bottom = min(box.x + box.w, 1.0), min(box.y + box.h, 1.0)
    return Box(left, top, right - left, bottom - top)
