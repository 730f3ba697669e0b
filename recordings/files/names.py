"""What lies where in a store of recordings, and that it is the right store, and ours alone.

    <root>/meta.json               which store this is
    <root>/lock                    held by its one writer
    <root>/<camera>/<uuid>.mp4     segments, flat
    <root>/clips/  journal/  quarantine/

Names come from ids alone, never from what people type; nothing is opened through a link.
"""

import fcntl
import json
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple
from uuid import UUID

from recordings.files.disk import OS_FILES, Files
from recordings.files.faultpoints import faultpoint

CLIPS, JOURNAL, QUARANTINE = "clips", "journal", "quarantine"
_META, _DRAFT, _LOCK = "meta.json", "meta.json.new", "lock"
# A store may be the root of a disk of its own.
_IGNORED = frozenset({_LOCK, "lost+found"})
_SUFFIX = ".mp4"
_LARGEST_META = 4096
_MOST_ALIKE = 1000
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class StoreRefused(Exception):
    """The folder must not be written to; the message says why.

    missing: not there or empty, as below a disk that is not mounted. foreign: another store, or
    other people's files. busy: another process writes it.
    """

    def __init__(self, reason: Literal["missing", "foreign", "busy"], message: str) -> None:
        super().__init__(message)
        self.reason: Literal["missing", "foreign", "busy"] = reason


class Found(NamedTuple):
    """A file in a camera's folder; `segment` is None if its name is not one that we give."""

    camera_id: int
    segment: UUID | None
    path: Path


class Store:
    """A folder of recordings. Its methods raise OSError as the disk does."""

    def __init__(self, root: Path, *, files: Files = OS_FILES) -> None:
        self.root = root
        self._files = files

    def make(self, uuid: UUID) -> None:
        """Let the folder, new or empty, be the store of this id. Harmless when it is already.

        Raises StoreRefused("foreign") when it is another one or holds anything else.
        """
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.root / _DRAFT).unlink(missing_ok=True)
        held = {entry.name for entry in self.root.iterdir()} - _IGNORED
        if _META in held:
            return self.check(uuid)
        if held:
            raise StoreRefused("foreign", f"{self.root} holds other files")
        fd = self._files.create(self.root / _DRAFT)
        try:
            self._files.write(fd, [json.dumps({"petcam_store": str(uuid)}).encode()])
            self._files.fsync(fd)
        finally:
            self._files.close(fd)
        self._files.rename(self.root / _DRAFT, self.root / _META)
        self._files.fsync_dir(self.root)
        self._files.fsync_dir(self.root.parent)

    def check(self, uuid: UUID) -> None:
        """Raises StoreRefused unless this is the store of this id. Call it before each segment:
        below a disk that went away there may be an empty folder of the same name."""
        found = self.uuid()
        if found is None:
            raise StoreRefused("missing", f"{self.root} is not there, or its disk is not mounted")
        if found != uuid:
            raise StoreRefused("foreign", f"{self.root} belongs to another Petcam")

    def uuid(self) -> UUID | None:
        """Which store it says it is; None when it says nothing."""
        try:
            fd = open_regular(self.root / _META)
        except (FileNotFoundError, NotADirectoryError):
            return None
        try:
            return UUID(json.loads(os.read(fd, _LARGEST_META))["petcam_store"])
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
        finally:
            os.close(fd)

    def lock(self) -> BinaryIO:
        """The right to write; it is given back when the file is closed, or with the process.

        Raises StoreRefused("busy") while another process has it.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        file = os.fdopen(os.open(self.root / _LOCK, flags, 0o600), "r+b", buffering=0)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise StoreRefused("busy", "another recorder writes here") from None
        return file

    def segment(self, camera_id: int, segment: UUID) -> Path:
        """Where a segment is, or will be."""
        return self.root / str(int(camera_id)) / segment_name(segment)

    def open_segment(self, camera_id: int, segment: UUID) -> int:
        """A segment open for reading; the caller closes it. FileNotFoundError if it is gone."""
        return open_regular(self.segment(camera_id, segment))

    def camera_folder(self, camera_id: int) -> Path:
        """A camera's folder, made lastingly (0700) if it is not there."""
        return self._folder(str(int(camera_id)))

    def folder(self, name: Literal["clips", "journal", "quarantine"]) -> Path:
        """A folder of other files, made lastingly (0700) if it is not there."""
        return self._folder(name)

    def found(self) -> Iterator[Found]:
        """Every file in every camera's folder; folders in them are not looked into."""
        for folder in sorted(self.root.iterdir()):
            if not (folder.name.isascii() and folder.name.isdigit()) or folder.is_symlink():
                continue
            with os.scandir(folder) as entries:
                for entry in entries:
                    yield Found(int(folder.name), _segment_of(entry), Path(entry.path))

    def quarantine(self, path: Path) -> Path:
        """Put a file that nobody knows aside, lastingly; where it is now."""
        folder = self._folder(QUARANTINE)
        name = f"{path.parent.name}-{path.name}"
        for number in range(_MOST_ALIKE):
            target = folder / (f"{name}.{number}" if number else name)
            if not os.path.lexists(target):
                break
        else:
            raise FileExistsError(f"too many files called {name} in quarantine")
        self._files.rename(path, target)
        self._files.fsync_dir(folder)
        self._files.fsync_dir(path.parent)
        return target

    def remove(self, path: Path) -> None:
        """Delete a file lastingly; harmless when it is gone."""
        with suppress(FileNotFoundError):
            self._files.unlink(path)
        faultpoint("after_unlink")
        self._files.fsync_dir(path.parent)
        faultpoint("after_unlink_sync")

    def _folder(self, name: str) -> Path:
        path = self.root / name
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)
        # Also when it was there: who made it may have died before it was lasting.
        self._files.fsync_dir(self.root)
        return path


def segment_name(segment: UUID) -> str:
    """The name of a segment's file."""
    return f"{segment}{_SUFFIX}"


def open_regular(path: Path) -> int:
    """A file open for reading, but neither through a link nor anything else than a file.

    Raises FileNotFoundError for those, too.
    """
    try:
        fd = os.open(path, _READ)
    except OSError as error:
        if path.is_symlink():
            raise FileNotFoundError(f"{path} is a link") from error
        raise
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise FileNotFoundError(f"{path} is no file")
    return fd


def _segment_of(entry: "os.DirEntry[str]") -> UUID | None:
    """The id in a name, if it is spelt as we do and the entry is a file."""
    stem = entry.name.removesuffix(_SUFFIX)
    try:
        segment = UUID(stem)
    except ValueError:
        return None
    is_ours = entry.name == segment_name(segment) and entry.is_file(follow_symlinks=False)
    return segment if is_ours else None
