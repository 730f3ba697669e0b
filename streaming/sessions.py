"""The live views of one streamer: who may start one, whose it is, and when it ends."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

from django.db import Error as DatabaseAway

from streaming.access import Grant
from streaming.loads import View
from streaming.media.hub import CameraSource
from streaming.media.ice import IceConfig, ice_servers
from streaming.media.peer import Peer, PeerConfig
from streaming.media.problems import (
    ACCESS_WITHDRAWN,
    CAMERA_DISABLED,
    DATABASE_AWAY,
    DUPLICATE_SESSION,
    PAGE_LEFT,
    STALLED,
    STREAMER_STOPPING,
    TOO_MANY_IN_ALL,
    TOO_MANY_OF_YOURS,
    TOO_MANY_OFFERS,
    TOO_MANY_PENDING,
    UNKNOWN_SESSION,
    Problem,
)
from streaming.media.rate import RateLimit
from streaming.media.sdp import SdpRefused, clean_offer
from streaming.messages import SessionOpen, ToPage

log = logging.getLogger(__name__)

DATABASE_PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """`grace_s`: rights hold so long while the database cannot be asked. `detached_s`: a session
    whose page lost its socket waits so long to be claimed."""

    in_all: int = 50
    per_user: int = 8
    pending_per_user: int = 4
    offers_per_s: float = 4.0
    grace_s: float = 60.0
    detached_s: float = 60.0


@dataclass(eq=False, slots=True)
class Session:
    """One live view of one page."""

    key: str
    grant: Grant
    reply_channel: str
    source: CameraSource
    checked_at_s: float
    detached_at_s: float | None = None
    peer: Peer | None = None
    end_reason: Problem | None = None
    candidates: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_pending(self) -> bool:
        return self.peer is None or not self.peer.is_connected

    def end(self, problem: Problem) -> None:
        """Sends nothing more from now on; the session's task does the rest."""
        self.end_reason = self.end_reason or problem
        if self.peer is not None:
            self.peer.end(problem)


