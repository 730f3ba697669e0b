"""Small pictures out of recordings, decoded by a process of its own (files.thumbnailer)."""

import os
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from django.conf import settings

from recordings.files.layout import FragmentEntry

# A picture takes some 20 ms, the process's start half a second.
ANSWERS_WITHIN_S = 5.0
MOST_WAITING = 8
MOST_JPEG_BYTES = 1024 * 1024
MOST_MP4_BYTES = 16 * 1024 * 1024
_LENGTH = struct.Struct(">I")
_COMMAND = (sys.executable, "-m", "recordings.files.thumbnailer")


class Busy(Exception):
    """More people want pictures than can be served at this moment."""


class Thumbnailer:
    """The process, started when it is wanted. Any thread; one picture at a time."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._waiting = threading.BoundedSemaphore(MOST_WAITING)
        self._process: subprocess.Popen[bytes] | None = None
        self._end: socket.socket | None = None

    def jpeg(self, read: Callable[[], bytes | None]) -> bytes | None:
        """The keyframe in an init segment with a fragment; None if that cannot be decoded.

        `read` gives these bytes, or None, when it is their turn: whoever waits holds nothing.
        Raises Busy, and what `read` raises.
        """
        with self._a_turn():
            mp4 = read()
            if not mp4:
                return None
            for _ in range(2):
                try:
                    return self._asked(mp4)
                except TimeoutError:
                    self._stop()
                    return None
                except (OSError, EOFError):
                    # It ends when it has had nothing to do for a while, or died of the last one.
                    self._stop()
            return None

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self._process and self._process.pid

    def close(self) -> None:
        with self._turn:
            self._stop()

    @contextmanager
    def _a_turn(self) -> Iterator[None]:
        if not self._waiting.acquire(blocking=False):
            raise Busy
        try:
            if not self._turn.acquire(timeout=ANSWERS_WITHIN_S):
                raise Busy
            try:
                yield
            finally:
                self._turn.release()
        finally:
            self._waiting.release()

    def _asked(self, mp4: bytes) -> bytes | None:
        end = self._end or self._start()
        end.sendall(_LENGTH.pack(len(mp4)) + mp4)
        (length,) = _LENGTH.unpack(_received(end, _LENGTH.size))
        if length > MOST_JPEG_BYTES:
            raise EOFError
        return _received(end, length) or None

    def _start(self) -> socket.socket:
        self._stop()
        ours, its = socket.socketpair()
        with its:
            self._process = subprocess.Popen(
                _COMMAND, stdin=its, stdout=subprocess.DEVNULL, cwd=settings.BASE_DIR
            )
        ours.settimeout(ANSWERS_WITHIN_S)
        self._end = ours
        return ours

    def _stop(self) -> None:
        if self._end is not None:
            self._end.close()
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()
            self._process.wait()
        self._end = self._process = None


def _received(end: socket.socket, length: int) -> bytes:
    parts = []
    while length:
        part = end.recv(min(length, 65536))
        if not part:
            raise EOFError
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def keyframe_in(
    fd: int, init_bytes: int, fragments: list[FragmentEntry], t_90k: int
) -> bytes | None:
    """The init segment and the fragment with the keyframe that is shown at `t_90k`, or first.

    None when the segment has none (yet), or one that is larger than any real one.
    """
    keys = [entry for entry in fragments if entry.starts_with_keyframe]
    shown = next((entry for entry in reversed(keys) if entry.first_90k <= t_90k), None)
    entry = shown or (keys[0] if keys else None)
    if entry is None or init_bytes + entry.size > MOST_MP4_BYTES:
        return None
    return os.pread(fd, init_bytes, 0) + os.pread(fd, entry.size, entry.offset)


thumbnailer = Thumbnailer()
