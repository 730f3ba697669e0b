"""Boxes on their way to one page: as many as it gives credit for, and then the newest only."""

from collections.abc import Awaitable, Callable

from streaming.media.credit import CreditWindow
from streaming.messages import BoxesSeen

# Of how many sources the newest message waits for credit; the one that waits longest goes first.
MOST_WAITING = 8
# What a message weighs for the window: an upper bound for a few boxes of JSON.
_TRACK_BYTES, _REST_BYTES = 200, 100


class BoxesOut:
    """Sends nothing before the page asks. Each message uses one credit; without credit each
    source's newest message waits, and older ones are dropped and counted. On the event loop."""

    def __init__(self, send: Callable[[dict], Awaitable[None]]) -> None:
        self._send = send
        self._window: CreditWindow | None = None
        self._waiting: dict[str, BoxesSeen] = {}
        self.dropped = 0

    def want(self, credit: int) -> None:
        """Begin anew with so much credit; 0 stops the flow until the page asks again."""
        self._window = CreditWindow(credit)
        self._waiting.clear()

    async def grant(self, messages: int) -> None:
        """The page can take so many more messages; ignored before it wanted any."""
        if self._window is not None:
            self._window.grant(messages)
            await self._flush()

    async def put(self, event: BoxesSeen) -> None:
        """Boxes of one picture: sent, kept until there is credit, or dropped."""
        if self._window is None:
            return
        waiting = self._waiting.pop(event["source"], None)
        self.dropped += waiting is not None
        is_newer = waiting is None or event["t"] >= waiting["t"]
        self._waiting[event["source"]] = event if is_newer else waiting
        if len(self._waiting) > MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
            self.dropped += 1
        await self._flush()

    async def _flush(self) -> None:
        while self._waiting and self._window is not None and self._window.is_open:
            event = self._waiting.pop(next(iter(self._waiting)))
            tracks = event["tracks"]
            self._window.spend(_REST_BYTES + _TRACK_BYTES * len(tracks))
            await self._send(
                {"type": "boxes", "t": event["t"], "source": event["source"], "tracks": tracks}
            )
