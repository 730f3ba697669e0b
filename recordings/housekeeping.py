"""Keeps recordings in order while others are made: within their limits, rows as files are."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import TypeVar

from django.db import connections

from detections.clocks import MachineClock, boot_of
from recordings import keeping, repair, retaining
from recordings.files.names import Store
from recordings.files.retention import Growth
from recordings.ledger import connected

log = logging.getLogger(__name__)

EVERY_S = 60.0
T = TypeVar("T")


class Housekeeping:
    """In a thread of its own, so that nobody waits for it. `is_due` is set when it should not wait
    for its time; methods are called on the event loop."""

    def __init__(self, machine: Callable[[], MachineClock]) -> None:
        self.is_due = asyncio.Event()
        self._machine = machine
        self._thread = ThreadPoolExecutor(1, "keeping")
        self._growth = Growth(EVERY_S)
        self._ended_segments = self._reckoned_bytes = 0
        self._is_swept = False
        # By how much the clock was set, as far as people were not told yet.
        self._ahead = timedelta()

    def clock_was_set(self, ahead: timedelta) -> None:
        """Follow it soon: that may take long."""
        self._ahead += ahead
        self.is_due.set()

    def note(self, ended_segments: int, written_bytes: int) -> None:
        """So many have ended, and so much was written since the start: where cameras send more than
        was reckoned with, the next look is not waited for."""
        if ended_segments != self._ended_segments:
            self._ended_segments = ended_segments
            if written_bytes > self._reckoned_bytes:
                self.is_due.set()

    async def keep(self, store: Store, written_bytes: int) -> None:
        """Makes room at each call, and compares all rows with all files once. Raises as
        `retaining.look` does."""
        if ahead := self._ahead:
            await self._in_thread(partial(retaining.tell_jump, ahead))
            self._ahead -= ahead
        growing = self._growth.expected(written_bytes, time.monotonic())
        self._reckoned_bytes = written_bytes + growing
        now = self._machine().now
        work = partial(retaining.look, store, now=now, growing_bytes=growing)
        looked = await self._in_thread(work)
        if looked.has_more:
            self.is_due.set()
        if not self._is_swept:
            await self._in_thread(partial(self._sweep, store))
            self._is_swept = True

    async def close(self) -> None:
        """Returns when what was begun is done."""
        # The thread has a connection of its own.
        self._thread.submit(connections.close_all)
        await asyncio.to_thread(self._thread.shutdown)

    def _sweep(self, store: Store) -> None:
        repair.sweep(store)
        keeping.follow_clock(boot_of(self._machine()), is_thorough=True)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, connected, work)
