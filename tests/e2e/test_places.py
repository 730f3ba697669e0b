"""An owner draws places on the picture, with mouse, fingers and keyboard."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page

from tests.e2e.browser import Browser, Person
from tests.e2e.pages import DEMO_SLUG, drawable
from tests.e2e.portal import Portal

pytestmark = pytest.mark.browser


@pytest.fixture
def bare(portal: Portal) -> Iterator[None]:
    """The demo camera without the places of this test afterwards."""
    forget = "from detections.models import Place; Place.objects.filter(name__startswith='E2E')"
    yield
    portal.django(f"{forget}.delete()")


def editor(page: Page, portal: Portal) -> Locator:
    """The page for a new place, with its picture."""
    page.goto(f"{portal.url}cameras/{DEMO_SLUG}/places/add/")
    drawable(page)
    return page.locator(".place-stage")


def tap(page: Page, stage: Locator, x: float, y: float) -> None:
    """A click at shares of the picture."""
    box = stage.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])


def stored(portal: Portal, name: str) -> dict:
    """The place's row."""
    row = portal.django(
        f"""
        from detections.models import Place
        answer = Place.objects.filter(name={name!r}).values("kind", "outline", "min_stay_s").get()
        """
    )
    assert isinstance(row, dict)
    return row


def near(outline: list[list[float]], expected: list[tuple[float, float]]) -> bool:
    """Each corner within 1 % of where it was drawn."""
    return len(outline) == len(expected) and all(
        abs(x - at_x) < 0.01 and abs(y - at_y) < 0.01
        for (x, y), (at_x, at_y) in zip(outline, expected, strict=True)
    )


def test_a_polygon_drawn_with_the_mouse_is_saved(person: Person, portal: Portal, bare: None):
    page = person.context.pages[0]
    stage = editor(page, portal)
    drawn = [(0.15, 0.5), (0.35, 0.45), (0.4, 0.7), (0.2, 0.75)]
    for x, y in drawn:
        tap(page, stage, x, y)
    tap(page, stage, *drawn[0])
    page.check("input[name=kind][value=sofa]")
    assert page.input_value("input[name=min_stay_s]") == "30"
    assert page.input_value("input[name=name]").startswith("Sofa")
    page.fill("input[name=name]", "E2E sofa")
    with page.expect_navigation():
        page.click("button:has-text('Save')")

    row = stored(portal, "E2E sofa")
    assert row["kind"] == "sofa"
    assert near(row["outline"], drawn), row
    assert page.locator(".places-item", has_text="E2E sofa").is_visible()
    assert page.locator("place-map .place-shape[data-kind=sofa]").count() >= 1
    assert person.complaints == []


def test_an_outline_that_would_cross_itself_is_refused_in_words(
    person: Person, portal: Portal, bare: None
):
    page = person.context.pages[0]
    stage = editor(page, portal)
    for x, y in ((0.2, 0.2), (0.4, 0.2), (0.4, 0.4)):
        tap(page, stage, x, y)
    tap(page, stage, 0.3, 0.1)

    assert "cross itself" in page.inner_text(".place-status")
    assert page.locator(".place-corner").count() == 3
    page.click("button:has-text('Undo')")
    assert page.locator(".place-corner").count() == 2
    page.click("button:has-text('Save')")
    assert "at least 3 corners" in page.inner_text(".place-status")
    assert page.url.endswith("/places/add/")


def test_a_place_is_drawn_with_the_keyboard_alone(person: Person, portal: Portal, bare: None):
    page = person.context.pages[0]
    editor(page, portal)
    page.get_by_role("button", name="Start with a box").press("Enter")
    for key in ("Shift+ArrowLeft", "Enter", "Shift+ArrowUp", "Delete"):
        page.keyboard.press(key)
    page.keyboard.press("Control+z")
    page.fill("input[name=name]", "E2E box")
    with page.expect_navigation():
        page.press("input[name=name]", "Enter")

    outline = stored(portal, "E2E box")["outline"]
    expected = [(0.375, 0.4), (0.4875, 0.375), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6)]
    assert near(outline, expected), outline


def test_corners_are_dragged_with_a_finger_on_a_phone(portal: Portal, bare: None):
    with Browser() as browser:
        somebody = browser.person(
            portal, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
        )
        page = somebody.log_in()
        stage = editor(page, portal)
        # Clicked, not tapped: on a busy machine a browser takes a tap for a long press.
        page.get_by_role("button", name="Start with a box").click()
        box = stage.bounding_box()
        assert box is not None
        cdp = somebody.context.new_cdp_session(page)
        start = (box["x"] + 0.4 * box["width"], box["y"] + 0.4 * box["height"])
        for kind, dx in (("touchStart", 0), ("touchMove", -30), ("touchMove", -60)):
            points = [{"x": start[0] + dx, "y": start[1] + dx / 2}]
            cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.fill("input[name=name]", "E2E finger")
        with page.expect_navigation():
            page.locator("button:has-text('Save')").click()

        moved = stored(portal, "E2E finger")["outline"][0]
        expected = (0.4 - 60 / box["width"], 0.4 - 30 / box["height"])
        assert near([moved], [expected]), (moved, expected)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, "the page scrolls sideways"
        assert somebody.complaints == []
