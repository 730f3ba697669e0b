"""Recordings in Chromium: from a link to the picture, from segment to segment, with its own boxes.

Short and lenient; `make show-recordings --only clicks boxes seams` has the bars.
"""

from collections.abc import Iterator

import pytest

from tests.e2e.archives import (
    MANY,
    Seam,
    moment_of,
    picture_by_picture,
    shoot,
    shown,
    watches_recordings,
)
from tests.e2e.browser import Browser, Viewer
from tests.e2e.overlays import begin_reading, boxes_read, wants_boxes
from tests.e2e.portal import Portal
from tests.e2e.waiting import until

pytestmark = pytest.mark.browser

SMALL = {"width": 640, "height": 360}
TAKES = [
    {"first": 0, "end": 120},
    {"first": 120, "end": 180},
    {"first": 480, "end": 540},
    {"first": 540, "end": 600, **SMALL},
    {"first": 600, "end": 660, "is_rebooted": True},
]
SEAMS = (
    Seam("the next segment", 119, 120),
    Seam("a gap", 179, 480),
    Seam("another size", 539, 540),
    Seam("the machine was started anew", 599, 600),
)
HALT_MS = 500


@pytest.fixture(scope="module")
def camera() -> Iterator[tuple[Portal, dict]]:
    """A portal with a camera that recorded TAKES."""
    with Portal(environment={"PETCAM_DETECTOR": "off"}) as portal:
        yield portal, shoot(portal, "corridor", TAKES)


def watching(browser: Browser, camera: tuple[Portal, dict], *, boxes: str, at_s: float) -> Viewer:
    portal, film = camera
    person = browser.person(portal)
    wants_boxes(person, boxes)
    watches_recordings(person, pictures=MANY)
    person.log_in().close()
    return person.watch(f"{film['slug']}/recordings", query=f"?at={moment_of(film, at_s)}")


def test_it_plays_from_a_link_over_every_kind_of_seam(camera):
    with Browser() as browser:
        viewer = watching(browser, camera, boxes="off", at_s=2)
        pictures = shown(viewer, until_number=SEAMS[-1].after + 30, within_s=40)

        assert 60 <= pictures.pictures[0][1] <= 62
        for seam in SEAMS:
            near = pictures.around(seam.before, seam.after)
            assert near.longest_ms < HALT_MS, f"{seam.name}: {near.words}"
            assert near.lost <= 3, f"{seam.name}: {near.words}"


def test_each_picture_has_its_own_boxes_also_picture_by_picture(camera):
    with Browser() as browser:
        viewer = watching(browser, camera, boxes="exact", at_s=0)
        begin_reading(viewer)

        assert boxes_read(viewer, 60).share > 0.98
        until(lambda: viewer.state == "playing", "playing", within_s=5)
        stills, steps, right = picture_by_picture(viewer, 20)
        assert (stills.share, right) == (1, steps)
