"""The few things that are asked of a disk, in one place, so that tests can let each one fail."""

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol

DiskProblem = Literal["disk_full", "read_only", "io_error"]

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
# Where there is no fdatasync (macOS), fsync says no less.
_fdatasync = getattr(os, "fdatasync", os.fsync)


class Files(Protocol):
    """Each method blocks, and raises OSError as the system call of its name does."""

    def create(self, path: Path) -> int:
        """A new file (0600) open for writing; never one that is there, nor through a link."""

    def write(self, fd: int, parts: Sequence[bytes | memoryview]) -> int:
        """Append the parts; how many bytes went in, which may be fewer."""

    def truncate(self, fd: int, size: int) -> None: ...
    def fdatasync(self, fd: int) -> None: ...
    def fsync(self, fd: int) -> None: ...
    def close(self, fd: int) -> None: ...
    def unlink(self, path: Path) -> None: ...
    def rename(self, old: Path, new: Path) -> None: ...

    def fsync_dir(self, path: Path) -> None:
        """Make lasting which files are in a folder."""


class OsFiles:
    """The operating system's files."""

    def create(self, path: Path) -> int:
        return os.open(path, _CREATE, 0o600)

    def write(self, fd: int, parts: Sequence[bytes | memoryview]) -> int:
        return os.writev(fd, parts)

    def truncate(self, fd: int, size: int) -> None:
        os.ftruncate(fd, size)

    def fdatasync(self, fd: int) -> None:
        _fdatasync(fd)

    def fsync(self, fd: int) -> None:
        os.fsync(fd)

    def close(self, fd: int) -> None:
        os.close(fd)

    def unlink(self, path: Path) -> None:
        os.unlink(path)

    def rename(self, old: Path, new: Path) -> None:
        os.rename(old, new)

    def fsync_dir(self, path: Path) -> None:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


OS_FILES = OsFiles()


def problem_of(error: OSError) -> DiskProblem:
    """The name of a disk's problem."""
    if error.errno in _FULL:
        return "disk_full"
    return "read_only" if error.errno == errno.EROFS else "io_error"
