"""Reads Linux's /proc: which processes belong to a portal, and what they cost."""

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PROC = Path("/proc")


def _pids() -> Iterator[int]:
    return (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())


def is_alive(pid: int) -> bool:
    """True while the process runs; a zombie does not."""
    return (state := _stat(pid)) is not None and state[0] not in ("Z", "X")


def _stat(pid: int) -> list[str] | None:
    """Fields 3 and up of /proc/<pid>/stat (state, parent, ...), None when it is gone."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def command_line(pid: int) -> str:
    """The process's arguments with spaces between, empty when it is gone."""
    try:
        raw = (PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return ""
    return raw.replace(b"\0", b" ").decode("utf-8", "replace").strip()


def carrying(variable: str, value: str) -> set[int]:
    """The living processes that were started with `variable=value` in their environment."""
    wanted = f"{variable}={value}".encode()
    found = set()
    for pid in _pids():
        try:
            environment = (PROC / str(pid) / "environ").read_bytes()
        except OSError:
            continue
        if wanted in environment.split(b"\0") and is_alive(pid):
            found.add(pid)
    return found


def mentioning(words: str) -> set[int]:
    """The living processes that have `words` in their command line."""
    return {pid for pid in _pids() if words in command_line(pid) and is_alive(pid)}


def descendants(root: int) -> set[int]:
    """`root` and all its living children and theirs."""
    children: dict[int, list[int]] = {}
    for pid in _pids():
        if (state := _stat(pid)) is not None:
            children.setdefault(int(state[1]), []).append(pid)
    family, waiting = set(), [root]
    while waiting:
        pid = waiting.pop()
        if pid not in family:
            family.add(pid)
            waiting.extend(children.get(pid, []))
    return {pid for pid in family if is_alive(pid)}


def udp_ports(pid: int) -> set[int]:
    """The local ports of all UDP sockets of the process."""
    own = set()
    for link in (PROC / str(pid) / "fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            own.add(os.readlink(link))
    ports = set()
    for table in ("udp", "udp6"):
        for line in (PROC / str(pid) / "net" / table).read_text().splitlines()[1:]:
            words = line.split()
            if f"socket:[{words[9]}]" in own:
                ports.add(int(words[1].rpartition(":")[2], 16))
    return ports


def thread_names(pid: int) -> list[str]:
    """The names of all threads of the process."""
    names = []
    for task in _tasks(pid):
        try:
            names.append((task / "comm").read_text().strip())
        except OSError:
            continue
    return names


def resident_bytes(pid: int) -> int:
    """Resident memory (RSS)."""
    pages = int((PROC / str(pid) / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _tasks(pid: int) -> list[Path]:
    try:
        return list((PROC / str(pid) / "task").iterdir())
    except OSError:
        return []


@dataclass
class CpuMeter:
    """CPU seconds of a process from now on: every thread, to the nanosecond (schedstat).

    A thread that ends between two readings loses only what it used after the last reading.
    """

    pid: int
    _used_ns: dict[str, int] = field(default_factory=dict)
    _start_ns: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._start_ns = self._read()

    def seconds(self) -> float:
        """CPU seconds used since the meter was made."""
        self._used_ns.update(self._read())
        total = sum(ns - self._start_ns.get(tid, 0) for tid, ns in self._used_ns.items())
        return total / 1e9

    def _read(self) -> dict[str, int]:
        readings = {}
        for task in _tasks(self.pid):
            try:
                readings[task.name] = int((task / "schedstat").read_text().split()[0])
            except (OSError, IndexError):
                continue
        return readings


def end(pid: int, number: signal.Signals = signal.SIGTERM) -> None:
    """Send a signal; a process that is already gone is fine."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
