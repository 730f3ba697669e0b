"""What is done with the broker beside the event loop."""

import asyncio
import threading

from django.core.cache import caches

from streaming.broker import beside


def test_threads_keep_their_connections() -> None:
    async def many() -> set[tuple[int, object]]:
        return {await beside(_connection) for _ in range(20)}

    found = asyncio.run(many())
    assert len(found) == len({thread for thread, _ in found})


def _connection() -> tuple[int, object]:
    return threading.get_ident(), caches["default"]