class Sessions:
    """Owns one task per session. `tell` sends a message to a page's channel and never raises.

    `still_granted` says which grants hold, and may raise what the database raises. `sources` are
    the hub's, `camera_problem` says why a camera has nothing to send, `on_news` is
    called when the number of viewers changes. `elsewhere` are the views of other streamers, which
    count for the limits.
    """

    def __init__(
        self,
        limits: SessionLimits,
        peer_config: PeerConfig,
        *,
        still_granted: Callable[[set[Grant]], Awaitable[set[Grant]]],
        sources: Mapping[int, CameraSource],
        camera_problem: Callable[[int], Problem | None],
        tell: Callable[[str, ToPage], Awaitable[None]],
        on_news: Callable[[], None],
        elsewhere: Callable[[], Iterable[View]] = tuple,
    ) -> None:
        self._limits, self._peer_config = limits, peer_config
        self._ask_still_granted = still_granted
        self._sources, self._camera_problem = sources, camera_problem
        self._tell, self._on_news, self._elsewhere = tell, on_news, elsewhere
        self._sessions: dict[str, Session] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._offers: dict[int, RateLimit] = defaultdict(lambda: RateLimit(limits.offers_per_s))

    def viewers(self, camera_id: int) -> int:
        """How many are connected and watching."""
        return sum(view.camera_id == camera_id and not view.is_pending for view in self.views())

    def views(self) -> list[View]:
        """All sessions that run here, connected or not."""
        return [
            View(key, session.grant.camera_id, session.grant.user_id, session.is_pending)
            for key, session in self._sessions.items()
        ]

    def open(self, message: SessionOpen) -> None:
        """A page's offer: answered or refused in a task of its own."""
        grant = Grant(**message["grant"])
        source = self._sources.get(grant.camera_id)
        problem = self._refusal(message["session"], grant)
        problem = problem or self._camera_problem(grant.camera_id)
        if source is None or problem is not None:
            self._tell_end(message["session"], message["reply_channel"], problem or CAMERA_DISABLED)
            return
        session = Session(
            message["session"], grant, message["reply_channel"], source, time.monotonic()
        )
        self._sessions[session.key] = session
        self._spawn(self._live(session, message["sdp"]))

    def claim(self, key: str, grant: Grant, reply_channel: str) -> None:
        """A page comes back for its session; only the same person's, and only for the camera."""
        session = self._sessions.get(key)
        if session is None or (session.grant.user_id, session.grant.camera_id) != (
            grant.user_id,
            grant.camera_id,
        ):
            self._tell_end(key, reply_channel, UNKNOWN_SESSION)
            return
        session.grant, session.reply_channel, session.detached_at_s = grant, reply_channel, None
        self._tell_soon(session, {"type": "session.claimed", "session": key})
        if session.peer is not None and session.peer.rtp_offset is not None:
            self._tell_clock(session, session.peer.rtp_offset)

    def close(self, key: str, user_id: int) -> None:
        """The page is gone or wants no more."""
        session = self._of(key, user_id)
        if session is not None:
            session.end(PAGE_LEFT)

    def detach(self, key: str, user_id: int, reply_channel: str) -> None:
        """The page's socket broke; it may come back, or has come back on another one already."""
        session = self._of(key, user_id)
        if session is not None and session.reply_channel == reply_channel:
            session.detached_at_s = time.monotonic()

    def add_candidate(self, key: str, user_id: int, line: str, mid: str) -> None:
        """One of the browser's ICE candidates, on networks that need them."""
        session = self._of(key, user_id)
        if session is not None and len(session.candidates) < 16:
            session.candidates.append((line, mid))
            if session.peer is not None:
                self._spawn(session.peer.add_candidate(line, mid))

    def end_those_of(self, gone: Iterable[CameraSource]) -> None:
        """Cameras that were removed, switched off or moved send nothing more."""
        for session in self._sessions.values():
            if session.source in gone:
                session.end(CAMERA_DISABLED)

    async def check(self) -> None:
        """Ends every session whose grant no longer holds, or whose page did not come back."""
        now_s = time.monotonic()
        checked = list(self._sessions.values())
        kept = await self._still_granted({session.grant for session in checked})
        for session in checked:
            if kept is None:
                if now_s - session.checked_at_s > self._limits.grace_s:
                    session.end(DATABASE_AWAY)
            elif session.grant in kept:
                session.checked_at_s = now_s
            else:
                session.end(ACCESS_WITHDRAWN)
            detached_at_s = session.detached_at_s
            if detached_at_s is not None and now_s - detached_at_s > self._limits.detached_s:
                session.end(PAGE_LEFT)
        self._forget_rates()

    async def stop(self, within_s: float) -> None:
        """Ends everything, telling pages why; returns when it has ended, or after `within_s`."""
        for session in self._sessions.values():
            session.end(STREAMER_STOPPING)
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=within_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _of(self, key: str, user_id: int) -> Session | None:
        session = self._sessions.get(key)
        return session if session is not None and session.grant.user_id == user_id else None

    def _refusal(self, key: str, grant: Grant) -> Problem | None:
        """Which limit one more session would break."""
        views = [*self.views(), *self._elsewhere()]
        theirs = [view for view in views if view.user_id == grant.user_id]
        rules = [
            (not self._offers[grant.user_id].allows(), TOO_MANY_OFFERS),
            (key in self._sessions, DUPLICATE_SESSION),
            (len(views) >= self._limits.in_all, TOO_MANY_IN_ALL),
            (len(theirs) >= self._limits.per_user, TOO_MANY_OF_YOURS),
            (
                sum(view.is_pending for view in theirs) >= self._limits.pending_per_user,
                TOO_MANY_PENDING,
            ),
        ]
        return next((problem for is_broken, problem in rules if is_broken), None)

    def _forget_rates(self) -> None:
        self._offers = defaultdict(
            self._offers.default_factory,
            {user_id: rate for user_id, rate in self._offers.items() if not rate.is_idle},
        )

    async def _live(self, session: Session, sdp: str) -> None:
        try:
            problem = await self._watched(session, sdp)
        except Exception:
            # One session's fault is its own end only.
            log.exception("a live view broke")
            problem = STALLED
        finally:
            self._sessions.pop(session.key, None)
            self._on_news()
        log.info("user %d, camera %d: %s", session.grant.user_id, session.grant.camera_id, problem)
        await self._tell(session.reply_channel, _ended(session.key, problem))

    async def _watched(self, session: Session, sdp: str) -> Problem:
        """From the offer to the end of the session, of which it returns the reason."""
        ice: IceConfig = self._peer_config.ice
        try:
            offer = clean_offer(sdp, with_candidates=ice.remote_candidates)
        except SdpRefused as refused:
            log.info("user %d: %s", session.grant.user_id, refused)
            return refused.problem
        # The page's socket has just been let in. Rights are looked up here once there is a path,
        # while DTLS shakes hands: before the first picture, and without delaying it.
        session.peer = Peer(
            self._peer_config,
            session.source,
            servers=ice_servers(ice, user=f"petcam-{session.key[:8]}", now_s=time.time()),
            why_not=lambda: self._why_not(session),
            on_clock=lambda rtp_offset: self._tell_clock(session, rtp_offset),
        )

        async def answer(sdp: str) -> None:
            message: ToPage = {"type": "session.answer", "session": session.key, "sdp": sdp}
            await self._tell(session.reply_channel, message)
            for line, mid in session.candidates:
                await session.peer.add_candidate(line, mid)

        return await session.peer.run(offer, on_answer=answer)

    async def _why_not(self, session: Session) -> Problem | None:
        """What keeps this session from sending right now."""
        kept = await self._still_granted({session.grant})
        if session.end_reason is not None or kept is None:
            return session.end_reason or DATABASE_AWAY
        if not kept:
            return ACCESS_WITHDRAWN
        session.checked_at_s = time.monotonic()
        self._on_news()
        return None

    async def _still_granted(self, grants: set[Grant]) -> set[Grant] | None:
        """None when the database does not answer."""
        if not grants:
            return set()
        try:
            async with asyncio.timeout(DATABASE_PATIENCE_S):
                return await self._ask_still_granted(grants)
        except (DatabaseAway, TimeoutError) as error:
            log.warning("rights cannot be checked: %s", error)
            return None

    def _tell_clock(self, session: Session, rtp_offset: int) -> None:
        self._on_news()
        self._tell_soon(
            session, {"type": "session.clock", "session": session.key, "rtp_offset": rtp_offset}
        )

    def _tell_soon(self, session: Session, message: ToPage) -> None:
        self._spawn(self._tell(session.reply_channel, message))

    def _tell_end(self, key: str, reply_channel: str, problem: Problem) -> None:
        self._spawn(self._tell(reply_channel, _ended(key, problem)))

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _ended(key: str, problem: Problem) -> ToPage:
    return {
        "type": "session.ended",
        "session": key,
        "code": problem.code,
        "text": problem.text,
    }
