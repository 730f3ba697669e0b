"""What a bad line does to watching: packets between two hosts are lost, late or held up."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.first_frame import visitor
from bench.glass_to_glass import stats
from tests.e2e.browser import Browser, Viewer, percentile
from tests.e2e.forwarder import Conditions
from tests.e2e.network import SERVER_ADDRESS, TwoHosts, unavailable
from tests.e2e.pages import DEMO_SLUG
from tests.e2e.portal import Portal
from tests.e2e.waiting import TooLate, until
from tools.show.pictures import damaged_pictures
from tools.show.stage import MAKE_RUN, Stage
from tools.show.table import Table

ROUND_TRIP_S = 0.1
FREEZES_A_MINUTE = 2
BACK_WITHIN_S = 2
QUEUE_S = 1
NARROW_BPS = 1_200_000
# What moves at all; the stream's keyframes come once a second.
NARROW_FPS = 2
# A home router's queue at this rate: about 0.4 s.
NARROW_QUEUE_BYTES = 60_000
FRESH_MS = 400


@contextmanager
def far_viewer(on: Stage) -> Iterator[tuple[TwoHosts, Portal, Viewer]]:
    """Somebody watches the demo camera by WebRTC from another host; the line is good at first."""
    if reason := unavailable():
        raise AssertionError(reason)
    on.stop_portals()
    with (
        TwoHosts() as hosts,
        _portal(on, hosts) as portal,
        Browser(prefix=hosts.on_viewer) as browser,
    ):
        viewer = visitor(browser, portal).watch(DEMO_SLUG)
        viewer.wait_for_picture(within_s=30, transport="webrtc")
        viewer.probe("p => { p.everyKth = 3; }")
        viewer.look_on(4)
        viewer.forget()
        yield hosts, portal, viewer


def _portal(on: Stage, hosts: TwoHosts) -> Portal:
    return Portal(
        checkout=on.checkout,
        command=MAKE_RUN,
        prefix=hosts.on_server,
        environment={"PETCAM_BIND": SERVER_ADDRESS, "PETCAM_HOSTS": SERVER_ADDRESS},
        ready_within_s=300,
    )


def some_loss(on: Stage) -> None:
    """Lost packets are sent again in time; what cannot be is repaired by a keyframe."""
    seconds = 20 if on.is_short else 60
    with far_viewer(on) as (hosts, portal, viewer):
        hosts.line_is(Conditions(loss=0.05, delay_s=ROUND_TRIP_S / 2, seed=3))
        viewer.look_on(3)  # a change of 100 ms in the path is not what is measured
        before, began = stats(viewer), time.time()
        viewer.look_on(seconds)
        after = stats(viewer)
        gap_ms = viewer.longest_gap_s(began) * 1000
        lost = hosts.line_is(Conditions())["lost"]
        still_webrtc = viewer.transport == "webrtc"
        freezes = (after["freezes"] - before["freezes"]) * 60 / seconds
        on.table.add(
            "5 % loss, 100 ms round trip: freezes",
            f"<= {FREEZES_A_MINUTE} a minute",
            f"{freezes:.1f} a minute, longest gap {gap_ms:.0f} ms, {lost} packets lost"
            + ("" if still_webrtc else f", by {viewer.transport}"),
            freezes <= FREEZES_A_MINUTE and still_webrtc,
        )
        viewer.look_on(3)
        no_lasting_damage(on.table, portal, viewer)


def no_lasting_damage(rows: Table, portal: Portal, viewer: Viewer) -> None:
    """What is on the screen is what a decoder makes of the ring."""
    compared, damaged = damaged_pictures(portal, viewer)
    unreadable = viewer.probe("p => p.unreadable")
    rows.add(
        "after the loss: pictures as they should be",
        "all",
        f"{compared - damaged} of {compared}; {unreadable} strips unreadable in all",
        compared > 0 and damaged == 0,
    )


def much_loss(on: Stage) -> None:
    """20 % for ten seconds; then the line is good again."""
    with far_viewer(on) as (hosts, _, viewer):
        hosts.line_is(Conditions(loss=0.2, delay_s=ROUND_TRIP_S / 2, seed=5))
        viewer.look_on(10)
        hosts.line_is(Conditions())
        over_at = time.time()
        waited = back_after(viewer, over_at)
        on.table.at_most("20 % loss: fresh and smooth again after it", waited, BACK_WITHIN_S, "s")


def back_after(viewer: Viewer, over_at: float) -> float:
    """Seconds from then until the picture is fresh and keeps moving for a second."""

    def since() -> float | None:
        strip = viewer.strip()
        if strip is None or strip["latencyMs"] > FRESH_MS:
            return None
        now = time.time()
        gap_ms = viewer.probe("(p, at) => p.longestGap(at)", (now - 1) * 1000)
        return now if now - over_at > 1 and gap_ms < 200 else None

    try:
        seen_at = until(since, "a fresh, moving picture", within_s=20, every_s=0.05)
    except TooLate:
        return float("inf")
    # It has been smooth for a second by then.
    return max(0.0, (seen_at or 0) - 1 - over_at)


def narrow(on: Stage) -> None:
    """The line takes less than the stream; what waits must not grow."""
    seconds = 10 if on.is_short else 30
    with far_viewer(on) as (hosts, _, viewer):
        viewer.look_on(3)
        usual = percentile(viewer.latencies_ms(), 0.5)
        hosts.line_is(Conditions(rate_bps=NARROW_BPS, queue_bytes=NARROW_QUEUE_BYTES))
        viewer.look_on(5)
        viewer.forget()
        viewer.look_on(seconds)
        late = [(ms - usual) / 1000 for ms in viewer.latencies_ms()]
        shown = len(viewer.probe("p => p.shown")) / seconds
        way = viewer.transport
        hosts.line_is(Conditions())
        over_at = time.time()
        if late:
            p95 = percentile(late, 0.95)
            on.table.add(
                f"{NARROW_BPS / 1e6:g} of 2 Mbit/s: how late pictures get",
                f"p95 <= {QUEUE_S} s",
                f"p50 {percentile(late, 0.5):.2f}, p95 {p95:.2f} s, {shown:.1f} fps by {way}",
                p95 <= QUEUE_S,
            )
            on.table.add("the picture moves meanwhile", f">= {NARROW_FPS} fps", f"{shown:.1f} fps",
                         shown >= NARROW_FPS)  # fmt: skip
        else:
            what = f"no picture in {seconds} s, state {viewer.state}"
            on.table.add("less bandwidth than the stream needs", "pictures", what, False)
        waited = back_after(viewer, over_at)
        on.table.at_most("bandwidth is back: fresh and smooth again", waited, BACK_WITHIN_S, "s")
