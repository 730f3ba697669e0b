"""A file that others write: opened so that whatever it is can neither block nor harm a reader."""

import os
import stat
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from streaming.media.access_unit import AccessUnit

RingState = Literal["missing", "unreadable", "starting", "live", "stalled"]

MOST_UNITS_PER_POLL = 64
MOST_BYTES_PER_POLL = 8 * 1024 * 1024
STALLED_AFTER_NS = 2_500_000_000
_LONGEST_PATIENCE_NS = 15_000_000_000
# While units come, the path is looked at only so often.
_LOOK_EVERY_NS = 500_000_000


@dataclass(frozen=True, slots=True)
class RingStatus:
    """How a ring does. `detail` says in words what `state` does not.

    missing: no file. unreadable: not a ring, or a layout that nobody knows. starting: a ring
    without pictures yet. live: pictures come. stalled: none for some seconds.
    `last_unit_ns` is the capture time of the newest unit read (0: none yet). `overruns` counts
    the times that this reader was too slow, `torn` the units it refused because they were damaged.
    """

    state: RingState
    epoch: int = 0
    overruns: int = 0
    torn: int = 0
    last_unit_ns: int = 0
    detail: str = ""


class Unreadable(Exception):
    """The file cannot be followed; `state` is "missing" or "unreadable", the message says why."""

    def __init__(self, state: Literal["missing", "unreadable"], detail: str) -> None:
        super().__init__(detail)
        self.state: Literal["missing", "unreadable"] = state


