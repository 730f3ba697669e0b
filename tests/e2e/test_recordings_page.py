"""A day's page as a person uses it: the picture asked for, over gaps and midnight, and by hand."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page

from tests.e2e.archives import shoot
from tests.e2e.browser import Browser, Person
from tests.e2e.pages import DEMO_SLUG
from tests.e2e.portal import Portal
from tests.e2e.waiting import until

pytestmark = pytest.mark.browser

FPS = 30
# Ten seconds up to midnight, five after it, then nothing, then another size; a part that is lost.
TAKES = [
    {"first": 0, "end": 300, "width": 640, "height": 360},
    {"first": 300, "end": 450, "width": 640, "height": 360},
    {"first": 600, "end": 750, "width": 960, "height": 540, "is_rebooted": True},
    {"first": 750, "end": 900, "width": 960, "height": 540},
    {"first": 900, "end": 1200, "width": 960, "height": 540},
]
NOTICE = "document.querySelector('petcam-past .player-notice').textContent"
MOMENT = "document.querySelector('petcam-past').moment?.at_ms ?? 0"
STATE = "document.querySelector('petcam-past')?.dataset.state"
DAY = "document.getElementById('day').value"
FRAME = "petcamProbe.readStrip(petcamProbe.surface())?.frame ?? null"


class Past:
    """A camera's recordings in a browser; times are seconds from its first picture on."""

    def __init__(self, page: Page, url: str, began: datetime) -> None:
        self.page = page
        self._url = url
        self._began = began

    def open(self, at_s: float) -> None:
        at = (self._began + timedelta(seconds=at_s)).isoformat().replace("+", "%2B")
        self.page.goto(f"{self._url}?at={at}")
        until(lambda: self.is_at(at_s, near_s=2), lambda: f"{at_s}, not {self.at_s}", within_s=15)

    def show(self, day: str) -> None:
        self.page.goto(f"{self._url}?day={day}")

    @property
    def at_s(self) -> float:
        return self.page.evaluate(MOMENT) / 1000 - self._began.timestamp()

    def is_at(self, at_s: float, *, near_s: float) -> bool:
        return self.page.evaluate(STATE) is not None and abs(self.at_s - at_s) <= near_s

    def pause(self) -> None:
        if self.page.evaluate(STATE) == "playing":
            self.page.keyboard.press("Space")
        until(lambda: self.page.evaluate(STATE) == "paused", "a still picture", within_s=5)

    def wait_until(self, at_s: float, *, within_s: float = 15) -> None:
        until(
            lambda: self.at_s >= at_s,
            lambda: f"{at_s}, not {self.at_s} ({self.page.evaluate(STATE)})",
            within_s=within_s,
        )


@pytest.fixture(scope="module")
def films(portal: Portal) -> dict[str, str]:
    """What was recorded around the last midnight, the fourth part of it lost since."""
    made = shoot(portal, "attic", TAKES, before_midnight_s=10)
    portal.django(
        """
        from recordings.models import Segment
        from recordings.services import store
        lost = Segment.objects.filter(camera__slug="attic").order_by("started_at")[3]
        store().segment(lost.folder, lost.uuid).unlink()
        """
    )
    return made


@pytest.fixture
def past(person: Person, portal: Portal, films: dict[str, str]) -> Iterator[Past]:
    page = person.context.pages[0]
    url = f"{portal.url}cameras/{films['slug']}/recordings/"
    yield Past(page, url, datetime.fromisoformat(films["at"]))
    assert [text for text in person.complaints if "410" not in text] == []
    assert person.viewer(page).probe("p => p.violations") == []


def test_a_link_shows_its_picture_and_keys_go_to_the_next_one_and_the_one_before(past: Past):
    past.open(3)
    past.pause()
    # The last picture before a pause may come to be known a moment after it.
    until(
        lambda: past.page.evaluate(FRAME) == round(past.at_s * FPS),
        lambda: f"the picture of {past.at_s}, not {past.page.evaluate(FRAME)}",
        within_s=1,
    )
    shown = past.page.evaluate(FRAME)

    for key, frame in ((".", shown + 1), (".", shown + 2), (",", shown + 1)):
        past.page.keyboard.press(key)
        until(
            lambda frame=frame: past.page.evaluate(FRAME) == frame, f"picture {frame}", within_s=5
        )
    past.page.keyboard.press("ArrowRight")
    until(lambda: past.is_at((shown + 1) / FPS + 5, near_s=0.05), "five seconds on", within_s=5)


def test_it_plays_on_over_midnight_a_gap_another_size_and_what_is_lost(past: Past):
    past.open(7)
    eve = past.page.evaluate(DAY)

    past.wait_until(11)
    until(lambda: past.page.evaluate(DAY) > eve, "the next day", within_s=5)
    past.wait_until(20)
    assert past.page.evaluate(NOTICE).startswith("Nothing was recorded for 5 seconds")
    past.wait_until(30.5)

    assert "cannot be played" in past.page.evaluate(NOTICE)
    assert past.page.evaluate("document.querySelector('petcam-past').video.videoWidth") == 960


