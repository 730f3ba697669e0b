import random
from math import sin

import pytest

from detections.vision.boxes import Box
from detections.vision.path import MAX_POINTS, PathPoint, Trail, pack, thin, unpack


def walk(count: int, *, seed: int = 1, noise: float = 0.0) -> list[PathPoint]:
    dice = random.Random(seed)
    return [
        (n * 30_000, Box(0.4 + 0.3 * sin(n / 40) + dice.gauss(0, noise), 0.2, 0.1, 0.2))
        for n in range(count)
    ]


def box_at(points: list[PathPoint], t_90k: int) -> Box:
    for (before, one), (after, other) in zip(points, points[1:], strict=False):
        if before <= t_90k <= after:
            share = (t_90k - before) / (after - before)
            return Box(*(a + (b - a) * share for a, b in zip(one, other, strict=True)))
    raise AssertionError("outside")


def test_what_was_packed_comes_back_thinner_and_nowhere_further_off_than_can_be_seen():
    points = walk(900)

    back = unpack(pack(points))

    assert back[0][0] == points[0][0] and back[-1][0] == points[-1][0]
    assert len(back) < 300
    for t_90k, box in points:
        assert max(abs(a - b) for a, b in zip(box, box_at(back, t_90k), strict=True)) < 0.0022


def test_nothing_is_nothing_and_one_point_is_one():
    assert unpack(pack([])) == []
    assert [t for t, _ in unpack(pack(walk(1)))] == [0]


def test_what_lies_outside_the_picture_is_cut_off():
    assert unpack(pack([(5, Box(-0.1, 0.5, 1.2, 0.5))]))[0][1][0] == 0
    assert unpack(pack([(5, Box(-0.1, 0.5, 1.2, 0.5))]))[0][1][2] == 1


def test_other_bytes_are_refused():
    for wrong in (b"\x02" + bytes(20), b"\x01" + bytes(9), b"\x01"):
        with pytest.raises(ValueError, match="no packed path"):
            unpack(wrong)


def test_it_never_has_more_points_than_it_may():
    for noise in (0.0, 0.1, 5.0):
        assert len(unpack(pack(walk(3000, noise=noise)))) <= MAX_POINTS


def test_ends_stay():
    points = walk(500)

    assert thin(points, most=2) == [points[0], points[-1]]


def test_a_trail_of_hours_stays_short_and_who_lies_still_adds_nothing():
    trail = Trail()
    for t_90k, box in walk(9_000, noise=0.02):
        trail.add(t_90k, box)
    assert len(trail.points) <= 2 * MAX_POINTS

    trail = Trail()
    for n in range(50_000):
        trail.add(n, Box(0.5 + 0.004 * (n % 2), 0.5, 0.1, 0.1))
    assert [t for t, _ in trail.points] == [0, 49_999]
