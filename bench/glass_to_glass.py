"""How long light takes from the camera to the screen, and where that time goes.

    python -m bench.glass_to_glass [--seconds 60] [--clients 2]

A real portal with its demo camera, one Chromium, and light clients (bench/peers/receiver) that
watch the same camera. The total is read from the strip in the pixels; the steps come from what
the ring's readers see, what Chromium says of each frame, and what encoding and the ring take
alone. Keeps its table for `python -m bench.table`.
"""

import argparse
import asyncio
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from playwright.sync_api import Page

from bench import programs
from bench.child import Child
from bench.first_frame import visitor
from bench.folder import folder
from bench.ring_handover import follow, producer
from streaming.media.access_unit import AccessUnit
from streaming.media.clock import VIDEO_CLOCK_RATE
from streaming.media.demo.camera import BITS_PER_S, FPS
from streaming.media.demo.room import HEIGHT_PX, WIDTH_PX
from streaming.media.demo.scene import Scene
from streaming.media.encoder import EncoderConfig, LiveEncoder
from streaming.media.follow import RingFollower
from streaming.media.strip import StripStamp
from tests.e2e.browser import Browser, Person, Viewer, percentile
from tests.e2e.cameras import ring_of
from tests.e2e.pages import DEMO_SLUG
from tests.e2e.portal import Portal

SAMPLE_S = 5.0
ENCODED = 90

OPEN_SESSION = """
([url, session, sdp]) => new Promise((resolve, reject) => {
  const socket = new WebSocket(url);
  (window.petcamClients ??= []).push(socket);
  socket.onclose = () => reject(new Error("closed"));
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === "hello") {
      socket.send(JSON.stringify({ type: "session.open", session, sdp }));
    }
    if (message.type === "session.answer") resolve(message);
    if (message.type === "session.ended") reject(new Error(message.text));
  };
})
"""


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the way, milliseconds."""

    name: str
    p50: float
    p95: float
    how: str


@dataclass(frozen=True, slots=True)
class Glass:
    """What was measured: total latencies from the strip (ms), the steps, and trouble."""

    latencies: list[float]
    steps: list[Step]
    freezes: int
    longest_gap_ms: float
    unreadable: int
    clients_frames: list[int]


@contextlib.contextmanager
def light_clients(person: Person, slug: str, count: int) -> Iterator[Child | None]:
    """Watchers that decode nothing; their sessions are opened by a page of `person`."""
    if not count:
        yield None
        return
    page = person.context.new_page()
    page.goto(person.portal.url)
    with Child([programs.receiver()]) as receiver:
        open_sessions(page, person.portal, slug, receiver, count)
        yield receiver
    page.close()


def open_sessions(page: Page, portal: Portal, slug: str, receiver: Child, count: int) -> list[int]:
    """So many viewers more for the receiver; the streamers that they got, in their order."""
    address = portal.url.replace("http", "ws", 1) + f"ws/cameras/{slug}/live/"
    receiver.send(offer=count)
    offers = [receiver.message() for _ in range(count)]
    streamers = []
    for offer in offers:
        session = f"{time.time_ns():032x}"
        answer = page.evaluate(OPEN_SESSION, [address, session, offer["sdp"]])
        receiver.send(viewer=offer["viewer"], sdp=answer["sdp"])
        streamers.append(int(answer["streamer"]))
    return streamers


def measure(portal: Portal, browser: Browser, seconds: float, clients: int) -> Glass:
    """Watch the demo camera so long; about 15 s more for the parts that are measured alone."""
    ring = ring_of(portal, DEMO_SLUG)
    person = visitor(browser, portal)
    with (
        ThreadPoolExecutor(1) as threads,
        light_clients(person, DEMO_SLUG, clients) as receiver,
    ):
        viewer = person.watch(DEMO_SLUG)
        viewer.wait_for_picture(within_s=30, transport="webrtc")
        viewer.probe("p => { p.everyKth = 3; }")
        viewer.look_on(5)
        viewer.forget()
        viewer.page.evaluate("petcamWatching.frames.length = 0")
        if receiver:
            receiver.send(reset=True)
            receiver.message()
        before, began = stats(viewer), time.time()
        # In a thread: the browser's driver has an event loop running in this one.
        following = threads.submit(asyncio.run, ages_ms(ring, seconds))
        viewer.look_on(seconds)
        after = stats(viewer)
        frames = viewer.page.evaluate("petcamWatching.frames")
        seen = []
        if receiver:
            receiver.send(report=True)
            seen = receiver.message()["viewers"]
        latencies, unreadable = viewer.latencies_ms(), viewer.probe("p => p.unreadable")
        gap_ms = viewer.longest_gap_s(began) * 1000
        steps = on_the_way(latencies, following.result(SAMPLE_S), frames, before, after)
        alone = [encoding(), threads.submit(handed_over).result(10 * SAMPLE_S)]
    return Glass(
        latencies=latencies,
        steps=[capture(following.result(), alone), *alone, *steps],
        freezes=int(after["freezes"] - before["freezes"]),
        longest_gap_ms=gap_ms,
        unreadable=int(unreadable),
        clients_frames=[one["frames"] for one in seen],
    )


def stats(viewer: Viewer) -> dict[str, float]:
    """Chromium's counters of the video."""
    found: dict[str, float] = viewer.page.evaluate(
        """async () => {
          const connected = petcamProbe.peers.filter((p) => p.connectionState === "connected");
          for (const peer of connected.reverse()) {
            for (const one of (await peer.getStats()).values()) {
              if (one.type !== "inbound-rtp" || !one.framesDecoded) continue;
              return {
                decoded: one.framesDecoded, decoding: one.totalDecodeTime,
                emitted: one.jitterBufferEmittedCount, buffered: one.jitterBufferDelay,
                freezes: one.freezeCount ?? 0,
              };
            }
          }
        }"""
    )
    return found


