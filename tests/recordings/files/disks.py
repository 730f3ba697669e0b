"""Segments made for tests, and disks that fail, or that remember what was asked of them."""

import errno
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

from recordings.files.disk import OS_FILES, Files, OsFiles
from recordings.files.layout import FragmentEntry, SegmentTag, segment_start
from recordings.files.writer import SegmentWriter, Written
from streaming.media.access_unit import AccessUnit
from tests.streaming.media.moving_picture import encoded_units

TAG = SegmentTag(UUID("0b9f5bb2-6c0f-4f5c-9f66-7b0a3c9d1e11"), 7, "a boot", 1_790_000_000_000)
NAME = f"{TAG.segment}.mp4"
# 2.5 s, a keyframe each half of a second, at a media time beyond 32 bits.
FIRST_90K = 2**33 + 12345
UNITS = encoded_units(75, first_pts_90k=FIRST_90K)
SYNC_EVERY = 30


def at(units: Sequence[AccessUnit], first_90k: int) -> list[AccessUnit]:
    """The same units at another media time."""
    moved = first_90k - units[0].pts_90k
    return [replace(unit, pts_90k=unit.pts_90k + moved) for unit in units]


def writer_for(
    folder: Path, units: Sequence[AccessUnit] = UNITS, *, files: Files = OS_FILES
) -> SegmentWriter:
    return SegmentWriter(folder, NAME, segment_start(TAG, units[0]), files=files)


def record(
    folder: Path, units: Sequence[AccessUnit] = UNITS, *, files: Files = OS_FILES
) -> tuple[Written, list[FragmentEntry]]:
    """A whole segment, synced each second, and the fragments that the writer told of while it
    grew: all but the last."""
    writer = writer_for(folder, units, files=files)
    entries = []
    for number, unit in enumerate(units, 1):
        if entry := writer.add(unit):
            entries.append(entry)
        if number % SYNC_EVERY == 0:
            writer.sync()
    return writer.close(), entries


class HastyDisk(OsFiles):
    """Says that all is lasting: for tests that look at thousands of files."""

    def fdatasync(self, fd: int) -> None:
        pass

    def fsync(self, fd: int) -> None:
        pass


class ShortWrites(OsFiles):
    """Takes no more than a few bytes at a time."""

    def __init__(self, most: int) -> None:
        self._most = most

    def write(self, fd: int, parts: Sequence[bytes | memoryview]) -> int:
        return os.write(fd, b"".join(parts)[: self._most])


@dataclass
class FailingDisk(OsFiles):
    """Fails in the `nth` call of a kind, and whenever it is asked again.

    A failing write takes `taken` bytes first, as a disk does that fills up. `calls` counts.
    """

    kind: str
    nth: int = 1
    code: int = errno.ENOSPC
    taken: int = 0
    calls: dict[str, int] = field(default_factory=dict)

    def _reach(self, kind: str) -> bool:
        """Whether this call fails."""
        self.calls[kind] = self.calls.get(kind, 0) + 1
        return kind == self.kind and self.calls[kind] >= self.nth

    def _fail_at(self, kind: str) -> None:
        if self._reach(kind):
            raise OSError(self.code, os.strerror(self.code))

    def create(self, path: Path) -> int:
        self._fail_at("create")
        return super().create(path)

    def write(self, fd: int, parts: Sequence[bytes | memoryview]) -> int:
        if not self._reach("write"):
            return super().write(fd, parts)
        if self.taken:
            taken, self.taken = self.taken, 0
            return os.write(fd, b"".join(parts)[:taken])
        raise OSError(self.code, os.strerror(self.code))

    def truncate(self, fd: int, size: int) -> None:
        self._fail_at("truncate")
        super().truncate(fd, size)

    def fdatasync(self, fd: int) -> None:
        self._fail_at("fdatasync")
        super().fdatasync(fd)

    def fsync(self, fd: int) -> None:
        self._fail_at("fsync")
        super().fsync(fd)

    def fsync_dir(self, path: Path) -> None:
        self._fail_at("fsync_dir")
        super().fsync_dir(path)


class RememberingDisk(OsFiles):
    """Keeps what was written to its one file, how it was parted, and what was synced when."""

    def __init__(self) -> None:
        self.log: list[tuple[str, bytes]] = []

    def create(self, path: Path) -> int:
        self.log.append(("create", b""))
        return super().create(path)

    def write(self, fd: int, parts: Sequence[bytes | memoryview]) -> int:
        written = super().write(fd, parts)
        self.log.append(("write", b"".join(parts)[:written]))
        return written

    def fdatasync(self, fd: int) -> None:
        super().fdatasync(fd)
        self.log.append(("sync", b""))

    def fsync(self, fd: int) -> None:
        super().fsync(fd)
        self.log.append(("sync", b""))

    def fsync_dir(self, path: Path) -> None:
        super().fsync_dir(path)
        self.log.append(("fsync_dir", b""))
