"""The servers that the viewer benchmark compares, and how each is started and watched."""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import clips, programs
from bench.child import Child
from bench.clips import Clip
from bench.figures import Run
from tests.e2e.processes import CpuMeter, resident_bytes

CONNECTED_WITHIN_S = 40.0
LIMIT_PAYLOAD, LIMIT_WHOLE = 1180, 1182  # what limit.c cuts NAL units into


@dataclass(frozen=True, slots=True)
class Window:
    """How long to wait before and during a measurement."""

    warm_up_s: float = 2.5
    seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Variant:
    """A server. `most_viewers` bounds what cannot serve many."""

    name: str
    text: str
    run: Callable[["Variant", Clip, int, Window], Run]
    words: tuple[str, ...] = ()
    most_viewers: int = 1000
    is_exact: bool = True


def with_receiver(variant: Variant, clip: Clip, viewers: int, window: Window) -> Run:
    """A WebRTC server, and a receiver of as many viewers."""
    compared = ["-clip", clip.path]
    with (
        server(variant.name, clip, variant.words) as serving,
        Child([programs.receiver(), *compared]) as receiver,
    ):
        connect(serving, receiver, viewers)
        time.sleep(window.warm_up_s)
        receiver.send(reset=True)
        receiver.message()
        began = time.monotonic()

        def count() -> dict[str, float]:
            counted = _counted(receiver)
            if not variant.is_exact:
                # Its RTP timestamps say nothing of the frames that it did not get to.
                counted["expected"] = int((time.monotonic() - began) * clip.fps) * viewers
            return counted

        return _measured(variant, clip, viewers, window, serving.pid, count)


@contextmanager
def server(name: str, clip: Clip, words: tuple[str, ...] = ()) -> Iterator[Child]:
    """The WebRTC server of that variant, serving the clip."""
    with ExitStack() as exits:
        if name.startswith("pion"):
            command: list[object] = [programs.pion(), "-clip", clip.path, *words]
        elif name == "petcam":
            folder = Path(exits.enter_context(tempfile.TemporaryDirectory(dir="/dev/shm")))
            ring = folder / "bench.ring"
            writer = [sys.executable, "-m", "bench.servers.writer", clip.path, ring]
            exits.enter_context(Child(writer)).line()
            command = [sys.executable, "-m", "bench.servers.petcam", ring]
        else:
            command = [sys.executable, "-m", "bench.servers.stock", clip.path, *words]
        yield exits.enter_context(Child(command))


def connect(server: Child, receiver: Child, viewers: int, *, already: int = 0) -> None:
    """Negotiate for more viewers; returns when each of them is connected and gets frames.

    `already` is how many the receiver has had.
    """
    deadline = time.monotonic() + CONNECTED_WITHIN_S
    receiver.send(offer=viewers)
    for _ in range(viewers):
        server.send(**receiver.message())
    for _ in range(viewers):
        receiver.send(**server.message())
    while True:
        receiver.send(report=True)
        seen = receiver.message()["viewers"][already:]
        ready = sum(one["connected"] and one["frames"] > 0 for one in seen)
        if ready == viewers:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"{ready} of {viewers} viewers within {CONNECTED_WITHIN_S:g} s")
        time.sleep(0.1)


def _counted(receiver: Child) -> dict[str, float]:
    receiver.send(report=True)
    seen = receiver.message()["viewers"]
    names = ("frames", "expected", "exact", "lost", "packets")
    counted: dict[str, float] = {name: sum(one[name] for one in seen) for name in names}
    counted["longest_gap_ms"] = max(one["longest_gap_ms"] for one in seen)
    return counted


def _measured(
    variant: Variant,
    clip: Clip,
    viewers: int,
    window: Window,
    pid: int,
    count: Callable[[], dict[str, float]],
) -> Run:
    meter, machine, began = CpuMeter(pid), _machine_s(), time.monotonic()
    time.sleep(window.seconds)
    cpu_s, seconds = meter.seconds(), time.monotonic() - began
    counted = count()
    other = (_machine_s() - machine - cpu_s) / seconds
    return Run(
        variant=variant.name,
        clip=clip.name,
        viewers=viewers,
        seconds=seconds,
        cpu_s=cpu_s,
        frames=int(counted["frames"]),
        expected=int(counted["expected"]),
        due=int(seconds * clip.fps * viewers),
        exact=int(counted["exact"]) if variant.is_exact else None,
        lost=int(counted["lost"]),
        packets=int(counted["packets"]),
        longest_gap_ms=counted["longest_gap_ms"],
        resident_bytes=resident_bytes(pid),
        other_cores=other,
    )


def _machine_s() -> float:
    """CPU-seconds of the whole machine so far, without idling and waiting for disks."""
    words = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
    user, nice, system, _idle, _wait, interrupt, soft = (int(word) for word in words[:7])
    return (user + nice + system + interrupt + soft) / 100


def limit(variant: Variant, clip: Clip, viewers: int, window: Window) -> Run:
    """The C program: nothing but packets."""
    program = programs.limit()
    per_clip = _packets(clip)
    with Child([program, "drain", viewers]) as drain:
        ports = drain.line().split()
        with Child([program, "send", clip.path, *variant.words, *ports]) as sender:
            sender.line()
            time.sleep(window.warm_up_s)

            def received() -> int:
                drain.send()
                return int(drain.line().split()[0])

            before = received()
            began = time.monotonic()

            def count() -> dict[str, float]:
                packets = received() - before
                due = per_clip * viewers * (time.monotonic() - began) / clips.SECONDS
                # Packets, not frames; what is due at the edges of the window is not exact.
                share = min(1.0, packets / due + 0.02)
                frames = int((time.monotonic() - began) * clip.fps) * viewers
                whole = int(share * frames)
                return {
                    "frames": whole, "expected": frames, "exact": 0, "lost": frames - whole,
                    "packets": packets, "longest_gap_ms": 0,
                }  # fmt: skip

            return _measured(variant, clip, viewers, window, sender.pid, count)


def _packets(clip: Clip) -> int:
    _, units = clips.read(clip.path)
    sizes = [len(nal) for unit in units for nal in unit.split(b"\0\0\0\1") if nal]
    return sum(1 if size <= LIMIT_WHOLE else -(-(size - 1) // LIMIT_PAYLOAD) for size in sizes)


VARIANTS = [
    Variant("petcam", "this checkout's send path, read from a ring", with_receiver),
    Variant("stock", "aiortc passing packets on", with_receiver, ("passthrough",)),
    Variant("pion", "pion, one shared track", with_receiver, ("-shape", "shared")),
    Variant("pion-readers", "pion as MediaMTX does it", with_receiver, ("-shape", "readers")),
    Variant("limit", "C: OpenSSL, segmented sends", limit, ("evp",), is_exact=False),
    Variant("limit-libsrtp", "C: libsrtp2, segmented sends", limit, ("srtp",), is_exact=False),
    Variant("transcode", "aiortc decoding and encoding", with_receiver, ("transcode",), 1, False),
]
