"""Every page that a person can come to, and when it looks as it should."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.e2e.waiting import until

DEMO_SLUG = "living-room"
ALL_LIVE = (
    "[...document.querySelectorAll('petcam-player')].every((p) => p.dataset.state === 'live')"
)
FIFTEEN_FRAMES = "petcamProbe.shown.length >= 15"
ALL_PICTURES = """
[...document.images].every((image) => {
  image.loading = "eager";
  return image.hidden || (image.complete && image.naturalWidth > 0);
})
"""
# The figures under a picture, where the page has them.
FACTS_TOLD = (
    "[...document.querySelectorAll('[data-fact=latency]')]"
    ".every((fact) => fact.textContent !== '–')"
)
# The picture that places are drawn on.
STILL_SHOWN = """(() => {
  const still = document.querySelector('.place-still');
  return Boolean(still) && !still.hidden && still.naturalWidth > 0;
})()"""
# Boxes are drawn: picture and boxes are one canvas.
COMPOSED = "document.querySelector('petcam-player').overlay.drawn.boxes.length > 0"
# The player of a day has the picture of a moment.
PAST_SHOWN = "(document.querySelector('petcam-past video')?.readyState ?? 0) >= 2"
CLIP_ASKED = "document.querySelector('#clip-dialog[open] [data-clip-form]') !== null"
# The API's description, drawn by a script.
API_DRAWN = "document.querySelectorAll('.opblock').length > 0"


@dataclass(frozen=True)
class Shot:
    """A page worth a picture; `settle` waits until it looks as it should."""

    name: str
    path: str
    settle: Callable[[Page], None]
    is_public: bool = False


def complete(page: Page) -> None:
    """Everything is loaded and every font is there."""
    page.wait_for_load_state("load")
    page.evaluate("document.fonts.ready.then(() => true)")


def live(page: Page) -> None:
    """Each player on the page shows a moving picture."""
    complete(page)
    # Not wait_for_function: it polls by eval, which the pages' policy forbids.
    until(lambda: page.evaluate(ALL_LIVE), f"live players on {page.url}", within_s=15)
    until(lambda: page.evaluate(FIFTEEN_FRAMES), f"frames on {page.url}", within_s=15)
    until(lambda: page.evaluate(FACTS_TOLD), f"facts on {page.url}", within_s=15)


def boxed(page: Page) -> None:
    """The player draws a box around somebody."""
    live(page)
    page.focus("petcam-player")
    page.keyboard.press("b")
    until(lambda: page.evaluate(COMPOSED), f"a box on {page.url}", within_s=30)


def drawable(page: Page) -> None:
    """The place editor has its still."""
    complete(page)
    until(lambda: page.evaluate(STILL_SHOWN), f"a still on {page.url}", within_s=15)


def described(page: Page) -> None:
    """The page about the API has drawn what it says."""
    complete(page)
    until(lambda: page.evaluate(API_DRAWN), f"the API on {page.url}", within_s=15)


def recorded(page: Page) -> None:
    """A day's page with recordings shows a picture."""
    complete(page)
    until(lambda: page.evaluate(PAST_SHOWN), f"a recorded picture on {page.url}", within_s=15)


def asked_for_a_clip(page: Page) -> None:
    """The dialog that asks for a clip is open over a day's page with recordings."""
    recorded(page)
    page.click("[data-action=clip]")
    page.click("[data-action=cut]")
    until(lambda: page.evaluate(CLIP_ASKED), f"the clip dialog on {page.url}", within_s=5)


def pictured(page: Page) -> None:
    """Every picture is there, also those that wait to be scrolled to."""
    complete(page)
    until(lambda: page.evaluate(ALL_PICTURES), f"pictures on {page.url}", within_s=15)


def all_pages(camera_pk: int, visit_pk: int) -> list[Shot]:
    """The pages of a portal with a demo household and a past (tests.e2e.histories).

    `camera_pk` is the demo camera, `visit_pk` the visit to look at.
    """
    return [
        Shot("login", "account/login/", complete, is_public=True),
        Shot("home", "", live),
        Shot("camera", f"cameras/{DEMO_SLUG}/", live),
        Shot("places", f"cameras/{DEMO_SLUG}/places/", drawable),
        Shot("add-place", f"cameras/{DEMO_SLUG}/places/add/", drawable),
        Shot("history", "history/", pictured),
        Shot("history-filtered", "history/?label=cat&starred=on", pictured),
        Shot("history-nothing", "history/?label=bird", complete),
        Shot("visit", f"history/{visit_pk}/", pictured),
        Shot("clips", "clips/", complete),
        Shot("add-clip", f"cameras/{DEMO_SLUG}/clips/add/", complete),
        Shot("recordings", f"cameras/{DEMO_SLUG}/recordings/", recorded),
        Shot("recordings-nothing", f"cameras/{DEMO_SLUG}/recordings/?day=2020-02-29", complete),
        Shot("clip-dialog", f"cameras/{DEMO_SLUG}/recordings/", asked_for_a_clip),
        Shot("pets", "pets/", pictured),
        Shot("add-pet", "pets/add/", complete),
        Shot("password", "account/password/change/", complete),
        Shot("logout", "account/logout/", complete),
        Shot("missing", "cameras/no-such-camera/", complete),
        Shot("admin", "admin/", complete),
        Shot("admin-cameras", "admin/streaming/camera/", complete),
        Shot("admin-camera", f"admin/streaming/camera/{camera_pk}/change/", live),
        Shot("admin-add-camera", "admin/streaming/camera/add/", complete),
        Shot("admin-places", "admin/detections/place/", complete),
        Shot("admin-add-place", f"admin/detections/place/add/?camera={camera_pk}", drawable),
        Shot("admin-tokens", "admin/detections/ingesttoken/", complete),
        Shot("admin-add-token", "admin/detections/ingesttoken/add/", complete),
        Shot("api", "api/docs", described),
        Shot("admin-visits", "admin/detections/visit/", complete),
        Shot("admin-visit", f"admin/detections/visit/{visit_pk}/change/", complete),
        Shot("admin-counts", "admin/detections/daycount/", complete),
        Shot("admin-recording", "admin/recordings/policy/", complete),
        Shot("admin-segments", "admin/recordings/segment/", complete),
        Shot("admin-clips", "admin/recordings/clip/", complete),
        Shot("admin-storage", "admin/recordings/storage/", complete),
        Shot("admin-alerts", "admin/recordings/alert/", complete),
        Shot("admin-households", "admin/households/household/", complete),
        Shot("admin-members", "admin/households/member/", complete),
        Shot("admin-add-member", "admin/households/member/add/", complete),
    ]


def boxes() -> Shot:
    """The camera's page with somebody in a box; the browser remembers that boxes are on."""
    return Shot("camera-boxes", f"cameras/{DEMO_SLUG}/", boxed)


def is_expected(complaint: str) -> bool:
    """A missing page is reported by Chromium as an error of the console: that is its point."""
    return "no-such-camera" in complaint and "404" in complaint
