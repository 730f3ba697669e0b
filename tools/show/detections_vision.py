"""The built-in detector: what it finds on the demo camera, what it costs, and that nobody waits."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench.first_frame import visitor
from detections.vision.eyes import Eyes, Glimpse
from detections.vision.plug_in import load_detector
from detections.watching import CameraWatch
from streaming.media.config import CameraConfig
from streaming.media.demo.scene import Scene
from streaming.media.demo.story import CYCLE_S
from tests.e2e.browser import Browser, percentile
from tests.e2e.cameras import ring_of
from tests.e2e.pages import DEMO_SLUG
from tests.e2e.portal import Portal
from tests.e2e.processes import CpuMeter, resident_bytes
from tools.show.stage import MAKE_RUN, Stage
from tools.show.table import say
from tools.show.truth import Score, unix_s

FPS = 3
LEAST = 0.9
UNCHANGED_MS = 3.0
# With and without the detector in turns, so that both see the same weather on this machine.
TURNS, TURN_S, SETTLE_S = 6, 20.0, 4.0
NO_DETECTOR = {"PETCAM_DETECTOR": "off"}
HOURS = {"by day": 13, "at night": 1}


def accuracy(on: Stage) -> None:
    """A whole round of the cat's story, by day and at night, from the portal's own frame ring."""
    on.stop_portals()
    seconds = CYCLE_S / 4 if on.is_short else CYCLE_S + 4
    for name, hour in HOURS.items():
        with _portal(on, **NO_DETECTOR, PETCAM_TIME_ZONE=_zone_where_it_is(hour)) as portal:
            score = asyncio.run(_scored(ring_of(portal, DEMO_SLUG), seconds))
        for moment in score.trouble[:10]:
            say(f"    {name}, {moment}")
        on.table.add(
            f"detector on the demo camera {name}",
            f"precision and recall >= {LEAST}",
            score.words,
            min(score.precision, score.recall) >= LEAST,
        )


def cost_and_delay(on: Stage) -> None:
    """Capture to screen with the detector standing still and going, in turns; what it costs."""
    on.stop_portals()
    turns, turn_s = (2, 8.0) if on.is_short else (TURNS, TURN_S)
    late: dict[bool, list[float]] = {False: [], True: []}
    shares = []
    with _portal(on) as portal, Browser() as browser:
        detector = portal.pid("detector")
        viewer = visitor(browser, portal).watch(DEMO_SLUG)
        viewer.wait_for_picture(within_s=45, transport="webrtc")
        viewer.probe("p => { p.everyKth = 3; }")
        viewer.look_on(10)
        for is_on in [False, True] * turns:
            with contextlib.nullcontext() if is_on else _standing_still(detector):
                viewer.look_on(SETTLE_S)
                viewer.forget()
                meter, began = CpuMeter(detector), time.monotonic()
                viewer.look_on(turn_s)
                late[is_on] += viewer.latencies_ms()
                if is_on:
                    shares.append(100 * meter.seconds() / (time.monotonic() - began))
        memory = resident_bytes(detector) / 1e6
    without, with_it = (percentile(late[is_on], 0.95) for is_on in (False, True))
    on.table.add(
        "live latency p95 with the detector on, against off",
        f"unchanged, +-{UNCHANGED_MS:g} ms",
        f"{with_it - without:+.1f} ms: {with_it:.1f} against {without:.1f} ms"
        f" (n={len(late[True])}, {len(late[False])})",
        abs(with_it - without) <= UNCHANGED_MS,
    )
    on.table.add(
        f"detector process, one 720p camera, {FPS} pictures a second",
        "reported",
        f"{percentile(shares, 0.5):.0f} % of a core, {memory:.0f} MB",
        bool(shares),
    )


@contextmanager
def _standing_still(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _portal(on: Stage, **settings: str) -> Portal:
    return Portal(checkout=on.checkout, command=MAKE_RUN, environment=settings, ready_within_s=300)


def _zone_where_it_is(hour: int) -> str:
    """A time zone in which it is about that hour now."""
    ahead = (hour - datetime.now(UTC).hour + 12) % 24 - 12
    # These names count the other way around.
    return f"Etc/GMT{-ahead:+d}"


async def _scored(ring: Path, seconds: float) -> Score:
    """What the detector makes of the ring's pictures, as its process does it."""
    scene, score = Scene(), Score()

    async def on_glimpse(config: CameraConfig, glimpse: Glimpse) -> None:
        score.add(glimpse.frame, scene.state(unix_s(glimpse.frame.t_90k)))

    config = CameraConfig(1, DEMO_SLUG, DEMO_SLUG, "demo", "", "tcp", False, ring, 0, ring)
    with ThreadPoolExecutor(1) as worker:
        watch = CameraWatch(
            config, Eyes(load_detector("")), fps=FPS, worker=worker, on_glimpse=on_glimpse
        )
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await watch.run()
    return score
