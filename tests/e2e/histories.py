"""Histories to look at: a portal's past, and visits that begin while a page is open."""

from playwright.sync_api import Page

from tests.e2e.portal import Portal
from tests.e2e.waiting import until

# Keeps the moment at which a card has come into the page.
NOTE_ARRIVALS = """
() => {
  window.arrived = {};
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) {
      if (!(node instanceof Element)) continue;
      const inside = [...node.querySelectorAll("[data-visit]")];
      const cards = node.matches("[data-visit]") ? [node] : inside;
      for (const { dataset } of cards) window.arrived[dataset.visit] ??= Date.now();
    }
  }).observe(document.getElementById("history"), { childList: true, subtree: true });
}
"""


def live_through(portal: Portal) -> int:
    """Give the portal's demo household its past; the number of the visit that shows the most.

    Does it once: asked again, it only answers.
    """
    found = portal.django("from tests import past; answer = past.fill()", within_s=120)
    assert isinstance(found, int)
    return found


def keep_clips(portal: Portal) -> None:
    """Give the demo household a clip and a time-lapse of what was recorded since the start."""
    asked = """
        from datetime import timedelta
        from django.utils import timezone
        from recordings.clips import ask_for_clip
        from streaming.models import Camera
        camera = Camera.objects.get(slug="living-room")
        person, now = camera.household.members.first().user, timezone.now()
        for kind, title in (("timelapse", ""), ("clip", "Miso and the yarn")):
            since = now - timedelta(seconds=20)
            ask_for_clip(camera, by=person, since=since, until=now, now=now, kind=kind, title=title)
    """
    portal.django(asked)
    left = """
        from recordings.models import Clip
        answer = Clip.objects.filter(state__in=["waiting", "working"]).count()
    """
    until(lambda: portal.django(left) == 0, "clips that are made", within_s=60, every_s=1)


def see_somebody(portal: Portal, **fields: object) -> int:
    """A visit that begins now, told to open pages; its number."""
    code = f"from tests import past; answer = past.one_now(**{fields!r})"
    found = portal.django(code)
    assert isinstance(found, int)
    return found


def see_somebody_at(portal: Portal) -> tuple[int, float]:
    """The same, with the Unix time just before the visit was written."""
    code = """
        import time
        from tests.past import one_now
        began = time.time()
        answer = [one_now(), began]
    """
    visit, began = portal.django(code)
    return visit, began


def open_history(page: Page, portal: Portal, query: str = "") -> None:
    """The history page with its socket open."""
    page.goto(f"{portal.url}history/{query}")
    live = "document.querySelector('[data-live]').dataset.state === 'live'"
    until(lambda: page.evaluate(live), "an open socket", within_s=5)
