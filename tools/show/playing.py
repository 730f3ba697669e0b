"""What watching is like and what it costs, in real browsers."""

import re
import time
from dataclasses import dataclass

from tests.e2e import processes
from tests.e2e.browser import Browser, Viewer
from tests.e2e.firefox import Firefox
from tests.e2e.pages import DEMO_SLUG
from tests.e2e.portal import Portal
from tests.e2e.processes import CpuMeter
from tests.e2e.waiting import until
from tools.show.stage import Stage, watching
from tools.show.table import Table

WATCHED_S = 60
CLICKS = 24
FPS = 29.9
LATENCY_MS = 100
FIRST_FRAME_S = 1
STREAMER_SHARE, WEB_SHARE = 15, 1
# libav names its decoding and encoding threads like this.
CODEC_THREAD = re.compile(r"^(av:|x264|avutil)")


@dataclass(frozen=True)
class Window:
    """One viewer's counters at the start of a measurement."""

    viewer: Viewer
    before: dict[str, float]

    def report(self, table: Table, name: str) -> float:
        """Rows for what was decoded since; returns the received Mbit/s."""
        after = self.viewer.probe("p => p.decoded()")
        seconds = (after["at"] - self.before["at"]) / 1000
        fps = (after["decoded"] - self.before["decoded"]) / seconds
        dropped = after["dropped"] - self.before["dropped"]
        table.add(f"{name}: decoded", f">= {FPS} fps", f"{fps:.2f} fps", fps >= FPS)
        table.add(f"{name}: frames dropped", "0", f"{dropped:g} in {seconds:.0f} s", dropped == 0)
        return (after["bytes"] - self.before["bytes"]) * 8 / seconds / 1e6


def three_viewers(on: Stage) -> None:
    """Three tabs for a minute: frames, latency, bitrate, and nobody decodes on our side."""
    portal = on.portal("demo")
    with watching(portal, viewers=3) as viewers:
        viewers[0].look_on(6)
        for viewer in viewers:
            viewer.forget()
        windows = [Window(viewer, viewer.probe("p => p.decoded()")) for viewer in viewers]
        decoded_before = jpegs_decoded(portal)
        viewers[0].look_on(WATCHED_S)
        rates = [
            window.report(on.table, f"viewer {number}")
            for number, window in enumerate(windows, start=1)
        ]
        latencies = [ms for viewer in viewers for ms in viewer.latencies_ms()]
        unreadable = sum(viewer.probe("p => p.unreadable") for viewer in viewers)
        on.table.p95_at_most("capture to screen, from the strip", latencies, LATENCY_MS, "ms")
        on.table.add("strips that were not readable", "0", f"{unreadable:g}", unreadable == 0)
        rate = sum(rates) / len(rates)
        on.table.add("bitrate received", "about 2 Mbit/s", f"{rate:.2f} Mbit/s", 1.6 < rate < 2.4)
        nobody_decodes(on.table, portal, decoded_before)


def jpegs_decoded(portal: Portal) -> int:
    """How many pictures the streamer has decoded for stills and MJPEG so far."""
    health = portal.health(DEMO_SLUG)["stream"]
    return int(str(health["decoded_frames"]))


def nobody_decodes(table: Table, portal: Portal, decoded_before: int) -> None:
    """No decoder or encoder ran besides the demo camera's encoder in the bridge."""
    decoded = jpegs_decoded(portal) - decoded_before
    table.add("frames decoded by the streamer meanwhile", "0", f"{decoded}", decoded == 0)
    converters = [
        name
        for pid in portal.pids()
        if re.search(r"\b(ffmpeg|ffprobe|gst-launch)", name := processes.command_line(pid))
    ]
    threads = [
        f"{role}: {name}"
        for role in ("web", "streamer")
        for name in processes.thread_names(portal.pid(role))
        if CODEC_THREAD.match(name)
    ]
    found = converters + threads
    table.add("converter processes, codec threads in web and streamer", "none",
              ", ".join(found) or "none", not found)  # fmt: skip


def clicks(on: Stage) -> None:
    """From a click on the camera in the home grid to the first frame on the camera's page."""
    portal = on.portal("demo")
    waits = []
    with Browser() as browser:
        person = browser.person(portal)
        page = person.log_in()
        for _ in range(CLICKS):
            page.goto(portal.url)
            link = page.locator(f"a[href='/cameras/{DEMO_SLUG}/']").first
            link.wait_for(state="visible", timeout=5000)
            until(
                lambda: page.evaluate("document.readyState") == "complete", "the grid", within_s=5
            )
            clicked_at = time.time()
            link.click(no_wait_after=True)
            page.wait_for_url(f"**/cameras/{DEMO_SLUG}/", wait_until="commit")
            waits.append(person.viewer(page).wait_for_picture(within_s=10) - clicked_at)
    on.table.p95_at_most("click to first frame, page load included", waits, FIRST_FRAME_S, "s")


def cpu_of_five_viewers(on: Stage) -> None:
    """CPU seconds of streamer and web while five tabs watch for 30 s."""
    portal = on.portal("demo")
    with watching(portal, viewers=5) as viewers:
        for viewer in viewers:
            viewer.probe("p => { p.everyKth = 0; }")
        viewers[0].look_on(8)
        shares = cpu_shares(portal, ("streamer", "web"), 30, viewers[0])
    on.table.below("streamer with 5 viewers", shares["streamer"], STREAMER_SHARE, "% of a core")
    on.table.below("web with 5 viewers", shares["web"], WEB_SHARE, "% of a core")


def cpu_shares(
    portal: Portal, roles: tuple[str, ...], seconds: float, viewer: Viewer
) -> dict[str, float]:
    """Percent of a core that each role's process uses during `seconds`."""
    meters = {role: CpuMeter(portal.pid(role)) for role in roles}
    began = time.monotonic()
    viewer.look_on(seconds)
    elapsed = time.monotonic() - began
    return {role: meter.seconds() / elapsed * 100 for role, meter in meters.items()}


def firefox(on: Stage) -> None:
    """Firefox, which has no H.264 in WebRTC here, plays by MSE."""
    portal = on.portal("demo")
    with Firefox() as browser:
        browser.log_in(portal)
        clicked_at = time.time()
        browser.go(f"{portal.url}cameras/{DEMO_SLUG}/")
        until(
            lambda: browser.run("petcamProbe.shown.length >= 3"),
            lambda: f"three frames; {browser.run('petcamProbe.states')}",
            within_s=20,
        )
        first_s = browser.run("petcamProbe.shown[0]") / 1000 - clicked_at
        transport = browser.run("petcamProbe.player().dataset.transport")
        browser.run("(petcamProbe.shown.length = petcamProbe.strips.length = 0)")
        time.sleep(10)
        shown = browser.run("petcamProbe.shown.length") / 10
        strips = browser.run("petcamProbe.strips")
    is_moving = len({strip["frame"] for strip in strips}) >= 3
    figure = f"{transport}, first frame after {first_s:.1f} s, {shown:.1f} fps shown"
    on.table.add("Firefox plays by MSE", "mse, moving", figure, transport == "mse" and is_moving)
