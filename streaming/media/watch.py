"""Hears from the kernel when a file is written, replaced or removed."""

import os
from pathlib import Path

from inotify_simple import INotify, flags

_FILE_EVENTS = flags.MODIFY | flags.ATTRIB | flags.DONT_FOLLOW
_FOLDER_EVENTS = flags.CREATE | flags.MOVED_TO | flags.ONLYDIR


class FileWatch:
    """Watches one path, whether there is a file or not. Not thread-safe.

    `fd` becomes readable on an event. Raises OSError where the system has no watch to give.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inotify = INotify(nonblocking=True)
        self._file = self._folder = -1

    @property
    def fd(self) -> int:
        """What to wait on."""
        return int(self._inotify.fileno())

    def renew(self) -> None:
        """Watch whatever file is at the path now. Costs nothing when it is the same one."""
        self._folder = self._add(self._path.parent, _FOLDER_EVENTS, self._folder)
        self._file = self._add(self._path, _FILE_EVENTS, self._file)

    def was_written(self) -> bool:
        """Take all events; whether one of them was a write to the file."""
        is_written = is_new = False
        for event in self._inotify.read(timeout=0):
            if event.wd == self._file:
                is_written = is_written or bool(event.mask & flags.MODIFY)
            elif event.name == self._path.name:
                is_new = True
        if is_new:
            self.renew()
        return is_written

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
