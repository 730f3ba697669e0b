"""Killing a process of the portal under a watching person."""

import time

from tests.e2e import processes
from tests.e2e.browser import Viewer
from tests.e2e.portal import Portal
from tests.e2e.waiting import until

PICTURE_BACK_S = 6
NEVER_STOPS_GAP_S = 0.5
ROLES = ("bridge", "streamer", "web", "broker", "detector", "recorder")
# These carry no pictures of a running view.
PICTURE_NEVER_STOPS = ("web", "broker", "detector", "recorder")


def kill_while_watching(
    portal: Portal, viewer: Viewer, role: str, *, watch_s: float = 12
) -> tuple[float, bool]:
    """kill -9: the longest gap between frames in the `watch_s` after it, and whether the page
    stayed the same document.

    Raises TooLate when no process takes the place, or no fresh picture comes.
    """
    loaded_at = viewer.loaded_at()
    killed_at = time.time()
    killed = portal.kill(role)
    until(lambda: not processes.is_alive(killed), f"{role} ended", within_s=2)
    until(lambda: portal.pid(role) != killed, f"a new {role}", within_s=10)
    viewer.look_on(max(0.0, killed_at + watch_s - time.time()))
    until(viewer.is_fresh, lambda: f"a fresh picture; {viewer.history()}", within_s=10)
    return viewer.longest_gap_s(killed_at), viewer.loaded_at() == loaded_at
