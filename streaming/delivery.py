"""One viewer's stream of ready-made bytes over a socket, as fast as it gives credit."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from streaming.feeds import Feed, FragmentPlace, PicturePlace, Skipped
from streaming.media.credit import CreditWindow
from streaming.media.fmp4 import InitSegment
from streaming.media.problems import Problem

PATIENCE_S = 15.0


class TooSlow(Exception):
    """The viewer has given no credit for PATIENCE_S though something waited for it."""


class Delivery:
    """Sends a viewer what its feed has and its credit allows; nothing queues here.

    `send` takes a text message as a dict, or a binary one. On the event loop.
    """

    def __init__(
        self,
        send: Callable[[dict[str, object] | bytes], Awaitable[None]],
        *,
        credit: int,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send, self._now = send, now
        self._window = CreditWindow(credit)
        self._news = asyncio.Event()
        self._problem: Problem | None = None
        self._blocked_since: float | None = None

    def grant(self, messages: int) -> None:
        """The viewer can take so many more messages."""
        self._window.grant(messages)
        self._blocked_since = None
        self._news.set()

    def notice(self) -> None:
        """The feed has news."""
        self._news.set()

    def end(self, problem: Problem) -> None:
        """Let `run` return this problem."""
        self._problem = problem
        self._news.set()

    async def run(self, feed: Feed, place: FragmentPlace | PicturePlace) -> Problem:
        """Send until there is a problem, and return it. Raises TooSlow."""
        while (problem := self._problem or feed.problem) is None:
            self._news.clear()
            await self._send_what_fits(place)
            self._check_patience(place)
            await self._news.wait()
        return problem

    async def _send_what_fits(self, place: FragmentPlace | PicturePlace) -> None:
        while self._window.is_open:
            match place.take():
                case None:
                    return
                case Skipped():
                    await self._send({"type": "media.skip"})
                case InitSegment() as init:
                    await self._send(
                        {
                            "type": "media.init",
                            "codec": init.codec,
                            "width": init.width,
                            "height": init.height,
                            "pts_origin": init.pts_origin,
                        }
                    )
                    await self._send_bytes(init.data)
                case bytes() as data:
                    await self._send_bytes(data)

    async def _send_bytes(self, data: bytes) -> None:
        self._window.spend(len(data))
        await self._send(data)

    def _check_patience(self, place: FragmentPlace | PicturePlace) -> None:
        if self._window.is_open or not place.is_behind:
            self._blocked_since = None
        elif self._blocked_since is None:
            self._blocked_since = self._now()
        elif self._now() - self._blocked_since > PATIENCE_S:
            raise TooSlow
