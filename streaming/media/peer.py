"""One connection's life: offer, answer, connected, first picture, end."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from streaming.media.adapter.connection import MediaConnection, NoAddress
from streaming.media.adapter.outlet import Outlet
from streaming.media.adapter.srtp import Scratch
from streaming.media.fanout import Viewer
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
from streaming.media.stock import StockTrack, StockViewer
from streaming.media.viewer import PacedViewer

log = logging.getLogger(__name__)

KEYFRAME_INTERVAL_S = 1.0
CLOSING_S = 3.0


@dataclass(frozen=True, slots=True)
class PeerConfig:
    """`connect_s`: connected by then, or given up. `silence_s`: connected and the camera live,
    yet nothing sent for so long ends the connection. `is_fast`: by the send path of our own, not
    by aiortc's (adapter.contract says whether it can be)."""

    ice: IceConfig
    connect_s: float = 10.0
    silence_s: float = 3.0
    watch_every_s: float = 1.0
    is_fast: bool = True


class Source(Protocol):
    """Where a peer's access units come from: hub.CameraSource."""

    @property
    def is_live(self) -> bool: ...

    @property
    def scratch(self) -> Scratch: ...

    def join(self, viewer: Viewer) -> None: ...

    def leave(self, viewer: Viewer) -> None: ...

    def restart(self, viewer: Viewer) -> None: ...


class Peer:
    """One viewer's connection. Lives as long as `run`, on the event loop's thread.

    `why_not` is asked once, before the first RTP packet, while DTLS shakes hands: a problem ends
    the connection.
    `on_clock` is told the RTP offset (timestamp minus media time, modulo 2^32) with the first
    picture.
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
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[Problem] = self._loop.create_future()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._asking: asyncio.Future[Problem | None] | None = None
        self._started_at_s = self._sent_at_s = self._loop.time()
        self._resent_at_s = float("-inf")
        self._sent_bytes = 0
        self.is_connected = False
        self.rtp_offset: int | None = None
        track = None if config.is_fast else StockTrack()
        self._connection = MediaConnection(
            track,
            ice=config.ice,
            servers=servers,
            on_state=self._state_changed,
            on_path=self._ask,
        )
        self._viewer = self._stock_viewer(track) if track else self._paced_viewer()

    @property
    def dropped(self) -> int:
        """Access units that this viewer was too slow for."""
        return self._viewer.dropped

    async def run(self, offer: Offer, *, on_answer: Callable[[str], Awaitable[None]]) -> Problem:
        """From the offer to the end, of which it returns the reason. Everything is freed then."""
        try:
            answer = await self._answer(offer)
            if isinstance(answer, Problem):
                return answer
            if not self._ended.done():
                await on_answer(answer)
            await self._until(self._ready)
            await self._start()
            await self._until(self._ended)
            return self._ended.result()
        finally:
            self.end(PAGE_LEFT)
            await self._close()

    def end(self, problem: Problem) -> None:
        """Sends nothing more and makes `run` return `problem`, unless it has ended already."""
        if not self._ended.done():
            self._ended.set_result(problem)
            self._source.leave(self._viewer)
            self._viewer.stop()

    async def add_candidate(self, line: str, mid: str) -> None:
        """A further ICE candidate of the browser; names (mDNS) and nonsense are ignored."""
        if not is_usable_candidate(line):
            return
        with contextlib.suppress(ValueError, AssertionError, IndexError):
            await self._connection.add_candidate(line, mid)

    async def _answer(self, offer: Offer) -> str | Problem:
        try:
            answer = await self._connection.answer(offer)
        except NoAddress:
            return NO_PORT
        except Exception:
            # aiortc raises anything, and one viewer must not harm the others.
            log.exception("an offer could not be answered")
            return BAD_OFFER
        if isinstance(self._viewer, StockViewer):
            self._viewer.start()
        return answer

    async def _until(self, event: asyncio.Future[Any]) -> None:
        """Until `event`, or until this has ended, which it may be found to have."""
        while not (event.done() or self._ended.done()):
            await asyncio.wait(
                [event, self._ended],
                timeout=self._config.watch_every_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
            trouble = self._trouble(self._loop.time())
            if trouble is not None:
                self.end(trouble)

    def _trouble(self, now_s: float) -> Problem | None:
        """Neither aioice nor aiortc ever gives up by itself, nor notices a dead sender."""
        if not self.is_connected:
            return UDP_BLOCKED if now_s - self._started_at_s > self._config.connect_s else None
        if self._viewer.bytes_sent != self._sent_bytes or not self._source.is_live:
            self._sent_bytes = self._viewer.bytes_sent
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

    def _ask(self) -> asyncio.Future[Problem | None]:
        if self._asking is None:
            self._asking = asyncio.ensure_future(self._why_not())
        return self._asking

    def _paced_viewer(self) -> PacedViewer:
        outlet = Outlet(self._connection, self._source.scratch, on_ready=self._now_ready)
        return PacedViewer(outlet, on_keyframe_wanted=self._resend)

    def _stock_viewer(self, track: StockTrack) -> StockViewer:
        return StockViewer(
            self._connection,
            track,
            on_ready=self._now_ready,
            on_clock=self._tell_clock,
            on_keyframe_wanted=self._resend,
        )

    def _now_ready(self) -> None:
        if not self._ready.done():
            self._ready.set_result(None)

    async def _start(self) -> None:
        problem = None if self._ended.done() else await self._ask()
        if problem is not None:
            self.end(problem)
        if self._ended.done():
            return
        self._sent_at_s = self._loop.time()
        self._source.join(self._viewer)
        if self._viewer.rtp_offset is not None:
            self._tell_clock(self._viewer.rtp_offset)

    def _tell_clock(self, rtp_offset: int) -> None:
        self.rtp_offset = rtp_offset
        self._on_clock(rtp_offset)

    def _resend(self) -> None:
        """The browser lost the picture (PLI): begin again at the newest keyframe.

        The camera cannot be asked for one, so it comes out of the ring.
        """
        now_s = self._loop.time()
        if now_s - self._resent_at_s >= KEYFRAME_INTERVAL_S and not self._ended.done():
            self._resent_at_s = now_s
            self._source.restart(self._viewer)

    async def _close(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
        try:
            async with asyncio.timeout(CLOSING_S):
                await self._connection.close()
        except TimeoutError:
            log.warning("a connection did not close within %g s", CLOSING_S)
