"""Starts processes, keeps them running, and stops them in order."""

import asyncio
import os
import queue
import signal
import sys
import threading
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from petcam_site.keeper import Keeper, die_with, kill_group

# Waits before a restart. The first is short: somebody may be watching.
BACKOFF_S = (0.2, 1, 2, 4, 8, 16, 30)
HEALTHY_AFTER_S = 60
READY_POLL_S = 0.02
LINE_BYTES = 8192
LOG_LINES = 2000
LOG_CLOSE_S = 1

Say = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Program:
    """One long-running process.

    It is ready when `answers` does, or without that when it prints the line "ready".
    """

    name: str
    command: Sequence[str]
    answers: Callable[[], Awaitable[bool]] | None = None
    ready_within_s: float = 60
    stop_within_s: float = 6


class Supervised:
    """A program that is started again whenever it ends."""

    def __init__(self, program: Program, *, keeper: Keeper, say: Say) -> None:
        self.name = program.name
        self.ready = asyncio.Event()
        self._program = program
        self._keeper = keeper
        self._say = partial(say, program.name)
        self._clock = asyncio.get_running_loop().time

    async def run(self) -> None:
        """Until cancelled; then the process gets SIGTERM, and SIGKILL if that is not enough."""
        failures = 0
        while True:
            started = self._clock()
            try:
                ending = await self._run_once()
            except OSError as error:
                ending = f"cannot be started: {error}"
            if self._clock() - started >= HEALTHY_AFTER_S:
                failures = 0
            delay_s = BACKOFF_S[min(failures, len(BACKOFF_S) - 1)]
            failures += 1
            self._say(f"{ending}; starting again in {delay_s} s")
            await asyncio.sleep(delay_s)

    async def _run_once(self) -> str:
        """One life of the process; says in words how it ended."""
        process, output = await self._start()
        printing = asyncio.create_task(self._print(output))
        watching = asyncio.create_task(self._wait_until_ready(process))
        try:
            return _in_words(await process.wait()) if await watching else "was not ready in time"
        finally:
            watching.cancel()
            await self._end(process)
            await printing

    async def _start(self) -> tuple[Process, asyncio.StreamReader]:
        """The process in a group of its own, and the pipe of all its output."""
        reading, writing = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *self._program.command,
                stdin=DEVNULL,
                stdout=writing,
                stderr=writing,
                process_group=0,
                preexec_fn=partial(die_with, os.getpid()),
            )
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        self._keeper.watch(process.pid)
        output = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(output), os.fdopen(reading, "rb", 0)
        )
        return process, output

    async def _print(self, output: asyncio.StreamReader) -> None:
        async for line in lines_of(output):
            if line == "ready" and self._program.answers is None:
                self.ready.set()
            else:
                self._say(line)

    async def _wait_until_ready(self, process: Process) -> bool:
        """False when the process lives on but is not ready in time."""
        answers = self._program.answers
        deadline = self._clock() + self._program.ready_within_s
        while process.returncode is None and not self.ready.is_set():
            if self._clock() > deadline:
                return False
            if answers and await answers():
                self.ready.set()
            else:
                await asyncio.sleep(READY_POLL_S)
        return True

    async def _end(self, process: Process) -> None:
        """Nothing of the process's group is left afterwards."""
        stop_within_s = self._program.stop_within_s
        self.ready.clear()
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), stop_within_s)
        except TimeoutError:
            self._say(f"did not stop within {stop_within_s} s and is killed")
        finally:
            kill_group(process.pid)
            await process.wait()
            self._keeper.forget(process.pid)


async def supervise(
    stages: Sequence[Sequence[Program]],
    *,
    prepare: Callable[[], None],
    on_ready: Callable[[], None],
    keeper: Keeper,
    stop: asyncio.Event,
    say: Say,
) -> None:
    """Runs all programs until `stop`.

    A stage starts when the one before it is ready, and is stopped before it. `prepare` runs in a
    thread between the first stage and the second; what it raises stops everything. `on_ready` is
    called once, when each program has been ready.
    """
    running: list[list[asyncio.Task[None]]] = []

    async def start() -> None:
        for number, programs in enumerate(stages):
            if number == 1:
                await asyncio.to_thread(prepare)
            stage = [Supervised(program, keeper=keeper, say=say) for program in programs]
            running.append([asyncio.create_task(each.run(), name=each.name) for each in stage])
            await asyncio.gather(*(each.ready.wait() for each in stage))
        on_ready()

    starting = asyncio.create_task(start())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            await starting
        await stopping
    finally:
        starting.cancel()
        stopping.cancel()
        for tasks in reversed(running):
            await cancel(tasks)


async def cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Ends all tasks; returns when they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def lines_of(output: asyncio.StreamReader) -> AsyncIterator[str]:
    """Lines as they come; one of more than LINE_BYTES comes in pieces."""
    rest = b""
    while chunk := await output.read(LINE_BYTES):
        *whole, rest = (rest + chunk).split(b"\n")
        if len(rest) > LINE_BYTES:
            whole.append(rest)
            rest = b""
        for line in whole:
            yield line.decode(errors="replace").rstrip()
    if rest:
        yield rest.decode(errors="replace")


def stop_on_signals() -> asyncio.Event:
    """An event that SIGTERM, SIGINT and SIGHUP set."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


class Log:
    """Lines to stderr, by a thread: a terminal that is held (Ctrl-S) holds up nobody else.

    Up to LOG_LINES wait; what comes meanwhile is dropped, and the next line says how much.
    """

    def __init__(self) -> None:
        self._waiting: queue.Queue[str | None] = queue.Queue(LOG_LINES)
        self._dropped = 0
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def say(self, name: str, line: str) -> None:
        """One line of a program's log, with the program's name before it. Never waits."""
        try:
            self._waiting.put_nowait(f"{name:<8} | {line}\n")
        except queue.Full:
            self._dropped += 1

    def close(self) -> None:
        """Returns when all is written, or after LOG_CLOSE_S."""
        with suppress(queue.Full):
            self._waiting.put(None, timeout=LOG_CLOSE_S)
        self._thread.join(LOG_CLOSE_S)

    def _write(self) -> None:
        with suppress(OSError):  # nobody reads it any more
            while (line := self._waiting.get()) is not None:
                sys.stderr.write(line)
                if self._dropped:
                    sys.stderr.write(f"petcam   | {self._dropped} lines of the log were dropped\n")
                    self._dropped = 0
                sys.stderr.flush()


def _in_words(returncode: int) -> str:
    if returncode < 0:
        return f"was ended by {signal.Signals(-returncode).name}"
    return f"ended with code {returncode}"
