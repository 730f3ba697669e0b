import json
from pathlib import Path

import pytest

from detections.vision.outlines import area, first_crossing, in_steps

# tests/js/place_geometry.test.mjs reads the same cases: page and server must agree.
CASES = json.loads(Path(__file__).with_name("outlines.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_crossings_are_found_where_they_are_and_nowhere_else(case):
    corners = [tuple(corner) for corner in case["corners"]]
    crossing = case["crossing"] and tuple(case["crossing"])

    assert first_crossing(corners) == crossing


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_whether_it_crosses_depends_neither_on_the_first_corner_nor_on_the_way_round(case):
    corners = [tuple(corner) for corner in case["corners"]]
    expected = case["crossing"] is not None

    for first in range(len(corners)):
        turned = corners[first:] + corners[:first]
        assert (first_crossing(turned) is not None) is expected
        assert (first_crossing(turned[::-1]) is not None) is expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_area_is_a_share_of_the_picture(case):
    assert area([tuple(corner) for corner in case["corners"]]) == pytest.approx(case["area"])


def test_shares_become_whole_steps():
    assert in_steps(0.123449, 1) == (1234, 10000)
