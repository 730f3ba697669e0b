"""What a watching person notices when things break."""

import time

from tests.e2e.browser import Browser, Person, Viewer
from tests.e2e.forwarder import Conditions
from tests.e2e.killing import (
    NEVER_STOPS_GAP_S,
    PICTURE_BACK_S,
    PICTURE_NEVER_STOPS,
    ROLES,
    kill_while_watching,
)
from tests.e2e.network import SERVER_ADDRESS, TwoHosts, unavailable
from tests.e2e.pages import DEMO_SLUG
from tests.e2e.portal import Portal
from tests.e2e.waiting import until
from tools.show.stage import MAKE_RUN, Stage, open_tabs
from tools.show.table import Table

FALLBACK_S = 4


def kills(on: Stage) -> None:
    """kill -9 of each process while somebody watches: how long the picture stood still."""
    portal = on.portal("demo")
    with Browser() as browser:
        person = browser.person(portal)
        person.log_in().close()
        for role in ROLES:
            killed(on.table, person, role)


def killed(table: Table, person: Person, role: str) -> None:
    """One kill; then somebody who comes later gets a picture, too."""
    [viewer] = open_tabs(person, DEMO_SLUG, 1)
    viewer.look_on(3)
    goes_on = role in PICTURE_NEVER_STOPS
    limit = NEVER_STOPS_GAP_S if goes_on else PICTURE_BACK_S
    what = "the picture never stops" if goes_on else "picture back without a reload"
    gap_s, is_same_page = kill_while_watching(person.portal, viewer, role)
    table.at_most(f"kill -9 {role}: {what}; longest gap", gap_s, limit, "s")
    table.add(f"kill -9 {role}: reloads", "0", "0" if is_same_page else "1", is_same_page)
    viewer.page.close()
    [late] = open_tabs(person, DEMO_SLUG, 1)
    until(late.is_fresh, "a fresh picture for a new viewer", within_s=5)
    late.page.close()
    table.add(f"after kill -9 {role}: a new viewer gets a picture", "plays", "plays", True)


def udp_blocked(on: Stage) -> None:
    """Two hosts; UDP between them is dropped, then MSE is missing from the browser as well."""
    if reason := unavailable():
        on.table.add("UDP blocked: picture by MSE", f"<= {FALLBACK_S} s", reason, False)
        return
    on.stop_portals()  # a second demo camera would take half of a small machine
    with TwoHosts() as hosts, portal_on_a_host(on, hosts) as portal:
        hosts.line_is(Conditions(drop_udp=True))
        with Browser(prefix=hosts.on_viewer) as browser:
            person = browser.person(portal)
            person.log_in().close()
            viewer = by_mse(on.table, person)
            hosts.line_is(Conditions())
            climbs_back(on.table, viewer)
            dropped = hosts.line_is(Conditions(drop_udp=True))["udp_dropped"]
            on.table.add("UDP packets dropped on the line", "> 0", f"{dropped}", dropped > 0)
            without_mse(on.table, browser.person(portal))


def portal_on_a_host(on: Stage, hosts: TwoHosts) -> Portal:
    """A portal in the server's network namespace, listening on its address."""
    return Portal(
        checkout=on.checkout,
        command=MAKE_RUN,
        prefix=hosts.on_server,
        environment={"PETCAM_BIND": SERVER_ADDRESS, "PETCAM_HOSTS": SERVER_ADDRESS},
        ready_within_s=300,
    )


def by_mse(table: Table, person: Person) -> Viewer:
    """A picture by MSE in time, and words that say why."""
    clicked_at = time.time()
    viewer = person.watch(DEMO_SLUG)
    waited = viewer.wait_for_picture(within_s=20, transport="mse") - clicked_at
    table.at_most("UDP blocked: picture by MSE after the click", waited, FALLBACK_S, "s")
    words = viewer.words()
    says_why = any(word in words.lower() for word in ("udp", "direct", "network", "blocked"))
    table.add("UDP blocked: the page says why", "in words", words[:110] or "nothing", says_why)
    viewer.look_on(3)
    viewer.forget()
    viewer.look_on(5)
    shown = len(viewer.probe("p => p.shown")) / 5
    table.add("UDP blocked: MSE plays on", ">= 25 fps shown", f"{shown:.1f} fps", shown >= 25)
    return viewer


def climbs_back(table: Table, viewer: Viewer) -> None:
    """UDP works again: the player returns to WebRTC by itself."""
    began = time.monotonic()
    until(
        lambda: (viewer.transport, viewer.state) == ("webrtc", "live"),
        lambda: f"back on WebRTC; {viewer.history()}",
        within_s=75,
        every_s=0.2,
    )
    waited = time.monotonic() - began
    table.add("UDP works again: back on WebRTC by itself", "climbs", f"after {waited:.0f} s", True)


def without_mse(table: Table, person: Person) -> None:
    """A browser without MediaSource, UDP still blocked: MJPEG."""
    person.context.add_init_script("delete window.MediaSource; delete window.ManagedMediaSource;")
    person.log_in().close()
    clicked_at = time.time()
    viewer = person.watch(DEMO_SLUG)
    waited = viewer.wait_for_picture(within_s=20, transport="mjpeg") - clicked_at
    first = viewer.strip()
    viewer.look_on(5)
    last = viewer.strip()
    is_moving = bool(first and last and last["frame"] > first["frame"])
    figure = f"{viewer.transport}, moving after {waited:.1f} s"
    table.add("UDP blocked and no MSE: MJPEG", "mjpeg, moving", figure, is_moving)
