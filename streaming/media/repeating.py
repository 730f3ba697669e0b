"""Work that is done again and again."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)


def heed_cancellation() -> None:
    """Raises CancelledError in a task that was cancelled and has heard nothing of it.

    Libraries swallow that now and then, with Python 3.11's `wait_for` when it comes together with
    what was waited for: whoever goes on for ever asks here each time, outside of any timeout.
    """
    if (task := asyncio.current_task()) is not None and task.cancelling():
        raise asyncio.CancelledError


async def again(
    work: Callable[[], Awaitable[object]], every_s: float, wake: asyncio.Event | None = None
) -> None:
    """Do `work` every `every_s` seconds and when woken, until cancelled; failing never stops it.

    All that is done so often is done at the same time: waking up costs more than many a work does.
    """
    wake, loop = wake or asyncio.Event(), asyncio.get_running_loop()
    while True:
        heed_cancellation()
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
