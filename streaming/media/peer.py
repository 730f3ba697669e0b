"""One connection's life: offer, answer, connected, first picture, end."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from streaming.media.access_unit import AccessUnit
from streaming.media.adapter import MediaConnection, MediaPacket, NoAddress
from streaming.media.ice import IceConfig, IceServer
from streaming.media.problems import (
    BAD_OFFER,
    CONNECTION_LOST,
    NO_PORT,
    PAGE_LEFT,
    SENDER_SILENT,
    UDP_BLOCKED,
    Problem,
)
from streaming.media.sdp import Offer, is_usable_candidate

log = logging.getLogger(__name__)

# A viewer that is this far behind drops to the next keyframe.
MAX_QUEUED_BYTES = 8 * 1024 * 1024
MAX_QUEUED_UNITS = 1200
MAX_BACKLOG_BYTES = 1024 * 1024
KEYFRAME_INTERVAL_S = 1.0
CLOSING_S = 3.0


@dataclass(frozen=True, slots=True)
class PeerConfig:
    """`connect_s`: connected by then, or given up. `silence_s`: connected and the camera live,
    yet nothing sent for so long ends the connection."""

    ice: IceConfig
    connect_s: float = 10.0
    silence_s: float = 3.0
    watch_every_s: float = 0.5


class Source(Protocol):
    """Where a peer's access units come from: hub.CameraSource."""

    @property
    def is_live(self) -> bool: ...

    def units_since_keyframe(self) -> Sequence[AccessUnit]: ...

    def join(self, queue: "PacketQueue") -> None: ...

    def leave(self, queue: "PacketQueue") -> None: ...


class PacketQueue:
    """What one viewer has yet to be sent, bounded; `dropped` counts what it never will be."""

    def __init__(self) -> None:
        self._packets: deque[MediaPacket] = deque()
        self._bytes = 0
        self._newest_pts: int | None = None
        self._needs_keyframe = True
        self._arrived = asyncio.Event()
        self.dropped = 0

    def restart(self, units: Iterable[AccessUnit]) -> None:
        """Goes back to the newest keyframe and what followed; what is queued is in there."""
        packets = [MediaPacket(unit) for unit in units]
        if not packets:
            return
        self.clear()
        self._newest_pts = None
        for packet in packets:
            self.put(packet)

    def put(self, packet: MediaPacket) -> None:
        """Takes the next access unit, in order; one that `restart` had already is ignored."""
        if self._newest_pts is not None and packet.pts_90k <= self._newest_pts:
            return
        if len(self._packets) >= MAX_QUEUED_UNITS or self._bytes >= MAX_QUEUED_BYTES:
            self.skip_to_keyframe()
        if self._needs_keyframe and not packet.is_keyframe:
            self.dropped += 1
            return
        self._needs_keyframe = False
        self._newest_pts = packet.pts_90k
        self._packets.append(packet)
        self._bytes += packet.size
        self._arrived.set()

    def skip_to_keyframe(self) -> None:
        """Drops what is queued and all that cannot be decoded without it."""
        self.dropped += len(self._packets)
        self.clear()

    def clear(self) -> None:
        self._packets.clear()
        self._bytes = 0
        self._needs_keyframe = True
        self._arrived.clear()

    @property
    def holds_keyframe(self) -> bool:
        return any(packet.is_keyframe for packet in self._packets)

    async def get(self) -> MediaPacket:
        while not self._packets:
            self._arrived.clear()
            await self._arrived.wait()
        packet = self._packets.popleft()
        self._bytes -= packet.size
        return packet


class _Track(MediaStreamTrack):
    kind = "video"

    def __init__(self, next_packet: Callable[[], Awaitable[MediaPacket]]) -> None:
        super().__init__()
        self._next_packet = next_packet

    async def recv(self) -> MediaPacket:  # type: ignore[override]  # the adapter's own encoder takes it
        return await self._next_packet()


