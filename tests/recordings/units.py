"""Access units without pictures in them, for what only looks at times, keyframes and sizes."""

from collections.abc import Iterator

from streaming.media.access_unit import AccessUnit

FPS = 10
STEP_90K = 90_000 // FPS
GOP_UNITS = FPS
UNIT_BYTES = 100


def unit(number: int, *, bytes_each: int = UNIT_BYTES, gop_units: int = GOP_UNITS) -> AccessUnit:
    """The picture of that number: FPS a second, a keyframe at each multiple of `gop_units`."""
    pts = number * STEP_90K
    is_keyframe = number % gop_units == 0
    return AccessUnit(bytes(bytes_each), pts * 100_000 // 9, pts, is_keyframe, 640, 360, 0, number)


def units(first: int, end: int, **how: int) -> Iterator[AccessUnit]:
    """The pictures from number `first` up to `end`."""
    return (unit(number, **how) for number in range(first, end))


def numbers(given: list[AccessUnit]) -> list[int]:
    """Which pictures these are."""
    return [each.pts_90k // STEP_90K for each in given]
