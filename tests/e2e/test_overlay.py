"""Boxes and picture are one: each picture carries the box that was computed on it."""

import pytest

from tests.e2e.browser import Person, Viewer
from tests.e2e.overlays import read_boxes, strip_boxes, wants_boxes
from tests.e2e.pages import DEMO_SLUG
from tests.e2e.portal import Portal
from tests.e2e.waiting import until

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("transport", "every"), [("webrtc", 1), ("mse", 3)])
def test_in_exact_mode_each_picture_carries_its_own_box(
    portal: Portal, person: Person, transport: str, every: int
):
    wants_boxes(person, "exact")
    with strip_boxes(portal, DEMO_SLUG, every=every):
        viewer = person.watch(DEMO_SLUG, query=f"?transport={transport}")
        viewer.wait_for_picture(within_s=15, transport=transport)
        composed = read_boxes(viewer, 120, settle_s=5)

    # The bar is 99.5 % of a thousand (make show-detections).
    assert composed.share >= 0.98, composed.words
    assert person.complaints == []


def test_the_b_key_switches_boxes_on_and_off_and_the_browser_remembers(
    portal: Portal, person: Person
):
    viewer = person.watch(DEMO_SLUG)
    viewer.wait_for_picture(within_s=15, transport="webrtc")
    shown_by = "p => p.surface().localName"
    with strip_boxes(portal, DEMO_SLUG, every=3):
        assert viewer.probe(shown_by) == "video"

        viewer.page.focus("petcam-player")
        viewer.page.keyboard.press("b")
        until(lambda: viewer.probe(shown_by) == "canvas", "boxes", within_s=5)
        viewer.page.reload()
        until(lambda: viewer.probe("p => p.surface()?.localName") == "canvas", "boxes", within_s=15)

        viewer.page.focus("petcam-player")
        viewer.page.keyboard.press("b")
        assert viewer.probe(shown_by) == "video"
        button = viewer.page.locator("[data-action=boxes]")
        assert button.get_attribute("aria-label") == "Boxes around pets: Off"


def test_without_boxes_to_draw_the_plain_video_is_shown_again(portal: Portal, person: Person):
    wants_boxes(person, "fast")
    with strip_boxes(portal, DEMO_SLUG, every=3):
        viewer = person.watch(DEMO_SLUG)
        until(lambda: viewer.probe("p => p.surface()?.localName") == "canvas", "boxes", within_s=15)

    until(lambda: viewer.probe("p => p.surface().localName") == "video", "the video", within_s=15)


def test_the_composed_picture_lies_where_the_video_would(portal: Portal, person: Person):
    wants_boxes(person, "fast")
    with strip_boxes(portal, DEMO_SLUG, every=3):
        viewer = person.watch(DEMO_SLUG)
        until(lambda: viewer.probe("p => p.surface()?.localName") == "canvas", "boxes", within_s=15)
        viewer.page.focus("petcam-player")

        assert _differs(viewer) == []
        viewer.page.keyboard.press("+")
        assert _differs(viewer) == []
        viewer.page.keyboard.press("f")
        until(lambda: viewer.page.evaluate("!!document.fullscreenElement"), "it", within_s=5)
        assert _differs(viewer) == []


def _differs(viewer: Viewer) -> list[str]:
    """In what canvas and <video> are not alike, of all that decides where their picture lies."""
    found: list[str] = viewer.probe(
        """p => {
          const canvas = p.surface(), { video } = p.player();
          const [a, b] = [canvas, video].map((it) => it.getBoundingClientRect());
          const [c, d] = [canvas, video].map((it) => getComputedStyle(it));
          return [
            ...["x", "y", "width", "height"].filter((side) => a[side] !== b[side]),
            ...["objectFit", "objectPosition"].filter((name) => c[name] !== d[name]),
            ...(canvas.width !== video.videoWidth ? ["picture's width"] : []),
            ...(canvas.height !== video.videoHeight ? ["picture's height"] : []),
            ...(c.visibility === d.visibility ? ["only one of them is to be seen"] : []),
          ];
        }"""
    )
    return found


def test_a_window_outside_the_page_has_boxes_too_and_the_plain_video_without(
    portal: Portal, person: Person
):
    wants_boxes(person, "fast")
    with strip_boxes(portal, DEMO_SLUG, every=3):
        viewer = person.watch(DEMO_SLUG)
        until(lambda: viewer.probe("p => p.surface()?.localName") == "canvas", "boxes", within_s=15)
        viewer.page.focus("petcam-player")
        floating = "document.pictureInPictureElement"
        is_plain = f"p => {floating} === p.player().video"
        frame = f"p => {floating} && p.readStrip({floating})?.frame"

        viewer.page.keyboard.press("p")
        first = until(lambda: viewer.probe(frame), "a floating picture", within_s=5)
        assert not viewer.probe(is_plain)
        until(lambda: (viewer.probe(frame) or 0) > first, "the next picture", within_s=5)

        viewer.page.keyboard.press("b")
        until(lambda: viewer.probe(is_plain), "the plain video in the window", within_s=5)
