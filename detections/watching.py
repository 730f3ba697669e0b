"""One camera's pictures as the detector process follows them."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor

from detections.vision.eyes import Costs, Eyes, Glimpse
from detections.vision.recall import Recall
from streaming.media.access_unit import AccessUnit
from streaming.media.backoff import Backoff
from streaming.media.clock import VIDEO_CLOCK_RATE
from streaming.media.config import CameraConfig
from streaming.media.feed import CameraFeed
from streaming.media.ring_file import RingStatus

log = logging.getLogger(__name__)

# When the detector falls further behind, it goes on at the next keyframe.
MOST_PENDING = 300
# Cameras with fewer keyframes are decoded all the time: who comes in is noticed within that.
_SPARSE_90K = 2 * VIDEO_CLOCK_RATE
_LOG_SKIPS_EVERY_S = 60.0

OnGlimpse = Callable[[CameraConfig, Glimpse], Awaitable[None]]


class CameraWatch:
    """Follows one camera: keeps its newest pictures, and judges some of them if there are `eyes`.

    On the event loop; decoding and looking is done in `worker`, one job at a time. `on_glimpse`
    is awaited before the next picture is judged.
    """

    def __init__(
        self,
        config: CameraConfig,
        eyes: Eyes | None,
        *,
        fps: int,
        worker: Executor,
        on_glimpse: OnGlimpse,
    ) -> None:
        self.config = config
        self.recall = Recall()
        self.skipped = 0
        self._eyes, self._interval_s = eyes, 1 / fps
        self._worker, self._on_glimpse = worker, on_glimpse
        self._pending: list[AccessUnit] = []
        self._arrived = asyncio.Event()
        self._needs_keyframe = True
        self._keyframes_90k = (0, 0)
        self._is_missing = False
        self._skips_logged_s = 0.0
        self._spared_until_s = 0.0

    @property
    def costs(self) -> Costs:
        """What judging has cost so far."""
        return self._eyes.costs if self._eyes else Costs()

    @property
    def is_idle(self) -> bool:
        """Whether nobody is there, so that keyframes are enough."""
        return self._eyes is not None and self._eyes.is_idle and self._has_many_keyframes

    def spare(self, seconds: float) -> None:
        """Somebody else looks at these pictures: judge none for so long."""
        self._spared_until_s = time.monotonic() + seconds

    async def run(self) -> None:
        """Until cancelled, come what may."""
        backoff = Backoff()
        while True:
            began_s = time.monotonic()
            try:
                await self._run_once()
            except Exception:
                # A detector may be anybody's code; the other cameras go on, and this one again.
                log.exception("%s: detection failed", self.config.slug)
            await asyncio.sleep(backoff.delay_s(time.monotonic() - began_s))

    async def _run_once(self) -> None:
        self._start_anew()
        feed = CameraFeed(self.config.ring_path, on_unit=self._take, on_status=self._on_status)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(feed.run())
            if self._eyes is not None:
                tasks.create_task(self._judge(self._eyes))

    async def _judge(self, eyes: Eyes) -> None:
        loop = asyncio.get_running_loop()
        next_s = loop.time()
        while True:
            await self._arrived.wait()
            await asyncio.sleep(next_s - loop.time())
            if not self._pending:
                continue
            now_s = loop.time()
            next_s = max(next_s, now_s - self._interval_s) + self._interval_s
            job = loop.run_in_executor(self._worker, eyes.see, self._units_to_judge())
            try:
                glimpse = await asyncio.shield(job)
            except asyncio.CancelledError:
                # The decoder may be let go when the thread is done with it, not sooner.
                with contextlib.suppress(Exception):
                    await job
                raise
            if glimpse is not None:
                await self._on_glimpse(self.config, glimpse)

    def _units_to_judge(self) -> list[AccessUnit]:
        """All that is new; while nobody is there, only the newest keyframe."""
        if self.is_idle and self._pending[0].is_keyframe:
            # What follows stays, in case that somebody is to be seen there.
            units, self._pending = self._pending[:1], self._pending[1:]
            self._arrived.clear()
            return units
        units, self._pending = self._pending, []
        self._arrived.clear()
        return units

    @property
    def _has_many_keyframes(self) -> bool:
        before, last = self._keyframes_90k
        return 0 < last - before <= _SPARSE_90K

    def _take(self, unit: AccessUnit) -> None:
        self.recall.keep(unit)
        if self._eyes is None or time.monotonic() < self._spared_until_s:
            self._needs_keyframe = True
            return
        if self._needs_keyframe and not unit.is_keyframe:
            self.skipped += 1
            return
        self._needs_keyframe = False
        is_idle = self.is_idle
        if unit.is_keyframe:
            self._keyframes_90k = (self._keyframes_90k[1], unit.pts_90k)
            if is_idle:
                self._pending.clear()
        self._pending.append(unit)
        if not is_idle or unit.is_keyframe:
            self._arrived.set()
        if len(self._pending) > MOST_PENDING:
            self._skip()

    def _skip(self) -> None:
        self.skipped += len(self._pending)
        self._pending.clear()
        self._arrived.clear()
        self._needs_keyframe = True
        now_s = time.monotonic()
        if now_s - self._skips_logged_s > _LOG_SKIPS_EVERY_S:
            self._skips_logged_s = now_s
            log.warning(
                "%s: this machine has no time to look; %d pictures left out so far",
                self.config.slug,
                self.skipped,
            )

    def _on_status(self, status: RingStatus) -> None:
        if status.state == "missing" and not self._is_missing:
            self.recall.forget()
            self._needs_keyframe = True
        self._is_missing = status.state == "missing"

    def _start_anew(self) -> None:
        self._pending.clear()
        self._arrived.clear()
        self._needs_keyframe = True
        self.recall.forget()
