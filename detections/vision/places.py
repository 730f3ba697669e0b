"""Which places of a picture somebody is at."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from detections.vision.boxes import Box

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class PlaceRule:
    """A place as building visits needs it. `outline` holds corners as shares of the picture."""

    place_id: int
    outline: tuple[Point, ...]
    min_stay_s: float = 3.0
    end_grace_s: float = 10.0
    is_ignored: bool = False


def is_inside(point: Point, outline: Sequence[Point]) -> bool:
    """Whether a ray to the right crosses the outline an odd number of times.

    A point on a left or upper side is inside, on a right or lower side outside: of two places
    with a common side exactly one has it.
    """
    x, y = point
    inside = False
    before_x, before_y = outline[-1] if outline else point
    for corner_x, corner_y in outline:
        if (corner_y > y) != (before_y > y):
            crossing = corner_x + (y - corner_y) / (before_y - corner_y) * (before_x - corner_x)
            if x < crossing:
                inside = not inside
        before_x, before_y = corner_x, corner_y
    return inside


def foot_of(box: Box) -> Point:
    """Where the animal stands, kept inside the picture when the box is cut off below."""
    x, y = box.foot
    return min(max(x, 0.0), 1 - 1e-6), min(max(y, 0.0), 1 - 1e-6)


def places_at(box: Box, places: Iterable[PlaceRule]) -> list[PlaceRule]:
    """The places under the box's foot, in their order."""
    foot = foot_of(box)
    return [place for place in places if is_inside(foot, place.outline)]


def is_ignored(box: Box, places: Iterable[PlaceRule]) -> bool:
    """Whether the box stands where nothing counts."""
    return any(place.is_ignored for place in places_at(box, places))
