"""Somebody comes in the middle of a group of pictures."""

import statistics

import pytest

from bench import first_frame, glass_to_glass
from tests.e2e.browser import Browser
from tests.e2e.portal import Portal

pytestmark = pytest.mark.browser


def test_who_comes_between_keyframes_far_apart_sees_at_once_what_the_others_see(portal: Portal):
    with (
        first_frame.film_camera(portal, 8) as slug,
        first_frame.two_people(portal) as people,
    ):
        joins = first_frame.measure(people, slug, 8, joins=3, compared=2)

    assert (joins.missed, joins.by_other_ways) == (0, 0)
    # The bars are 120 ms and nothing (make show-fast); a machine that runs other tests gets room.
    assert statistics.median(joins.waits) < 600
    assert statistics.median(joins.behind) < 150


def test_every_step_from_capture_to_screen_is_accounted_for(portal: Portal):
    with Browser() as browser:
        glass = glass_to_glass.measure(portal, browser, seconds=4, clients=0)

    names = ["capture", "encode", "ring", "send and network", "buffer", "decode", "compose"]
    assert [step.name for step in glass.steps] == names
    assert len(glass.latencies) > 10
    # "send and network" is what the others leave of the total: they must fit into it.
    rest = next(step for step in glass.steps if step.name == "send and network")
    assert -10 < rest.p50 < 100
