"""One camera as the recorder process follows it: from its ring to the thread that writes."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor

from recordings.camera_writer import CameraWriter
from recordings.rolling import RollingBuffer
from recordings.troubles import TOO_SLOW
from recordings.unit_queue import MOST_BYTES, UnitQueue
from recordings.wanted import NOTHING, Rule, Wanted
from streaming.media.access_unit import AccessUnit
from streaming.media.backoff import Backoff
from streaming.media.clock import VIDEO_CLOCK_RATE
from streaming.media.config import CameraConfig
from streaming.media.feed import CameraFeed
from streaming.media.problems import Problem
from streaming.media.ring_file import RingStatus

log = logging.getLogger(__name__)

# The ring holds seconds; being woken for each picture would cost as much as writing it. Each look
# makes a fragment.
_LOOK_EVERY_S = 0.5
# A visit is known some seconds after it began, and whether it goes on some seconds after a pause.
_KNOWN_WITHIN_S = 40
_MOST_KEPT_BYTES = 64 * 1024 * 1024
# A segment waits so long for more of the same visit before it is closed.
_LINGERS_90K = 5 * VIDEO_CLOCK_RATE
_SLOW_FOR_S = 30.0
_LOG_DROPS_EVERY_S = 60.0

_TEXTS = {
    "recording": "Recording",
    "waiting": "Waits for a visit",
    "starting": "No pictures come",
}

MakeWriter = Callable[[CameraConfig, UnitQueue], CameraWriter]


class CameraRecorder:
    """Records what is wanted of one camera. On the event loop, which never waits for the disk.

    `make_writer` is called in a thread each time that the recorder starts, and may block. So much
    waits for a slow disk: `most_waiting_bytes`.
    """

    def __init__(
        self,
        config: CameraConfig,
        rule: Rule,
        *,
        make_writer: MakeWriter,
        most_waiting_bytes: int = MOST_BYTES,
    ) -> None:
        self.config = config
        self._make_writer, self._most_waiting_bytes = make_writer, most_waiting_bytes
        self._rule, self._wanted = rule, NOTHING
        self._feed: CameraFeed | None = None
        # The media time of the newest picture that came; 0 for none yet.
        self.newest_90k = 0
        self._start_anew()
        self._writer: CameraWriter | None = None
        self._slow_until_s = self._logged_at_s = 0.0

    @property
    def rule(self) -> Rule:
        """What the camera's owner wants."""
        return self._rule

    @rule.setter
    def rule(self, rule: Rule) -> None:
        self._rule = rule
        self._buffer.keep_90k = keeps_90k(rule)

    def want(self, wanted: Wanted) -> None:
        """Record this from now on, as far back as it is still there."""
        self._wanted = wanted
        self._give()

    @property
    def trouble(self) -> Problem | None:
        """What keeps some or all from being recorded now."""
        if self._writer is not None and self._writer.trouble is not None:
            return self._writer.trouble
        return TOO_SLOW if time.monotonic() < self._slow_until_s else None

    @property
    def written_bytes(self) -> int:
        """How much was written since the recorder started."""
        return self._writer.written_bytes if self._writer else 0

    def health(self) -> dict[str, object]:
        """For people: what is recorded since the recorder started, and what is not."""
        writer, queue, trouble = self._writer, self._queue, self.trouble
        is_writing = writer is not None and writer.is_writing
        waits = "waiting" if self._rule.mode == "visits" else "starting"
        state = "failing" if trouble else "recording" if is_writing else waits
        return {
            "state": state,
            "text": trouble.text if trouble else _TEXTS[state],
            "segments": writer.segments if writer else 0,
            "bytes": self.written_bytes,
            "left_out": queue.dropped_units + (writer.left_out if writer else 0),
            "waiting_bytes": queue.bytes,
            "kept_bytes": self._buffer.bytes,
            "shortened": self._buffer.shortened,
        }

    async def run(self) -> None:
        """Until cancelled, come what may; what was taken by then is written."""
        backoff = Backoff(longest_s=10)
        while True:
            began_s = time.monotonic()
            try:
                await self._run_once()
            except Exception:
                # The other cameras go on, and this one again.
                log.exception("%s: recording failed", self.config.slug)
            await asyncio.sleep(backoff.delay_s(time.monotonic() - began_s))

    async def _run_once(self) -> None:
        self._start_anew()
        thread = ThreadPoolExecutor(1, f"record {self.config.slug}")
        try:
            await self._follow_and_write(thread)
        finally:
            thread.shutdown(wait=False)

    async def _follow_and_write(self, thread: Executor) -> None:
        loop = asyncio.get_running_loop()
        self._writer = await loop.run_in_executor(
            thread, self._make_writer, self.config, self._queue
        )
        writing = loop.run_in_executor(thread, self._writer.run)
        feed = CameraFeed(
            self.config.ring_path,
            on_unit=self._take,
            on_status=self._on_status,
            look_every_s=_LOOK_EVERY_S,
        )
        following = asyncio.create_task(feed.run())
        try:
            await asyncio.wait({following, writing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # It brings what has come since it looked last.
            following.cancel()
            await asyncio.wait({following})
            self._give()
            self._queue.close()
            await asyncio.wait({writing})
        # One of them has failed.
        writing.result()
        following.result()

    def _start_anew(self) -> None:
        self._buffer = RollingBuffer(keep_90k=keeps_90k(self._rule), most_bytes=_MOST_KEPT_BYTES)
        self._queue = UnitQueue(most_bytes=self._most_waiting_bytes)
        self._status: RingStatus | None = None
        self.newest_90k = self._given_90k = self._dropped_gops = 0
        self._has_open = self._has_news = False

    def _take(self, unit: AccessUnit) -> None:
        self._buffer.add(unit)
        self.newest_90k = unit.pts_90k
        if not self._has_news:
            # After all that this look at the ring has found.
            self._has_news = True
            asyncio.get_running_loop().call_soon(self._give)

    def _give(self) -> None:
        self._has_news = False
        if pieces := self._buffer.take(self._wanted):
            self._queue.put(pieces)
            self._given_90k, self._has_open = pieces[-1].units[-1].pts_90k, True
        if self._has_open and self.newest_90k - self._given_90k > _LINGERS_90K:
            self._end_segment(self._buffer.next_90k)
        self._note_drops()

    def _end_segment(self, next_90k: int | None = None) -> None:
        if self._has_open:
            self._queue.end(next_90k)
            self._has_open = False

    def _on_status(self, status: RingStatus) -> None:
        """Nothing comes any more, or it comes from another writer: that is another segment."""
        self._give()
        before, self._status = self._status, status
        has_other_writer = before is not None and before.epoch != status.epoch
        if has_other_writer or status.state in ("missing", "unreadable", "stalled"):
            self._end_segment()
        if has_other_writer or status.state in ("missing", "unreadable"):
            self._buffer.lost()

    def _note_drops(self) -> None:
        dropped = self._queue.dropped_gops
        if dropped == self._dropped_gops:
            return
        self._dropped_gops = dropped
        now_s = time.monotonic()
        self._slow_until_s = now_s + _SLOW_FOR_S
        if now_s - self._logged_at_s > _LOG_DROPS_EVERY_S:
            self._logged_at_s = now_s
            log.warning(
                "%s: the disk is too slow; %d pictures left out so far",
                self.config.slug,
                self._queue.dropped_units,
            )


def keeps_90k(rule: Rule) -> int:
    """How far back may still be wanted."""
    seconds = rule.pre_s + _KNOWN_WITHIN_S if rule.mode == "visits" else 0
    return round(seconds * VIDEO_CLOCK_RATE)
