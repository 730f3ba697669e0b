"""A network camera loses its power and comes back."""

import time

import pytest

from tests.e2e.browser import Person, Viewer
from tests.e2e.cameras import add_camera, remove_camera
from tests.e2e.portal import free_port
from tests.e2e.rtsp import rtsp_camera
from tests.e2e.waiting import until

pytestmark = pytest.mark.browser


def frames_stopped(viewer: Viewer) -> bool:
    return bool(viewer.probe("p => Date.now() - p.shown.at(-1) > 2500"))


def test_the_picture_returns_without_a_reload_and_meanwhile_the_page_says_what_is_wrong(
    person: Person,
):
    port = free_port()
    options = {"port": port, "width": 640, "height": 360, "kbps": 500}
    with rtsp_camera(**options) as address:
        slug = add_camera(person.portal, name="Hall", source_kind="rtsp", source_address=address)
        viewer = person.watch(slug)
        viewer.wait_for_picture(within_s=25, transport="webrtc")
        loaded_at = viewer.loaded_at()
    until(lambda: frames_stopped(viewer), "no more frames", within_s=20, every_s=0.3)
    until(lambda: viewer.state == "retrying", viewer.history, within_s=20, every_s=0.3)
    words = viewer.words()

    with rtsp_camera(**options):
        back_at = time.time()
        until(
            lambda: viewer.state == "live" and not frames_stopped(viewer),
            lambda: f"the picture; {viewer.history()}",
            within_s=45,
            every_s=0.3,
        )
        same_page = viewer.loaded_at() == loaded_at
        remove_camera(person.portal, slug)

    assert same_page
    assert "camera" in words.lower()
    assert time.time() - back_at < 40  # the longest wait between two tries is 30 s
