"""Rows of segments that the database could not take, kept as files beside the recordings."""

import json
import os
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from django.utils.dateparse import parse_datetime

from detections.models import Boot
from recordings.files.disk import OS_FILES, Files
from recordings.files.names import open_regular
from recordings.models import Segment

_SUFFIX, _DRAFT = ".json", ".new"
_LARGEST = 16 * 1024
_TIMES = ("started_at", "ended_at")
_BYTES = ("digest",)


class Journal:
    """One small file for each segment, replaced whole: what is known of it last.

    Its methods raise OSError as the disk does. One thread at a time.
    """

    def __init__(self, folder: Path, *, files: Files = OS_FILES) -> None:
        self._folder, self._files = folder, files

    def write(self, segment: Segment) -> None:
        """Keep what the row is to say, lastingly."""
        path = self._path(segment.uuid)
        draft = path.with_suffix(_DRAFT)
        draft.unlink(missing_ok=True)
        fd = self._files.create(draft)
        try:
            text = json.dumps(_told(segment), default=str).encode()
            while text:
                text = text[self._files.write(fd, [text]) :]
            self._files.fsync(fd)
        finally:
            self._files.close(fd)
        self._files.rename(draft, path)
        self._files.fsync_dir(self._folder)

    def forget(self, segment: UUID) -> None:
        """The row says it now. Harmless when nothing was kept."""
        with suppress(FileNotFoundError):
            self._files.unlink(self._path(segment))

    def read(self) -> list[Segment]:
        """All that is kept, in the order of recording. What cannot be read is left where it is:
        the segment's file tells as much."""
        segments = [_read(path) for path in self._folder.glob(f"*{_SUFFIX}")]
        return sorted((each for each in segments if each), key=lambda each: each.started_at)

    def _path(self, segment: UUID) -> Path:
        return self._folder / f"{segment}{_SUFFIX}"


def _told(segment: Segment) -> dict[str, object]:
    told = {field.attname: getattr(segment, field.attname) for field in segment._meta.fields}
    told |= {name: bytes(told[name]).hex() for name in _BYTES}
    # By name: a database that is put back may have other numbers.
    del told["boot_id"]
    return told | {"boot": segment.boot.name, "zero_at": segment.boot.zero_at}


def _read(path: Path) -> Segment | None:
    try:
        fd = open_regular(path)
        try:
            told = json.loads(os.read(fd, _LARGEST))
        finally:
            os.close(fd)
        boot = Boot(name=told.pop("boot"), zero_at=parse_datetime(told.pop("zero_at")))
        told |= {name: parse_datetime(told[name]) for name in _TIMES}
        told |= {name: bytes.fromhex(told[name]) for name in _BYTES}
        return Segment(**told | {"uuid": UUID(told["uuid"]), "boot": boot})
    except (OSError, ValueError, TypeError, KeyError):
        return None
