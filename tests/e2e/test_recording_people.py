"""What people do with recordings in a real browser: hear of trouble, record, look into a visit."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.e2e.browser import Person
from tests.e2e.histories import open_history, see_somebody
from tests.e2e.pages import DEMO_SLUG
from tests.e2e.portal import Portal
from tests.e2e.waiting import until

pytestmark = pytest.mark.browser

SHARING = """
navigator.canShare = () => true;
window.shared = [];
navigator.share = async ({ files: [file] }) => { window.shared.push([file.name, file.size]); };
"""
PLAYED_S = """
async (video) => {
  video.muted = true;
  await video.play();
  await new Promise((resolve) => video.addEventListener("timeupdate", () => {
    if (video.currentTime > 0.2) resolve();
  }));
  return video.duration;
}
"""
FILM_S = "document.querySelector('.visit-film.is-playing')?.currentTime ?? 0"


@pytest.fixture
def page(person: Person) -> Iterator[Page]:
    """A page of somebody, which nothing may complain about."""
    page = person.context.pages[0]
    yield page
    assert person.complaints == []
    assert person.viewer(page).probe("p => p.violations") == []


def test_trouble_is_on_an_open_page_within_five_seconds_until_it_ends(page: Page, portal: Portal):
    page.goto(f"{portal.url}pets/")
    loaded = page.evaluate("performance.timeOrigin")
    raised = portal.django(
        """
        import time
        from recordings.alerts import raise_alert
        began = time.time()
        raise_alert("too-slow", "The disk is <b>slow</b>.")
        answer = began
        """
    )
    assert isinstance(raised, float)

    text = until(lambda: page.query_selector(".alert"), "the alert", within_s=5).inner_text()

    assert "The disk is <b>slow</b>." in text
    assert page.evaluate("Date.now()") / 1000 - raised < 5
    portal.django("from recordings.alerts import end_alert; end_alert('too-slow')")
    until(lambda: page.query_selector(".alert") is None, "no alert", within_s=5)
    assert page.evaluate("performance.timeOrigin") == loaded


def test_a_recording_by_hand_is_stopped_played_and_shared(page: Page, portal: Portal):
    page.add_init_script(SHARING)
    page.goto(f"{portal.url}cameras/{DEMO_SLUG}/")
    page.click("[data-record] button")
    until(lambda: "0:02" in page.inner_text("[data-record-label]"), "two seconds", within_s=15)

    page.click("[data-record] button")

    until(lambda: "ready" in page.inner_text("[data-record-words]"), "the clip", within_s=30)
    page.click("[data-record-words] a")
    card = page.locator(page.evaluate("location.hash"))
    assert 1 < card.locator("video").evaluate(PLAYED_S) < 15
    card.locator("[data-share]").click()
    until(lambda: page.evaluate("window.shared.length"), "a shared file", within_s=10)
    [[name, size]] = page.evaluate("window.shared")
    assert name.startswith("Living room ") and name.endswith(".mp4")
    assert size > 10_000
    card.locator("summary").click()
    card.locator("button[value=delete]").click()
    until(lambda: card.count() == 0, "no such clip", within_s=5)


def test_who_rests_on_a_visit_sees_it_move(page: Page, portal: Portal):
    visit = see_somebody(portal)
    open_history(page, portal)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    def moves() -> bool:
        # What was recorded of a visit's first second is told soon after.
        page.mouse.move(2, 2)
        page.hover(f"[data-visit='{visit}'] .visit-link")
        page.wait_for_timeout(1500)
        return bool(page.evaluate(FILM_S) > 0.2)

    assert not [url for url in asked if "segment.mp4" in url]
    until(moves, "a film of the visit", within_s=15)
    assert [url for url in asked if "segment.mp4" in url]
    page.mouse.move(2, 2)
    until(lambda: page.query_selector(".visit-film") is None, "no film", within_s=5)
