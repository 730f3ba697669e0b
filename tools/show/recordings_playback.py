"""Recordings as people look at them: how soon, and how exactly."""

from playwright.sync_api import Page

from tests.e2e.archives import (
    FirstPicture,
    fill_month,
    first_picture,
    timeline_ms,
    watches_recordings,
)
from tests.e2e.browser import Browser
from tests.e2e.portal import Portal
from tests.e2e.waiting import until
from tests.postgresql import postgresql
from tools.show.stage import MAKE_RUN, Stage
from tools.show.table import say

CLICK_MS, TIMELINE_MS = 400, 150
DAYS, CAMERAS = 30, 4
CLICKS = 36
# Any stride without a common factor with the number of visits: no two clicks near each other.
STRIDE = 17
NO_DETECTOR = {"PETCAM_DETECTOR": "off"}


def clicks(on: Stage) -> None:
    """From a click on a visit to its first picture: on the day's page, and by a link to it."""
    on.stop_portals()
    with portal_of(on) as portal, Browser() as browser:
        archive = fill_month(portal, days=DAYS, cameras=CAMERAS, looked_at=CLICKS)
        say(f"    {archive['segments']} segments in the database")
        page = _page_of(browser, portal)
        _row(on, "a visit of the day that is open", _clicks_on_day(page, portal, archive))
        _row(on, "the link of a visit", _clicks_on_links(page, portal, archive))
        page.context.close()
        _timelines(on, "SQLite", _page_of(browser, portal), portal, archive)


def timelines_on_postgresql(on: Stage) -> None:
    """The same month in the other database."""
    on.stop_portals()
    with (
        postgresql() as url,
        portal_of(on, PETCAM_DATABASE_URL=url) as portal,
        Browser() as browser,
    ):
        archive = fill_month(portal, days=DAYS, cameras=CAMERAS, looked_at=CLICKS)
        _timelines(on, "PostgreSQL", _page_of(browser, portal), portal, archive)


def _page_of(browser: Browser, portal: Portal) -> Page:
    """Of somebody who has just come."""
    person = browser.person(portal, is_measured=True)
    watches_recordings(person)
    return person.log_in()


def _row(on: Stage, what: str, found: list[FirstPicture]) -> None:
    for one in found:
        say(f"    {one.ms:5.0f} ms, picture {one.picture}: {one.words}")
    figures = [one.ms for one in found]
    on.table.p95_at_most(f"click to first picture: {what}", figures, CLICK_MS, "ms")


def _clicks_on_day(page: Page, portal: Portal, archive: dict) -> list[FirstPicture]:
    page.goto(f"{portal.url}cameras/{archive['slug']}/recordings/?day={archive['day']}")
    until(lambda: page.locator("[data-visit]").count(), "visits in the list", within_s=10)
    until(lambda: page.evaluate("petcamProbe.painted.length"), "a picture", within_s=10)
    visits = archive["here"]
    found = []
    for n in range(1, min(CLICKS, len(visits) - 1)):
        visit = visits[STRIDE * n % len(visits)]
        page.wait_for_timeout(300)
        page.click(f"[data-visit='{visit['id']}']")
        found.append(first_picture(page, visit))
    return found


def _clicks_on_links(page: Page, portal: Portal, archive: dict) -> list[FirstPicture]:
    found = []
    for visit in archive["visits"]:
        page.goto(f"{portal.url}history/{visit['id']}/")
        page.wait_for_timeout(300)
        page.click(".visit-watch", no_wait_after=True)
        page.wait_for_url("**/recordings/**", wait_until="commit")
        found.append(first_picture(page, visit))
    return found


def _timelines(on: Stage, database: str, page: Page, portal: Portal, archive: dict) -> None:
    answers, painted = [], []
    for visit in archive["visits"]:
        page.goto(f"{portal.url}cameras/{visit['slug']}/recordings/?day={visit['at'][:10]}")
        answer_ms, painted_ms = timeline_ms(page)
        answers.append(answer_ms)
        painted.append(painted_ms)
        # What the page asks for next, of other cameras, is not in the way of another page.
        page.wait_for_timeout(1500)
    for what, figures in (("answer", answers), ("painted", painted)):
        row = f"timeline of a day, {database}: request to {what}"
        on.table.p95_at_most(row, figures, TIMELINE_MS, "ms")


def portal_of(on: Stage, **settings: str) -> Portal:
    """One that detects nothing: visits come from tests.archive."""
    return Portal(
        checkout=on.checkout,
        command=MAKE_RUN,
        environment=NO_DETECTOR | settings,
        ready_within_s=300,
    )