class RingFile:
    """One file opened read-only. It is read with `pread`: a mapping of a truncated file kills."""

    def __init__(self, path: Path) -> None:
        """Open it. Raises Unreadable for anything but a regular file that may be read."""
        self._path = os.fspath(path)
        try:
            # Looked at before it is opened, because opening a pipe or a device has effects.
            _refuse_unless_regular(os.lstat(path))
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            self._fd = os.open(path, flags)
        except (FileNotFoundError, NotADirectoryError):
            raise Unreadable("missing", "there is no such file") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise Unreadable("unreadable", reason) from None
        info = os.fstat(self._fd)
        self.size = info.st_size
        self.inode = info.st_ino
        self._identity = _identity(info)
        try:
            _refuse_unless_regular(info)
        except Unreadable:
            self.close()
            raise

    def is_current(self) -> bool:
        """Whether this is still the file at the path, and as long as it was."""
        try:
            return _identity(os.lstat(self._path)) == self._identity
        except OSError:
            return False

    def read(self, count: int, at: int) -> bytes:
        """Up to `count` bytes; fewer when the file has become shorter."""
        return os.pread(self._fd, count, at)

    def close(self) -> None:
        """Close it; harmless when it is closed."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _identity(info: os.stat_result) -> tuple[int, int, int]:
    return info.st_ino, info.st_dev, info.st_size


def _refuse_unless_regular(info: os.stat_result) -> None:
    if not stat.S_ISREG(info.st_mode):
        raise Unreadable("unreadable", "it is not a regular file")


class FrameReader(ABC):
    """What the readers of all layouts share: (re-)attaching to a file, and telling its state.

    Not thread-safe. No method raises because of what is in the file, or because it is gone.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: RingFile | None = None
        self._fault: Unreadable | None = Unreadable("missing", "nobody has looked yet")
        self._epoch = 0
        self._overruns = 0
        self._torn = 0
        self._last_capture_ns = 0
        self._arrived_ns = self._looked_ns = 0
        self._patience_ns = STALLED_AFTER_NS
        self._wants_keyframe = True
        self._has_skipped = False
        self.has_more = False

    @property
    def status(self) -> RingStatus:
        """How the ring did at the last `poll`; poll a few times a second to notice a stall."""
        if self._fault:
            state, detail = self._fault.state, str(self._fault)
            return self._status(state, detail)
        return self._status(*self._liveness(time.monotonic_ns()))

    @property
    def epoch(self) -> int:
        """Which writer the units of the last `poll` are of."""
        return self._epoch

    @property
    def is_attached(self) -> bool:
        """Whether there was a file of the right layout at the last `poll`."""
        return self._file is not None

    def poll(self) -> list[AccessUnit]:
        """What is new, in order, at most MOST_UNITS_PER_POLL; starts at the newest keyframe.

        `has_more` tells afterwards whether the next call would give more at once.
        """
        self.has_more = False
        now_ns = time.monotonic_ns()
        if now_ns - self._looked_ns < _LOOK_EVERY_NS and (units := self._new_of(self._file)):
            # It was the file at the path a moment ago, and somebody writes to it.
            return units
        self._looked_ns = now_ns
        if self._file and not self._file.is_current() and (units := self._rest_of(self._file)):
            return units
        return self._new_of(self._attached())

    def _rest_of(self, file: RingFile) -> list[AccessUnit]:
        """What a writer that has gone, or was replaced, wrote since the last poll."""
        units = self._new_of(file)
        if not self.has_more:
            self._detach(Unreadable("missing", "there is no such file"))
            self.has_more = True
        return units

    def _new_of(self, file: RingFile | None) -> list[AccessUnit]:
        if file is None:
            return []
        try:
            units = self._read_new(file)
        except Unreadable as fault:
            self._detach(fault)
            return []
        if units:
            self._note_arrival(units[-1].capture_ns)
        return units

    def units_since_keyframe(self) -> list[AccessUnit]:
        """The newest keyframe and all after it; [] when it is gone. Does not move this reader."""
        if (file := self._attached()) is None:
            return []
        try:
            return self._read_since_keyframe(file)
        except Unreadable as fault:
            self._detach(fault)
            return []

    def seek_newest_keyframe(self) -> bool:
        """Let the next `poll` start at the newest keyframe; False: at one that is yet to come."""
        if (file := self._attached()) is None:
            return False
        try:
            return self._seek(file)
        except Unreadable as fault:
            self._detach(fault)
            return False

    def close(self) -> None:
        """Close the file. The next `poll` would open it again."""
        self._detach(Unreadable("missing", "closed"))

    @abstractmethod
    def _start(self, file: RingFile) -> int:
        """Get ready for a file just opened; its epoch. Raises Unreadable for another layout."""

    @abstractmethod
    def _read_new(self, file: RingFile) -> list[AccessUnit]: ...

    @abstractmethod
    def _read_since_keyframe(self, file: RingFile) -> list[AccessUnit]: ...

    @abstractmethod
    def _seek(self, file: RingFile) -> bool: ...

    def _liveness(self, now_ns: int) -> tuple[RingState, str]:
        """The state while attached, from the times at which units arrived."""
        if not self._arrived_ns:
            return "starting", "no keyframe yet" if self._has_skipped else "no pictures yet"
        if now_ns - self._arrived_ns > self._patience_ns:
            return "stalled", "no pictures come"
        return "live", ""

    def _attached(self) -> RingFile | None:
        """The file if it is there and readable. Notices that it was replaced or truncated."""
        if self._file and self._file.is_current():
            return self._file
        self._detach(Unreadable("missing", "there is no such file"))
        try:
            file = RingFile(self._path)
        except Unreadable as fault:
            self._fault = fault
            return None
        self._file = file
        try:
            self._restarted(self._start(file))
        except Unreadable as fault:
            self._detach(fault)
        return self._file

    def _restarted(self, epoch: int) -> None:
        """A new writer: nothing that was known about the old one counts any more."""
        self._epoch = epoch
        self._fault = None
        self._arrived_ns = 0
        self._has_skipped = False
        self._patience_ns = STALLED_AFTER_NS

    def _is_wanted(self, unit: AccessUnit) -> bool:
        """Whether to give a unit out: after a loss, nothing before the next keyframe."""
        if self._wants_keyframe and not unit.is_keyframe:
            self._has_skipped = True
            return False
        self._wants_keyframe = False
        return True

    def _detach(self, fault: Unreadable) -> None:
        self._fault = fault
        if self._file:
            self._file.close()
            self._file = None

    def _note_arrival(self, capture_ns: int) -> None:
        """A camera of a picture every few seconds is not stalled between two of them."""
        now_ns = time.monotonic_ns()
        if self._arrived_ns:
            gap_ns = now_ns - self._arrived_ns
            self._patience_ns = max(STALLED_AFTER_NS, min(3 * gap_ns, _LONGEST_PATIENCE_NS))
        self._arrived_ns = now_ns
        self._last_capture_ns = capture_ns

    def _status(self, state: RingState, detail: str) -> RingStatus:
        return RingStatus(
            state, self._epoch, self._overruns, self._torn, self._last_capture_ns, detail
        )
