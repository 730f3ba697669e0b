"""Where somebody went: boxes by media time, few enough to keep for years."""

import struct
from collections.abc import Iterable, Sequence

from detections.vision.boxes import Box

PathPoint = tuple[int, Box]

MAX_POINTS = 2000
# Of the picture: what nobody sees in a drawn path.
_FINE = 0.002
_STILL = 0.01
_VERSION = 1
_HEAD = struct.Struct("<Bq")
# Since the point before (90 kHz), then left, top, width, height in 1/65535 of the picture.
_POINT = struct.Struct("<I4H")
_MOST_STEPS = 0xFFFF
_MOST_GAP = 0xFFFF_FFFF


class Trail:
    """A path that grows, at most 2 * MAX_POINTS long: who lies still adds nothing.

    What is kept depends on what was added, in its order, and on nothing else.
    """

    def __init__(self, points: Iterable[PathPoint] = ()) -> None:
        self.points = list(points)

    def copy(self) -> "Trail":
        return Trail(self.points)

    def add(self, t_90k: int, box: Box) -> None:
        """Later than what was added before."""
        points = self.points
        if len(points) > 1 and all(
            _is_near(points[-2][1], other) for other in (points[-1][1], box)
        ):
            points[-1] = t_90k, box
            return
        points.append((t_90k, box))
        if len(points) > 2 * MAX_POINTS:
            self.points = thin(points)


def _is_near(one: Box, other: Box) -> bool:
    return (
        abs(one.x - other.x) <= _STILL
        and abs(one.y - other.y) <= _STILL
        and abs(one.w - other.w) <= _STILL
        and abs(one.h - other.h) <= _STILL
    )


def thin(points: Sequence[PathPoint], *, most: int = MAX_POINTS) -> list[PathPoint]:
    """At most `most` of the points: those without which the boxes between would be most wrong.

    Douglas and Peucker's way, with box numbers over time; the first and the last point stay.
    """
    # The web process reads paths, and has no use for numpy.
    from detections.vision.thinning import without_needless  # noqa: PLC0415  (see above)

    tolerance = _FINE
    thinned = without_needless(points, tolerance)
    while len(thinned) > most:
        tolerance *= 1.5
        # Who jumps about more than any tolerance: every so manieth.
        thinned = without_needless(thinned, tolerance) if tolerance < 1 else _spread(thinned, most)
    return thinned


def _spread(points: Sequence[PathPoint], most: int) -> list[PathPoint]:
    return [points[round(n * (len(points) - 1) / (most - 1))] for n in range(most)]


def pack(points: Sequence[PathPoint]) -> bytes:
    """At most MAX_POINTS of the points, in time order; parts outside the picture are cut off."""
    if not points:
        return b""
    thinned = thin(points)
    parts = [_HEAD.pack(_VERSION, thinned[0][0])]
    before = thinned[0][0]
    for t_90k, box in thinned:
        parts.append(_POINT.pack(min(t_90k - before, _MOST_GAP), *map(_steps, box)))
        before = t_90k
    return b"".join(parts)


def _steps(share: float) -> int:
    return round(min(max(share, 0.0), 1.0) * _MOST_STEPS)


def unpack(packed: bytes) -> list[PathPoint]:
    """What `pack` packed. Raises ValueError for anything else."""
    if not packed:
        return []
    length = len(packed) - _HEAD.size
    if packed[0] != _VERSION or length < 0 or length % _POINT.size:
        raise ValueError("This is no packed path.")
    t_90k = _HEAD.unpack_from(packed)[1]
    points = []
    for gap, *sides in _POINT.iter_unpack(packed[_HEAD.size :]):
        t_90k += gap
        points.append((t_90k, Box(*(side / _MOST_STEPS for side in sides))))
    return points
