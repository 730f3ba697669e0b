"""One page's line to the streamer: in order, bounded, and never waited for."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from redis.exceptions import RedisError

from streaming.messages import STREAMERS_GROUP, ToStreamer

log = logging.getLogger(__name__)

MAX_WAITING = 32
BROKER_PATIENCE_S = 2.0


class Relay:
    """Sends messages to the streamers in a task of its own, from `start` to `stop`.

    `on_lost` gets each message that the broker did not take.
    """

    def __init__(self, layer, *, on_lost: Callable[[ToStreamer], Awaitable[None]]) -> None:
        self._layer, self._on_lost = layer, on_lost
        self._waiting: asyncio.Queue[ToStreamer] = asyncio.Queue(MAX_WAITING)
        self._task: asyncio.Task | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    def put(self, message: ToStreamer) -> None:
        """Raises asyncio.QueueFull when the broker is slower than the page."""
        self._waiting.put_nowait(message)

    async def stop(self, *last: ToStreamer) -> None:
        """Sends what waits and `last`, each within BROKER_PATIENCE_S, until one gets lost."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.wait([self._task])
        waiting = [self._waiting.get_nowait() for _ in range(self._waiting.qsize())]
        for message in [*waiting, *last]:
            if not await self._send(message):
                break

    async def _run(self) -> None:
        while True:
            message = await self._waiting.get()
            if not await self._send(message):
                await self._on_lost(message)

    async def _send(self, message: ToStreamer) -> bool:
        try:
            async with asyncio.timeout(BROKER_PATIENCE_S):
                await self._layer.group_send(STREAMERS_GROUP, message)
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("%s not relayed: %s", message["type"], error)
            return False
        return True