class Peer:
    """One viewer's connection. Lives as long as `run`, on the event loop's thread.

    `why_not` is asked once, right before the first RTP packet: a problem ends the connection.
    `on_clock` is told the RTP offset (MediaConnection.rtp_offset) after the first picture.
    """

    def __init__(
        self,
        config: PeerConfig,
        source: Source,
        *,
        servers: Sequence[IceServer],
        why_not: Callable[[], Awaitable[Problem | None]],
        on_clock: Callable[[int], None],
    ) -> None:
        self._config = config
        self._source = source
        self._why_not = why_not
        self._on_clock = on_clock
        self._queue = PacketQueue()
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[Problem] = self._loop.create_future()
        self._started_at_s = self._sent_at_s = self._loop.time()
        self._resent_at_s = float("-inf")
        self._sent_bytes = 0
        self._sent_pts: int | None = None
        self._may_start = False
        self.is_connected = False
        self.rtp_offset: int | None = None
        self._track = _Track(self._next_packet)
        self._connection = MediaConnection(
            self._track,
            ice=config.ice,
            servers=servers,
            on_state=self._state_changed,
            on_keyframe_wanted=self._resend,
        )

    @property
    def dropped(self) -> int:
        """Access units that this viewer was too slow for."""
        return self._queue.dropped

    async def run(self, offer: Offer, *, on_answer: Callable[[str], Awaitable[None]]) -> Problem:
        """From the offer to the end, of which it returns the reason. Everything is freed then."""
        try:
            answer = await self._answer(offer)
            if isinstance(answer, Problem):
                return answer
            if not self._ended.done():
                await on_answer(answer)
            return await self._until_ended()
        finally:
            self.end(PAGE_LEFT)
            await self._close()

    def end(self, problem: Problem) -> None:
        """Sends nothing more and makes `run` return `problem`, unless it has ended already."""
        if not self._ended.done():
            self._ended.set_result(problem)
            self._source.leave(self._queue)
            self._queue.clear()

    async def add_candidate(self, line: str, mid: str) -> None:
        """A further ICE candidate of the browser; names (mDNS) and nonsense are ignored."""
        if not is_usable_candidate(line):
            return
        with contextlib.suppress(ValueError, AssertionError, IndexError):
            await self._connection.add_candidate(line, mid)

    async def _answer(self, offer: Offer) -> str | Problem:
        try:
            return await self._connection.answer(offer)
        except NoAddress:
            return NO_PORT
        except Exception:
            # aiortc raises anything, and one viewer must not harm the others.
            log.exception("an offer could not be answered")
            return BAD_OFFER

    async def _until_ended(self) -> Problem:
        while not self._ended.done():
            await asyncio.wait([self._ended], timeout=self._config.watch_every_s)
            trouble = self._trouble(self._loop.time())
            if trouble is not None:
                self.end(trouble)
        return self._ended.result()

    def _trouble(self, now_s: float) -> Problem | None:
        """Neither aioice nor aiortc ever gives up by itself, nor notices a dead sender."""
        if not self.is_connected:
            return UDP_BLOCKED if now_s - self._started_at_s > self._config.connect_s else None
        if self._connection.bytes_sent != self._sent_bytes or not self._source.is_live:
            self._sent_bytes = self._connection.bytes_sent
            self._sent_at_s = now_s
        return SENDER_SILENT if now_s - self._sent_at_s > self._config.silence_s else None

    def _state_changed(self, state: str) -> None:
        if state == "connected":
            self.is_connected = True
            self._sent_at_s = self._loop.time()
        elif state == "failed":
            self.end(CONNECTION_LOST)
        elif state == "closed":
            self.end(PAGE_LEFT)

    async def _next_packet(self) -> MediaPacket:
        """For aiortc's sender, which asks again when the packet before has been sent."""
        if not self._may_start:
            await self._start()
        elif self.rtp_offset is None and self._sent_pts is not None:
            self.rtp_offset = self._connection.rtp_offset(self._sent_pts)
            self._on_clock(self.rtp_offset)
        if self._connection.backlog_bytes > MAX_BACKLOG_BYTES:
            self._queue.skip_to_keyframe()
        packet = await self._queue.get()
        self._sent_pts = packet.pts_90k
        return packet

    async def _start(self) -> None:
        problem = await self._why_not()
        if problem is not None:
            self.end(problem)
        if self._ended.done():
            raise MediaStreamError
        self._may_start = True
        self._queue.restart(self._source.units_since_keyframe())
        self._source.join(self._queue)

    def _resend(self) -> None:
        """The browser lost the picture (PLI): begin again at the newest keyframe.

        The camera cannot be asked for one, so it comes out of the ring.
        """
        now_s = self._loop.time()
        if now_s - self._resent_at_s < KEYFRAME_INTERVAL_S or self._ended.done():
            return
        if self._may_start and not self._queue.holds_keyframe:
            self._resent_at_s = now_s
            self._queue.restart(self._source.units_since_keyframe())

    async def _close(self) -> None:
        self._track.stop()
        try:
            async with asyncio.timeout(CLOSING_S):
                await self._connection.close()
        except TimeoutError:
            log.warning("a connection did not close within %g s", CLOSING_S)
