"""What long-lived processes do with the broker, and go on doing when it was away."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from streaming.media.repeating import heed_cancellation

log = logging.getLogger(__name__)

BROKER_RETRY_S = 1.0
BROKER_PATIENCE_S = 2.0
# News of the same moment become one message.
COALESCE_S = 0.05

BrokerAway = (RedisError, OSError, TimeoutError)
T = TypeVar("T")


async def listen(
    *groups: str, take: Callable[[dict], None], on_listening: Callable[[], Awaitable[None]]
) -> None:
    """Gives `take` each message to the groups, until cancelled; it must not wait.

    `on_listening` is called once the groups can be heard. The layer subscribes again by itself
    when the broker comes back.
    """
    layer = get_channel_layer()
    while True:
        heed_cancellation()
        try:
            channel = await layer.new_channel()
            for group in groups:
                await layer.group_add(group, channel)
            await on_listening()
            while True:
                heed_cancellation()
                _guarded(take, await layer.receive(channel))
        except BrokerAway as error:
            log.warning("the broker does not answer: %s", error)
            await asyncio.sleep(BROKER_RETRY_S)


async def beside(work: Callable[..., T], *args: object) -> T:
    """Does what waits for the broker in another thread, which keeps its connections.

    Not `asyncio.to_thread`: what the cache has connected to goes with the context that it copies,
    and connecting anew costs ten times as much as asking.
    """
    return await asyncio.get_running_loop().run_in_executor(None, work, *args)


def _guarded(take: Callable[[dict], None], message: dict) -> None:
    try:
        take(message)
    except Exception:
        # A message that we cannot read must not stop the others.
        log.exception("message %s", message.get("type"))


async def again(
    work: Callable[[bool], Awaitable[None]], every_s: float, wake: asyncio.Event
) -> None:
    """Does `work` every `every_s` seconds, and with True when woken; failing stops it never."""
    while True:
        heed_cancellation()
        # Not wait_for: in Python 3.11 it swallows a cancellation that comes with the event.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(every_s):
                await wake.wait()
        was_woken = wake.is_set()
        wake.clear()
        try:
            await work(was_woken)
        except BrokerAway as error:
            log.warning("the broker does not answer: %s", error)
        except Exception:
            # One thing that fails must not stop the pictures.
            log.exception("%s failed", work.__name__)
