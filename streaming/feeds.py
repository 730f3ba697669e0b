"""What this process follows of the rings: one follower per ring for all its sockets.

Everything here runs on the event loop. Viewers keep no queue: each is a place in what its camera's
feed holds, and takes the next piece when its socket has room (streaming.media.credit).
"""

import asyncio
import logging
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from streaming.media.access_unit import AccessUnit
from streaming.media.clock import unix_ms
from streaming.media.feed import CameraFeed
from streaming.media.fmp4 import Fragment, Fragmenter, InitSegment
from streaming.media.follow import RingFollower
from streaming.media.problems import (
    STALLED,
    TOO_MANY_IN_ALL,
    TOO_MANY_OF_YOURS,
    CameraProblem,
    Problem,
)
from streaming.media.ring_file import RingStatus

log = logging.getLogger(__name__)

# A longer group of pictures is not kept for those who come late: they wait for the next keyframe.
GOP_BYTES = 16 * 1024 * 1024
# Catching up, many fragments go out as one message.
MESSAGE_BYTES = 128 * 1024
# A page that reloads finds its feed still running.
LINGER_S = 5.0


class Feed(Protocol):
    """Something that follows one ring while anybody listens."""

    listeners: set[Callable[[], None]]
    problem: Problem | None

    def __init__(self, path: Path) -> None: ...

    async def run(self) -> None:
        """Follow until cancelled."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """The viewer was too far behind; what comes next starts at a keyframe."""


class FragmentFeed:
    """The newest group of pictures of one camera as fragments, each built once for all viewers.

    `gop[0]` has the number `first`; numbers count up for as long as the feed lives.
    """

    def __init__(self, path: Path) -> None:
        self.listeners: set[Callable[[], None]] = set()
        self.problem: Problem | None = None
        self.gop: list[Fragment] = []
        self.first = 0
        self._gop_bytes = 0
        self._fragmenter = Fragmenter()
        self._feed = CameraFeed(path, on_unit=self.take_in, on_status=self._on_status)

    async def run(self) -> None:
        await self._feed.run()

    def take_in(self, unit: AccessUnit) -> None:
        """The camera's next access unit."""
        try:
            fragment = self._fragmenter.fragment(unit)
        except CameraProblem as problem:
            self.problem = problem.problem
            self._wake()
            return
        except ValueError as error:
            log.debug("access unit %d left out: %s", unit.sequence, error)
            return
        if fragment is None:
            return
        self._gop_bytes += len(fragment.data)
        self.problem = None
        if fragment.is_keyframe or self._gop_bytes > GOP_BYTES:
            self.first += len(self.gop)
            self.gop.clear()
            self._gop_bytes = len(fragment.data)
        self.gop.append(fragment)
        self._wake()

    def _on_status(self, status: RingStatus) -> None:
        """The live socket tells how the camera is; fragments simply stop coming."""

    def _wake(self) -> None:
        for listener in self.listeners:
            listener()


class FragmentPlace:
    """Where one viewer is in a FragmentFeed."""

    def __init__(self, feed: FragmentFeed) -> None:
        self._feed = feed
        self._init: InitSegment | None = None
        self._next = feed.first
        self._needs_keyframe = True

    @property
    def is_behind(self) -> bool:
        """Whether there is something to send."""
        return self._next < self._feed.first + len(self._feed.gop)

    def take(self) -> InitSegment | Skipped | bytes | None:
        """What comes next for this viewer; None when it has everything."""
        feed = self._feed
        if self._next < feed.first:
            had_started, self._needs_keyframe = not self._needs_keyframe, True
            self._next = feed.first
            if had_started:
                return Skipped()
        offset = self._next - feed.first
        if self._needs_keyframe and offset < len(feed.gop) and not feed.gop[offset].is_keyframe:
            self._next = feed.first + len(feed.gop)
            return None
        if offset >= len(feed.gop):
            return None
        if feed.gop[offset].init is not self._init:
            self._init = feed.gop[offset].init
            return self._init
        self._needs_keyframe = False
        return self._join(feed.gop, offset)

    def _join(self, gop: list[Fragment], offset: int) -> bytes:
        """One message: the fragment at `offset`, and those after it that fit."""
        end = offset + 1
        size_bytes = len(gop[offset].data)
        while end < len(gop) and gop[end].init is self._init:
            size_bytes += len(gop[end].data)
            if size_bytes > MESSAGE_BYTES:
                break
            end += 1
        self._next += end - offset
        if end == offset + 1:
            return gop[offset].data
        return b"".join(fragment.data for fragment in gop[offset:end])


