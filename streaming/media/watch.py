"""Hears from the kernel when a file is written, replaced or removed."""

import os
from pathlib import Path

from inotify_simple import INotify, flags, parse_events

_MOST_BYTES = 64 * 1024
_MODIFY = int(flags.MODIFY)
_FILE_EVENTS = flags.MODIFY | flags.ATTRIB | flags.DONT_FOLLOW
_FOLDER_EVENTS = flags.CREATE | flags.MOVED_TO | flags.ONLYDIR


class FileWatch:
    """Watches one path, whether there is a file or not. Not thread-safe.

    `fd` becomes readable on an event. Raises OSError where the system has no watch to give.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inotify = INotify(nonblocking=True)
        self.fd = int(self._inotify.fileno())
        self._file = self._folder = -1

    def renew(self) -> None:
        """Watch whatever file is at the path now. Costs nothing when it is the same one."""
        self._folder = self._add(self._path.parent, _FOLDER_EVENTS, self._folder)
        self._file = self._add(self._path, _FILE_EVENTS, self._file)

    def was_written(self) -> bool:
        """Take all events; whether one of them was a write to the file."""
        is_written = is_new = False
        for event in parse_events(self._read()):
            if event.wd == self._file:
                is_written = is_written or bool(event.mask & _MODIFY)
            elif event.name == self._path.name:
                is_new = True
        if is_new:
            self.renew()
        return is_written

    def _read(self) -> bytes:
        """What has happened; read directly, because this runs for each picture."""
        try:
            return os.read(self.fd, _MOST_BYTES)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        """Stop watching."""
        self._inotify.close()

    def _add(self, path: Path, mask: int, old: int) -> int:
        try:
            new = int(self._inotify.add_watch(os.fspath(path), mask))
        except OSError:
            new = -1
        if old not in (-1, new):
            self._forget(old)
        return new

    def _forget(self, watch: int) -> None:
        try:
            self._inotify.rm_watch(watch)
        except OSError:
            return  # the kernel has dropped it with its file
