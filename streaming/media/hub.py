"""Every camera's pictures for all its viewers: one feed each, packetised once."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass

from streaming.media.access_unit import AccessUnit
from streaming.media.adapter.srtp import Scratch
from streaming.media.config import CameraConfig
from streaming.media.fanout import Fanout, Viewer
from streaming.media.feed import CameraFeed
from streaming.media.ring_file import RingStatus

log = logging.getLogger(__name__)

RESTART_S = 1.0
# How often a camera is asked for a keyframe, and how old the newest one is then at least.
ASK_EVERY_S = 1.0
OLD_KEYFRAME_NS = 500_000_000


@dataclass(frozen=True, slots=True)
class Rates:
    """What came from a camera between two readings; `age_ms` is of its newest picture."""

    fps: float
    kbps: int
    age_ms: int | None


class CameraSource:
    """One camera's feed and who is sent what comes out of it (peer.Source). Event loop only.

    The feed runs without viewers too: whether the camera is live is told to everybody.
    """

    def __init__(
        self,
        config: CameraConfig,
        *,
        on_news: Callable[[], None],
        on_keyframe_wanted: Callable[[int], None] = lambda camera_id: None,
    ) -> None:
        self.config = config
        self.sensor = 0
        self._on_news, self._on_keyframe_wanted = on_news, on_keyframe_wanted
        self._keyframe_ns, self._asked_s = 0, float("-inf")
        self.scratch = Scratch()
        self._fanout = Fanout(self.units_since_keyframe)
        self._newest_ns = 0
        self._read = (time.monotonic(), 0, 0)
        self._feed = self._new_feed()

    @property
    def status(self) -> RingStatus:
        return self._feed.status

    @property
    def is_live(self) -> bool:
        return self._feed.status.state == "live"

    def units_since_keyframe(self) -> list[AccessUnit]:
        return self._feed.units_since_keyframe()

    def join(self, viewer: Viewer) -> None:
        self._fanout.join(viewer)

    def leave(self, viewer: Viewer) -> None:
        self._fanout.leave(viewer)

    def restart(self, viewer: Viewer) -> None:
        """From the ring at once; who makes the pictures is asked for a newer keyframe as well."""
        self._fanout.restart(viewer)
        now_ns = time.monotonic_ns()
        is_old = now_ns - self._keyframe_ns > OLD_KEYFRAME_NS
        if is_old and now_ns / 1e9 - self._asked_s >= ASK_EVERY_S:
            self._asked_s = now_ns / 1e9
            self._on_keyframe_wanted(self.config.camera_id)

    def rates(self) -> Rates:
        """Since the last call."""
        now_s, counters = time.monotonic(), self._feed.counters
        then_s, units, size = self._read
        self._read = (now_s, counters.units, counters.bytes)
        passed_s = max(now_s - then_s, 0.001)
        age_ms = (time.monotonic_ns() - self._newest_ns) // 1_000_000 if self._newest_ns else None
        return Rates(
            fps=round(max(counters.units - units, 0) / passed_s, 1),
            kbps=round(max(counters.bytes - size, 0) * 8 / 1000 / passed_s),
            age_ms=age_ms,
        )

    async def run(self) -> None:
        """Follow the ring until cancelled, come what may."""
        while True:
            try:
                await self._feed.run()
            except Exception:
                # Whatever it is, the other cameras go on, and this one tries again.
                log.exception("%s: following the ring failed", self.config.slug)
            await asyncio.sleep(RESTART_S)
            self._feed = self._new_feed()
            self._read = (time.monotonic(), 0, 0)

    def _new_feed(self) -> CameraFeed:
        return CameraFeed(
            self.config.ring_path, on_unit=self._take, on_status=lambda status: self._on_news()
        )

    def _take(self, unit: AccessUnit) -> None:
        self._newest_ns = unit.capture_ns
        if unit.is_keyframe:
            self._keyframe_ns = unit.capture_ns
        if unit.sensor != self.sensor:
            self.sensor = unit.sensor
            self._on_news()
        self._fanout.publish(unit)


class Hub:
    """The sources of all enabled cameras, each in a task owned here while it is followed.

    All are followed all the time, or with `only_watched` from `follow` until `rest`.
    """

    def __init__(
        self,
        *,
        on_news: Callable[[], None],
        on_keyframe_wanted: Callable[[int], None] = lambda camera_id: None,
        only_watched: bool = False,
    ) -> None:
        self._on_news, self._on_keyframe_wanted = on_news, on_keyframe_wanted
        self._only_watched = only_watched
        self._tasks: dict[CameraSource, asyncio.Task[None]] = {}
        self.sources: dict[int, CameraSource] = {}

    async def set_cameras(self, configs: Iterable[CameraConfig]) -> list[CameraSource]:
        """Starts and stops what the new list asks for; returns the sources that are gone.

        A camera whose ring lies elsewhere now is a new source.
        """
        wanted = {config.camera_id: config for config in configs}
        gone = []
        for camera_id, source in list(self.sources.items()):
            config = wanted.get(camera_id)
            if config is None or config.ring_path != source.config.ring_path:
                gone.append(self.sources.pop(camera_id))
            else:
                source.config = config
        for camera_id, config in wanted.items():
            if camera_id not in self.sources:
                self.sources[camera_id] = self._source(config)
                if not self._only_watched:
                    self.follow(camera_id)
        await self._stop(gone)
        return gone

    def follow(self, camera_id: int) -> None:
        """The camera's pictures are wanted; nothing happens if they are or there is no camera."""
        source = self.sources.get(camera_id)
        if source is not None and source not in self._tasks:
            self._tasks[source] = asyncio.create_task(source.run(), name=source.config.slug)

    async def rest(self, watched: Set[int]) -> None:
        """Follows only these cameras from now on; a source that rests is made anew."""
        resting = [
            source
            for camera_id, source in self.sources.items()
            if camera_id not in watched and source in self._tasks
        ]
        for source in resting:
            self.sources[source.config.camera_id] = self._source(source.config)
        await self._stop(resting)

    async def close(self) -> None:
        await self.set_cameras([])

    def _source(self, config: CameraConfig) -> CameraSource:
        return CameraSource(
            config, on_news=self._on_news, on_keyframe_wanted=self._on_keyframe_wanted
        )

    async def _stop(self, sources: list[CameraSource]) -> None:
        tasks = [self._tasks.pop(source) for source in sources if source in self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
