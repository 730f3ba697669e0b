"""Cameras that send a clip in real time: into frame rings, as a camera does, and into pipes."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from bench import clips
from bench.clips import CLIPS
from streaming.media.access_unit import AccessUnit
from streaming.media.annexb import is_keyframe
from streaming.media.clock import VIDEO_CLOCK_RATE, media_time_90k
from streaming.media.ring import RingWriter
from tests.e2e.cameras import add_camera, change_camera
from tests.e2e.fuzzing import SHARED_MEMORY, ring_name
from tests.e2e.pages import DEMO_SLUG
from tests.e2e.portal import Portal
from tools.show.stage import MAKE_RUN, Stage

RING_BYTES = 16 << 20
# 1280x720, 30 pictures and one keyframe a second, about 2 Mbit/s.
CLIP = CLIPS["720"]


@dataclass(frozen=True, slots=True)
class Taken:
    """A picture that was handed on."""

    t_90k: int
    is_keyframe: bool


class Filming:
    """A thread that hands on the clip again and again until the block ends: each picture at its
    time, to every ring and every pipe (Annex B). `taken` are all of them."""

    def __init__(self, rings: list[Path], pipes: list[IO[bytes]] | None = None) -> None:
        self.taken: list[Taken] = []
        self.bytes = 0  # of one ring
        self._fps, units = clips.read(CLIP.path)
        self._next, self._clip = units, units
        self._rings, self._pipes = rings, pipes or []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._film, name="filming")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def show(self, units: list[bytes] | None = None) -> None:
        """These pictures from now on, or the clip again; [] is none."""
        self._next = self._clip if units is None else units

    def _film(self) -> None:
        ticks = VIDEO_CLOCK_RATE // self._fps
        with ExitStack() as exits:
            writers = [RingWriter(ring, payload_bytes=RING_BYTES) for ring in self._rings]
            for writer in writers:
                exits.callback(writer.close)
            began_ns = time.monotonic_ns()
            began_90k = media_time_90k(began_ns)
            number, first, units = 0, 0, self._next
            while True:
                due_ns = began_ns + number * 1_000_000_000 // self._fps
                if self._stop.wait(max(0, due_ns - time.monotonic_ns()) / 1e9):
                    return
                if units is not self._next:
                    first, units = number, self._next
                if units:
                    data = units[(number - first) % len(units)]
                    self._hand_on(writers, data, due_ns, began_90k + number * ticks)
                number += 1

    def _hand_on(self, writers: list[RingWriter], data: bytes, taken_ns: int, t_90k: int) -> None:
        taken = Taken(t_90k, is_keyframe(data))
        for writer in writers:
            writer.write(AccessUnit(data, taken_ns, t_90k, taken.is_keyframe, 0, 0))
        for pipe in self._pipes:
            pipe.write(data)
            pipe.flush()
        self.taken.append(taken)
        self.bytes += len(data)


@contextmanager
def filmed_portal(
    on: Stage, cameras: int, *, policy: str = "", pipes: list[IO[bytes]] | None = None
) -> Iterator[tuple[Portal, list[str], Filming]]:
    """A portal of its own with so many cameras that send the clip and are always recorded; nothing
    else films, and no detector runs. `policy`: more of each camera's, as keyword arguments."""
    with ExitStack() as exits:
        rings = [SHARED_MEMORY / ring_name(f"filmed-{number}") for number in range(cameras)]
        for ring in rings:
            exits.callback(ring.unlink, missing_ok=True)
            exits.callback(ring.with_name(f".{ring.name}.lock").unlink, missing_ok=True)
        filming = exits.enter_context(Filming(rings, pipes))
        portal = exits.enter_context(
            Portal(
                checkout=on.checkout,
                command=MAKE_RUN,
                environment={"PETCAM_DETECTOR": "off"},
                ready_within_s=300,
            )
        )
        change_camera(portal, DEMO_SLUG, is_enabled=False)
        slugs = [
            add_camera(
                portal,
                name=f"Filmed {number}",
                source_kind="shared_memory",
                source_address=ring.name,
            )
            for number, ring in enumerate(rings)
        ]
        record(portal, slugs, policy or "mode='always'")
        yield portal, slugs, filming


def record(portal: Portal, slugs: list[str], policy: str) -> None:
    """Let these cameras be recorded like this."""
    portal.django(
        f"""
        from recordings.models import Policy
        from recordings.services import save_policy
        from streaming.models import Camera
        for camera in Camera.objects.filter(slug__in={slugs!r}):
            Policy.objects.filter(camera=camera).delete()
            save_policy(Policy(camera=camera, {policy}))
        """
    )