def capture(followed: list[float], alone: list[Step]) -> Step:
    """What is left of the way into the ring: drawing, and waiting for a core."""
    rest = statistics.median(followed) - sum(one.p50 for one in alone)
    return Step("capture", rest, float("nan"), "capture to read in the portal, less the next two")


def on_the_way(
    latencies: list[float],
    followed: list[float],
    frames: list[dict[str, Any]],
    before: dict[str, float],
    after: dict[str, float],
) -> list[Step]:
    """From the ring to the screen. Chromium tells when a frame had come, and when it was given
    to the compositor; the strip tells its age when the page could see it."""
    usable = [one for one in frames if one["received"] and one["presented"]]
    inside = [one["presented"] - one["received"] for one in usable]
    compose = [one["at"] - one["presented"] for one in usable]
    decode = (
        1000 * (after["decoding"] - before["decoding"]) / (after["decoded"] - before["decoded"])
    )
    in_page = statistics.median(inside) + statistics.median(compose)
    sending = statistics.median(latencies) - statistics.median(followed) - in_page
    buffered = [max(0.0, ms - decode) for ms in inside]
    return [
        Step("send and network", sending, float("nan"), "the total less all other steps"),
        step("buffer", buffered, "Chromium: received to presented, less decoding"),
        Step("decode", decode, float("nan"), "Chromium's mean"),
        step("compose", compose, "Chromium: presented to the page's frame callback"),
    ]


def encoding() -> Step:
    """The demo camera's pictures, drawn and encoded in this process."""
    scene, spent = Scene(), []
    encoder = LiveEncoder(EncoderConfig(WIDTH_PX, HEIGHT_PX, FPS, BITS_PER_S))
    picture = VideoFrame(WIDTH_PX, HEIGHT_PX, "yuv420p")
    planes = tuple(
        np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, -1)[:, : plane.width]
        for plane in picture.planes
    )
    for number in range(ENCODED):
        scene.draw(planes, StripStamp(number, number, 0), number / FPS)
        began = time.perf_counter()
        encoder.encode(picture, number * VIDEO_CLOCK_RATE // FPS)
        spent.append((time.perf_counter() - began) * 1000)
    return step("encode", spent, "the same pictures, encoded alone")


def handed_over() -> Step:
    """From just before a write to a follower's callback, between two processes."""
    options = argparse.Namespace(producer="python", seconds=SAMPLE_S + 2, fps=FPS, kbit=2000)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        path = Path(name) / "bench.ring"
        with producer(options, path, path.with_suffix(".h264")):
            latencies, _ = asyncio.run(follow(path, SAMPLE_S))
    return step("ring", latencies, "bench.ring_handover")


async def ages_ms(ring: Path, seconds: float) -> list[float]:
    """How old the camera's access units are when a follower hands them out."""
    ages: list[float] = []

    def take(unit: AccessUnit) -> None:
        ages.append((time.monotonic_ns() - unit.capture_ns) / 1e6)

    follower = RingFollower(ring, on_unit=take, on_status=lambda status: None)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await follower.run()
    return ages


def step(name: str, values: list[float], how: str) -> Step:
    """A step of which every frame was measured."""
    return Step(name, percentile(values, 0.5), percentile(values, 0.95), how)


def table(glass: Glass) -> str:
    """A Markdown table of the steps, the total last."""
    rows = ["| step | p50 ms | p95 ms | how |", "| --- | --- | --- | --- |"]
    for one in glass.steps:
        p95 = "-" if one.p95 != one.p95 else f"{one.p95:.1f}"
        rows.append(f"| {one.name} | {one.p50:.1f} | {p95} | {one.how} |")
    p50, p95, p99 = (percentile(glass.latencies, share) for share in (0.5, 0.95, 0.99))
    rows.append(
        f"| **total** | **{p50:.0f}** | **{p95:.0f}** | strip in the pixels, p99 {p99:.0f}, "
        f"{len(glass.latencies)} frames, {glass.freezes} freezes |"
    )
    return "\n".join(rows)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="bench.glass_to_glass", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=2)
    options = parser.parse_args()
    with Portal() as portal, Browser() as browser:
        text = table(measure(portal, browser, options.seconds, options.clients))
    (folder() / "glass_to_glass.md").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
