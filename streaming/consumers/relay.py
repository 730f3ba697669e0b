"""One page's line to the streamers: in order, bounded, and never waited for."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from redis.exceptions import RedisError

from streaming.messages import ToStreamer, streamer_group

log = logging.getLogger(__name__)

MAX_WAITING = 32
BROKER_PATIENCE_S = 2.0


class Relay:
    """Sends messages to streamers in a task of its own, from `start` to `stop`.

    Each goes with the number of its streamer. `on_lost` gets each that the broker did not take.
    """

    def __init__(self, layer, *, on_lost: Callable[[ToStreamer], Awaitable[None]]) -> None:
        self._layer, self._on_lost = layer, on_lost
        self._waiting: asyncio.Queue[tuple[int, ToStreamer]] = asyncio.Queue(MAX_WAITING)
        self._task: asyncio.Task | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    def put(self, streamer: int, message: ToStreamer) -> None:
        """Raises asyncio.QueueFull when the broker is slower than the page."""
        self._waiting.put_nowait((streamer, message))

    async def stop(self, *last: tuple[int, ToStreamer]) -> None:
        """Sends what waits and `last`, each within BROKER_PATIENCE_S, until one gets lost."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.wait([self._task])
        waiting = [self._waiting.get_nowait() for _ in range(self._waiting.qsize())]
        for streamer, message in [*waiting, *last]:
            if not await self._send(streamer, message):
                break

    async def _run(self) -> None:
        while True:
            streamer, message = await self._waiting.get()
            if not await self._send(streamer, message):
                await self._on_lost(message)

    async def _send(self, streamer: int, message: ToStreamer) -> bool:
        try:
            async with asyncio.timeout(BROKER_PATIENCE_S):
                await self._layer.group_send(streamer_group(streamer), message)
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("%s not relayed: %s", message["type"], error)
            return False
        return True
