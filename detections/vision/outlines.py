"""Outlines of places: polygons whose sides must not cross. The page's place_geometry.js agrees.

Corners are counted in steps of 1/STEPS of the picture: whole numbers, so that "crosses" means the
same here and in a browser.
"""

from collections.abc import Sequence

STEPS = 10_000
MIN_CORNERS, MAX_CORNERS = 3, 32
# As a share of the whole picture: about 1 % of its width by 5 % of its height.
MIN_AREA = 0.0005

Corner = tuple[int, int]


def in_steps(x: float, y: float) -> Corner:
    """Shares (0..1) of the picture as steps."""
    return round(x * STEPS), round(y * STEPS)


def area(corners: Sequence[Corner]) -> float:
    """As a share of the whole picture, whichever way round the corners go."""
    ends = [*corners[1:], *corners[:1]]
    doubled = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(corners, ends, strict=True))
    return abs(doubled) / 2 / STEPS**2


def first_crossing(corners: Sequence[Corner]) -> tuple[int, int] | None:
    """The first two sides that touch where they should not; side n goes out from corner n.

    Neighbours may share their corner only: a side without length or one that runs back over the
    one before it crosses too.
    """
    count = len(corners)
    sides = [(corners[n], corners[(n + 1) % count]) for n in range(count)]
    for one in range(count):
        for other in range(one + 1, count):
            if other == one + 1:
                crosses = _runs_back(sides[one][0], *sides[other])
            elif one == 0 and other == count - 1:
                crosses = _runs_back(sides[other][0], *sides[one])
            else:
                crosses = _touch(*sides[one], *sides[other])
            if crosses:
                return one, other
    return None


def _turn(a: Corner, b: Corner, c: Corner) -> int:
    """Positive when a, b, c turn one way, negative the other way, 0 in a line."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _runs_back(before: Corner, corner: Corner, after: Corner) -> bool:
    """Whether the way from `corner` on leads back along the way to it, or either has no length."""
    if before == corner or corner == after:
        return True
    ahead = (corner[0] - before[0]) * (after[0] - corner[0]) + (corner[1] - before[1]) * (
        after[1] - corner[1]
    )
    return _turn(before, corner, after) == 0 and ahead < 0


def _touch(a: Corner, b: Corner, c: Corner, d: Corner) -> bool:
    """Whether the sides a-b and c-d have a point in common."""
    turns = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if turns[0] * turns[1] < 0 and turns[2] * turns[3] < 0:
        return True
    ends = ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    return any(turn == 0 and _between(*end) for turn, end in zip(turns, ends, strict=True))


def _between(a: Corner, b: Corner, c: Corner) -> bool:
    """Whether `c`, which is in a line with a and b, lies between them."""
    return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])
