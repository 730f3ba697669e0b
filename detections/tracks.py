"""A visit's path as a drawing over its picture."""

from collections.abc import Sequence
from dataclasses import dataclass

from detections.models import Visit
from detections.vision.boxes import Box
from detections.vision.path import unpack

# More would not be seen on a picture, and every page would carry them.
MOST_POINTS = 240


@dataclass(frozen=True, slots=True)
class Track:
    """The way of the box's centre, in thousandths of the picture.

    `moments` are [seconds since the visit's start, x, y, w, h] for the page's slider.
    """

    points: str
    start: tuple[float, float]
    end: tuple[float, float]
    moments: list[list[float]]


def track_of(visit: Visit) -> Track | None:
    """None when nothing of the way is known."""
    path = _thinned(unpack(bytes(visit.path))) if visit.path else []
    if len(path) < 2:
        return None
    centres = [_centre(box) for _, box in path]
    return Track(
        points=" ".join(f"{x:g},{y:g}" for x, y in centres),
        start=centres[0],
        end=centres[-1],
        moments=[
            [round((t_90k - visit.start_90k) / 90_000, 2), *(round(1000 * v, 1) for v in box)]
            for t_90k, box in path
        ],
    )


def _thinned(path: Sequence[tuple[int, Box]]) -> list[tuple[int, Box]]:
    step = max(1, -(-len(path) // MOST_POINTS))
    thinned = list(path[::step])
    return thinned if not path or thinned[-1] == path[-1] else [*thinned, path[-1]]


def _centre(box: Box) -> tuple[float, float]:
    x, y = box.centre
    return round(1000 * x, 1), round(1000 * y, 1)
