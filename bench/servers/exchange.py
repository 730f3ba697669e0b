"""How a benchmark and its servers talk: offers on stdin, answers on stdout, JSON a line."""

import asyncio
import gc
import json
import os
import sys
import threading
from collections.abc import Awaitable, Callable

Answerer = Callable[[str, Callable[[str], Awaitable[None]]], Awaitable[None]]


async def serve(answer: Answerer) -> None:
    """Until stdin ends: `answer(offer, tell)` once per viewer, in a task of its own.

    Takes {"viewer", "sdp"} and tells the same with the answer; {"holds": true} is answered by
    what this process holds: {"tasks", "threads", "files", "resident_bytes"}.
    """
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    tasks: set[asyncio.Task[None]] = set()

    def take(viewer: int, sdp: str) -> None:
        async def tell(answered: str) -> None:
            sys.stdout.write(json.dumps({"viewer": viewer, "sdp": answered}) + "\n")
            sys.stdout.flush()

        task = loop.create_task(answer(sdp, tell))  # type: ignore[arg-type]
        tasks.add(task)
        task.add_done_callback(_ended)

    def _ended(task: asyncio.Task[None]) -> None:
        tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            sys.stderr.write(f"a viewer's task broke: {task.exception()!r}\n")

    while line := await reader.readline():
        order = json.loads(line)
        if "holds" in order:
            sys.stdout.write(json.dumps(holds()) + "\n")
            sys.stdout.flush()
        else:
            take(order["viewer"], order["sdp"])
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def holds() -> dict[str, int]:
    """What this process has in use now."""
    gc.collect()
    with open("/proc/self/statm", encoding="ascii") as file:
        pages = int(file.read().split()[1])
    return {
        "tasks": len(asyncio.all_tasks()),
        "threads": threading.active_count(),
        "files": len(os.listdir("/proc/self/fd")),
        "resident_bytes": pages * os.sysconf("SC_PAGE_SIZE"),
    }