def test_the_handle_is_drawn_and_the_timeline_is_told_to_those_who_do_not_see_it(past: Past):
    past.open(12)
    past.pause()
    slider = past.page.locator(".day-slider")
    for _ in range(12):
        past.page.locator(".day-button[data-action=zoomIn]").click()
    box = slider.bounding_box()
    assert box is not None
    seen = slider.get_attribute("aria-valuetext")

    past.page.mouse.move(box["x"] + 400, box["y"] + box["height"] - 8)
    past.page.mouse.down()
    past.page.mouse.move(box["x"] + 900, box["y"] + box["height"] - 8, steps=5)
    assert past.page.is_visible(".day-preview")
    past.page.mouse.up()

    until(
        lambda: past.at_s > 20 and past.page.evaluate(STATE) == "paused",
        lambda: f"a later picture at rest, not {past.at_s} ({past.page.evaluate(STATE)})",
        within_s=5,
    )
    assert slider.get_attribute("aria-valuetext") != seen
    assert not past.page.is_visible(".day-preview")


def test_the_ends_of_a_clip_are_chosen_on_the_timeline(past: Past):
    past.open(22)
    past.page.locator(".day-button[data-action=clip]").click()
    end = past.page.locator(".day-cut-grip[data-end=to_ms]")
    before = int(end.get_attribute("aria-valuenow") or 0)

    end.focus()
    past.page.keyboard.press("ArrowLeft")
    past.page.keyboard.press("ArrowLeft")

    until(
        lambda: int(end.get_attribute("aria-valuenow") or 0) == before - 2,
        "an earlier end",
        within_s=5,
    )
    past.page.locator(".day-button[data-action=cut]").click()
    past.page.wait_for_selector("#clip-dialog[open] [name=from]")
    began, ended = (past.page.input_value(f"#clip-dialog [name={name}]") for name in ("from", "to"))
    length = datetime.fromisoformat(ended) - datetime.fromisoformat(began)
    assert timedelta(seconds=1) <= length <= timedelta(seconds=30)
    assert not past.page.is_visible(".day-cut")


def test_a_day_without_recordings_and_one_to_come_say_so(past: Past):
    for day, words in (("2020-02-29", "Nothing was recorded"), ("2120-02-29", "still to come")):
        past.show(day)
        past.page.wait_for_selector(f".day-empty:visible >> text={words}")


def test_from_live_one_key_goes_back_and_one_goes_on(person: Person, portal: Portal):
    page = person.context.pages[0]
    page.goto(f"{portal.url}cameras/{DEMO_SLUG}/recordings/")
    until(lambda: page.evaluate(STATE) == "paused", "the newest picture", within_s=30)

    page.keyboard.press("l")
    live = "document.querySelector('petcam-player')?.dataset.state === 'live'"
    until(lambda: page.evaluate(live), "the live picture", within_s=15)
    page.keyboard.press("ArrowLeft")

    until(lambda: page.evaluate(STATE) == "playing", "what was just now", within_s=10)
    assert page.locator("petcam-player").count() == 0
    assert person.complaints == []


def test_a_browser_without_a_media_source_plays_by_hls(past: Past):
    past.page.add_init_script("delete window.MediaSource; delete window.ManagedMediaSource")

    past.open(2)

    # Pictures of a playlist are told by the clock alone.
    past.wait_until(4)
    assert "playlist.m3u8" in past.page.evaluate(
        "document.querySelector('petcam-past').video.currentSrc"
    )
    past.pause()
    assert abs(past.page.evaluate(FRAME) / FPS - past.at_s) < 0.5


def test_two_fingers_on_the_picture_are_for_the_picture_alone(
    portal: Portal, films: dict[str, str]
):
    phone = {"has_touch": True, "is_mobile": True, "viewport": {"width": 390, "height": 844}}
    with Browser() as browser:
        person = browser.person(portal, **phone)
        page = person.log_in()
        url = f"{portal.url}cameras/{films['slug']}/recordings/"
        Past(page, url, datetime.fromisoformat(films["at"])).open(3)
        box = page.locator("petcam-past").bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 3
        touches = person.context.new_cdp_session(page)

        for kind, apart in (("touchStart", 20), *(("touchMove", px) for px in range(30, 130, 10))):
            points = [{"x": x + way * apart, "y": y, "id": way + 1} for way in (-1, 1)]
            touches.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        touches.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

        until(
            lambda: page.evaluate("document.querySelector('petcam-past').isZoomed"),
            "a picture that is zoomed",
            within_s=5,
        )
        assert page.evaluate("visualViewport.scale") == 1
