"""History in a real browser: live, quick, by keyboard, and right where the animal was."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.e2e.browser import Person
from tests.e2e.histories import (
    NOTE_ARRIVALS,
    live_through,
    open_history,
    see_somebody,
    see_somebody_at,
)
from tests.e2e.portal import Portal
from tests.e2e.waiting import until

pytestmark = pytest.mark.browser

CARDS = "[...document.querySelectorAll('[data-visit]')].map((card) => Number(card.dataset.visit))"
CHOSEN = "[...document.querySelectorAll('.visit-pick input:checked')].map((box) => +box.value)"
BOX_AND_PICTURE = """
() => [...document.querySelectorAll(".visit-card:has(img)")].slice(0, 6).map((card) => {
  const [image, box] = [card.querySelector("img"), card.querySelector("[data-box]")].map(
    (element) => element.getBoundingClientRect());
  return {
    shares: ["x", "y", "width", "height"].map((name) =>
      Number(card.querySelector("[data-box]").getAttribute(name)) / 1000),
    drawn: [(box.left - image.left) / image.width, (box.top - image.top) / image.height,
      box.width / image.width, box.height / image.height],
    ratio: image.width / image.height,
  };
})
"""


@pytest.fixture
def history(person: Person, portal: Portal) -> Iterator[Page]:
    """A history page of somebody whose household has a past."""
    live_through(portal)
    page = person.context.pages[0]
    open_history(page, portal)
    yield page
    assert person.complaints == []
    assert person.viewer(page).probe("p => p.violations") == []


def test_a_new_visit_is_on_the_open_page_within_a_second(history: Page, portal: Portal):
    history.evaluate(NOTE_ARRIVALS)

    visit, began = see_somebody_at(portal)

    arrived = until(
        lambda: history.evaluate(f"window.arrived[{visit}]"), "the visit's card", within_s=5
    )
    assert arrived / 1000 - began < 1
    # The detector of this portal may have seen somebody since.
    assert visit in history.evaluate(CARDS)[:4]


def test_a_visit_that_the_filter_leaves_out_stays_away(history: Page, portal: Portal):
    open_history(history, portal, "?label=dog")
    see_somebody(portal, label="cat")
    dog = see_somebody(portal, label="dog")

    until(lambda: dog in history.evaluate(CARDS), "the dog's card", within_s=5)

    assert "Unknown cat" not in history.inner_text("#history")


def test_boxes_lie_over_the_still_where_the_animal_was(history: Page):
    history.wait_for_load_state("networkidle")
    cards = history.evaluate(BOX_AND_PICTURE)
    assert len(cards) == 6
    for card in cards:
        assert card["ratio"] == pytest.approx(16 / 9, rel=0.02)
        # Half of the line's width lies outside.
        assert card["drawn"] == pytest.approx(card["shares"], abs=0.02)


def test_scrolling_shows_all_visits_once_in_their_order(history: Page, portal: Portal):
    more = "document.querySelector('[data-more]') === null"

    def at_the_end() -> bool:
        history.mouse.wheel(0, 5000)
        return bool(history.evaluate(more))

    until(at_the_end, "the end of history", within_s=15)

    ordered = portal.django(
        """
        from detections.models import Visit
        from streaming.models import Camera
        home = Camera.objects.get(slug="living-room").household
        rows = Visit.objects.filter(household=home, source="past")
        answer = list(rows.order_by("-started_at", "-pk").values_list("pk", flat=True))
        """
    )
    shown = history.evaluate(CARDS)
    assert [visit for visit in shown if visit in ordered] == ordered
    assert len(set(shown)) == len(shown)


def test_visits_are_chosen_starred_and_reviewed_by_keyboard_alone(history: Page, portal: Portal):
    for key in ("ArrowDown", "x", "ArrowRight", "x"):
        history.keyboard.press(key)
    assert history.inner_text("[data-bulk-count]") == "2"
    chosen = history.evaluate(CHOSEN)
    starred = f"""
        from detections.models import Visit
        answer = Visit.objects.filter(pk__in={chosen}, is_starred=True).count()
    """
    expected = 0 if portal.django(starred) == 2 else 2

    history.keyboard.press("s")

    until(lambda: portal.django(starred) == expected, "stars", within_s=5)
    assert history.evaluate(CHOSEN) == []
    history.keyboard.press("x")
    assert len(history.evaluate(CHOSEN)) == 1
    history.keyboard.press("Escape")
    assert history.evaluate(CHOSEN) == []


def test_deleting_asks_once_and_takes_the_cards_away(history: Page, portal: Portal):
    visit = see_somebody(portal)
    until(lambda: visit in history.evaluate(CARDS), "the new card", within_s=5)
    history.focus(f"[data-visit='{visit}'] a")

    history.keyboard.press("Delete")
    history.click("#sure button[value=no]")
    assert visit in history.evaluate(CARDS)
    history.keyboard.press("Delete")
    history.click("#sure button[value=yes]")

    until(lambda: visit not in history.evaluate(CARDS), "no such card", within_s=5)
    gone = (
        f"from detections.models import Visit; answer = Visit.objects.filter(pk={visit}).exists()"
    )
    until(lambda: not portal.django(gone), "no such visit", within_s=5)


def test_one_tap_on_a_visits_page_says_what_it_was_not(history: Page, portal: Portal):
    visit = see_somebody(portal)
    history.goto(f"{portal.url}history/{visit}/?label=cat")

    history.click("button[value=refute]")

    history.wait_for_selector("text=Set aside")
    history.click("button[value=restore]")
    history.wait_for_selector("text=Is that right?")
    assert history.url.endswith(f"/history/{visit}/?label=cat")


def test_a_visits_page_plays_the_way_and_arrows_lead_to_its_neighbours(
    history: Page, portal: Portal
):
    history.goto(f"{portal.url}history/{live_through(portal)}/")
    box = ".visit-box rect"
    before = history.get_attribute(box, "x")
    history.locator("[data-moment]").fill("20")
    assert history.get_attribute(box, "x") != before

    here = history.url
    history.locator("h1").click()
    history.keyboard.press("ArrowRight")

    history.wait_for_url(lambda url: url != here)
    history.keyboard.press("ArrowLeft")
    history.wait_for_url(here)


def test_who_has_looked_at_a_visit_has_reviewed_it(history: Page, portal: Portal):
    visit = see_somebody(portal)
    history.goto(f"{portal.url}history/{visit}/")
    new = f"""
        from detections.models import Unreviewed
        answer = Unreviewed.objects.filter(visit={visit}, user__username="demo").exists()
    """

    until(lambda: not portal.django(new), "a review", within_s=10)


def test_without_scripts_history_can_be_read_and_filtered(person: Person, portal: Portal):
    live_through(portal)
    cookies = person.context.cookies()
    browser = person.context.browser
    assert browser is not None
    plain = browser.new_context(java_script_enabled=False)
    plain.add_cookies(cookies)
    page = plain.new_page()
    page.goto(f"{portal.url}history/")
    first = page.locator(".visit-card").count()

    page.click("text=Earlier visits")

    assert first == 24
    assert page.locator(".visit-card").count() > 0
    page.goto(f"{portal.url}history/")
    page.click("button:has-text('Filter')")
    page.select_option("#filter-label", "cat")
    page.click("#filter-box button:has-text('Show')")
    assert page.url.endswith("/history/?label=cat")
    assert page.locator(".chip-remove").inner_text().startswith("Cat")
    plain.close()
