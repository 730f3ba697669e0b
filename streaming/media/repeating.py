"""Work that is done again and again."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)


async def again(
    work: Callable[[], Awaitable[object]], every_s: float, wake: asyncio.Event | None = None
) -> None:
    """Do `work` every `every_s` seconds and when woken, until cancelled; failing never stops it.

    All that is done so often is done at the same time: waking up costs more than many a work does.
    """
    wake, loop = wake or asyncio.Event(), asyncio.get_running_loop()
    while True:
        try:
            await work()
        except Exception:
            # One thing that fails must not stop the others.
            log.exception("%s failed", getattr(work, "__name__", work))
        # Not wait_for: in Python 3.11 it swallows a cancellation that comes with the event.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(every_s - loop.time() % every_s):
                await wake.wait()
        wake.clear()
