"""What one viewer is sent when aiortc does the sending itself: the slower way, for versions of it
that adapter.contract does not know."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from aiortc import MediaStreamTrack

from streaming.media.adapter.connection import MediaConnection
from streaming.media.adapter.stock import StockOutlet
from streaming.media.packetise import PacketisedUnit

# A viewer that is this far behind drops to the next keyframe.
MAX_QUEUED_BYTES = 8 * 1024 * 1024
MAX_QUEUED_UNITS = 1200
MAX_BACKLOG_BYTES = 1024 * 1024


class PacketQueue:
    """What one viewer has yet to be sent, bounded; `dropped` counts what it never will be."""

    def __init__(self) -> None:
        self._units: deque[PacketisedUnit] = deque()
        self._bytes = 0
        self._newest_pts: int | None = None
        self._needs_keyframe = True
        self._arrived = asyncio.Event()
        self.dropped = 0

    def restart(self, units: Iterable[PacketisedUnit]) -> None:
        """Goes back to the newest keyframe and what followed; what is queued is in there."""
        self.clear()
        self._newest_pts = None
        for unit in units:
            self.put(unit)

    def put(self, unit: PacketisedUnit) -> None:
        """Takes the next access unit, in order; one that `restart` had already is ignored."""
        if self._newest_pts is not None and unit.pts_90k <= self._newest_pts:
            return
        if len(self._units) >= MAX_QUEUED_UNITS or self._bytes >= MAX_QUEUED_BYTES:
            self.skip_to_keyframe()
        if self._needs_keyframe and not unit.is_keyframe:
            self.dropped += 1
            return
        self._needs_keyframe = False
        self._newest_pts = unit.pts_90k
        self._units.append(unit)
        self._bytes += unit.size
        self._arrived.set()

    def skip_to_keyframe(self) -> None:
        """Drops what is queued and all that cannot be decoded without it."""
        self.dropped += len(self._units)
        self.clear()

    def clear(self) -> None:
        self._units.clear()
        self._bytes = 0
        self._needs_keyframe = True
        self._arrived.clear()

    @property
    def holds_keyframe(self) -> bool:
        return any(unit.is_keyframe for unit in self._units)

    async def get(self) -> PacketisedUnit:
        while not self._units:
            self._arrived.clear()
            await self._arrived.wait()
        unit = self._units.popleft()
        self._bytes -= unit.size
        return unit


class StockTrack(MediaStreamTrack):
    """For aiortc's sender, which asks for the next unit when the one before has been sent."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self.queue = PacketQueue()
        self.before_next: Callable[[], None] | None = None
        self.sent_pts: int | None = None

    async def recv(self) -> PacketisedUnit:  # type: ignore[override]  # our own encoder takes it
        if self.before_next is not None:
            self.before_next()
        unit = await self.queue.get()
        self.sent_pts = unit.pts_90k
        return unit


class StockViewer:
    """Sends a stream by aiortc's own sender (fanout.Viewer). Event loop only.

    `on_clock` is told the RTP offset after the first picture.
    """

    def __init__(
        self,
        connection: MediaConnection,
        track: StockTrack,
        *,
        on_ready: Callable[[], None],
        on_clock: Callable[[int], None],
        on_keyframe_wanted: Callable[[], None],
    ) -> None:
        self._track, self._queue = track, track.queue
        self._on_ready, self._on_clock = on_ready, on_clock
        self._on_keyframe_wanted = on_keyframe_wanted
        self._outlet = StockOutlet(connection, on_keyframe_wanted=self._wants_keyframe)
        self.rtp_offset: int | None = None
        track.before_next = self._before_next

    @property
    def bytes_sent(self) -> int:
        return self._outlet.bytes_sent

    @property
    def dropped(self) -> int:
        return self._queue.dropped

    def start(self) -> None:
        self._outlet.delay_nothing()

    def put(self, unit: PacketisedUnit) -> bool:
        self._queue.put(unit)
        return False

    def restart(self, units: Sequence[PacketisedUnit]) -> bool:
        if units:
            self._queue.restart(units)
        return False

    def advance(self) -> bool:
        return False

    def report(self) -> bool:
        return False

    def stop(self) -> None:
        self._queue.clear()
        self._track.stop()

    def _wants_keyframe(self) -> None:
        if not self._queue.holds_keyframe:
            self._on_keyframe_wanted()

    def _before_next(self) -> None:
        if self._track.sent_pts is None:
            self._on_ready()
        elif self.rtp_offset is None:
            self.rtp_offset = self._outlet.rtp_offset(self._track.sent_pts)
            self._on_clock(self.rtp_offset)
        if self._outlet.backlog_bytes > MAX_BACKLOG_BYTES:
            self._queue.skip_to_keyframe()