class PictureFeed:
    """The newest JPEG picture of one camera, out of its JPEG ring."""

    def __init__(self, path: Path) -> None:
        self.listeners: set[Callable[[], None]] = set()
        self.problem: Problem | None = None
        self.newest: AccessUnit | None = None
        self._follower = RingFollower(path, on_unit=self.take_in, on_status=self._on_status)

    async def run(self) -> None:
        await self._follower.run()

    def take_in(self, unit: AccessUnit) -> None:
        """The next picture."""
        self.newest = unit
        for listener in self.listeners:
            listener()

    def _on_status(self, status: RingStatus) -> None:
        """Nobody writes pictures while nobody looks: nothing to tell."""


class PicturePlace:
    """Which picture of a PictureFeed one viewer has."""

    def __init__(self, feed: PictureFeed) -> None:
        self._feed = feed
        self._has: AccessUnit | None = None

    @property
    def is_behind(self) -> bool:
        return self._feed.newest is not self._has

    def take(self) -> bytes | None:
        """The newest picture after its capture time (Unix ms, 8 bytes); None when it was sent."""
        newest = self._feed.newest
        if newest is None or newest is self._has:
            return None
        self._has = newest
        return struct.pack(">Q", unix_ms(newest.capture_ns)) + newest.data


AnyFeed = TypeVar("AnyFeed", bound=Feed)


class Feeds:
    """The feeds of this process, each running from its first listener to a little after its last.

    Bounded by `views` in all and `views_per_user`; every feed is one task owned here.
    """

    def __init__(self, *, views: int, views_per_user: int, linger_s: float = LINGER_S) -> None:
        self._views, self._views_per_user, self._linger_s = views, views_per_user, linger_s
        self._feeds: dict[tuple[type, Path], Feed] = {}
        self._tasks: dict[Feed, asyncio.Task[None]] = {}
        self._users: Counter[int] = Counter()

    def __len__(self) -> int:
        return len(self._feeds)

    @contextmanager
    def subscribed(
        self, kind: type[AnyFeed], path: Path, *, user_id: int, listener: Callable[[], None]
    ) -> Iterator[AnyFeed]:
        """The running feed of that ring; `listener` is called on the loop whenever it has news.

        Raises CameraProblem when this person, or everybody together, watches enough already.
        """
        if self._users[user_id] >= self._views_per_user:
            raise CameraProblem(TOO_MANY_OF_YOURS)
        if self._users.total() >= self._views:
            raise CameraProblem(TOO_MANY_IN_ALL)
        self._users[user_id] += 1
        feed = self._running(kind, path)
        feed.listeners.add(listener)
        try:
            yield feed
        finally:
            feed.listeners.discard(listener)
            self._users[user_id] -= 1
            if not self._users[user_id]:
                del self._users[user_id]
            asyncio.get_running_loop().call_later(self._linger_s, self._stop_unused, feed)

    def _running(self, kind: type[AnyFeed], path: Path) -> AnyFeed:
        feed = self._feeds.get((kind, path))
        if not isinstance(feed, kind):
            feed = self._feeds[kind, path] = kind(path)
            task = asyncio.create_task(feed.run(), name=f"feed {path.name}")
            self._tasks[feed] = task
            task.add_done_callback(partial(self._ended, feed))
        return feed

    def _stop_unused(self, feed: Feed) -> None:
        if not feed.listeners and feed in self._tasks:
            self._forget(feed)
            self._tasks[feed].cancel()

    def _ended(self, feed: Feed, task: asyncio.Task[None]) -> None:
        """A feed that broke tells its listeners; the next one to subscribe starts another."""
        del self._tasks[feed]
        if task.cancelled():
            return
        self._forget(feed)
        log.error("A feed ended", exc_info=task.exception())
        feed.problem = STALLED
        for listener in feed.listeners:
            listener()

    def _forget(self, feed: Feed) -> None:
        self._feeds = {key: known for key, known in self._feeds.items() if known is not feed}
