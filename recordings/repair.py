"""Where rows and files differ, and how it is put right: after a crash, and when somebody asks."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Literal
from uuid import UUID

from detections.clocks import wall_of
from detections.models import Boot
from recordings import keeping
from recordings.files.disk import OS_FILES, Files
from recordings.files.faultpoints import faultpoint
from recordings.files.layout import LARGEST_INIT, SegmentHead
from recordings.files.names import CLIPS, JOURNAL, QUARANTINE, Found, Store, segment_name
from recordings.files.scan import Scanned, scan
from recordings.files.scan import repair as end_with_whole_fragment
from recordings.keeping import Extent
from recordings.models import Clip, Segment
from streaming.models import Camera

log = logging.getLogger(__name__)

Kind = Literal[
    "unfinished", "leaving", "unknown", "missing", "returned", "resized", "changed", "clip_missing"
]
WORDS: dict[Kind, str] = {
    "unfinished": "was being written when its recorder died",
    "leaving": "was being deleted when its recorder died",
    "unknown": "nobody knows this file",
    "missing": "its file is gone",
    "returned": "its file is there again",
    "resized": "its file is not as long as it was",
    "changed": "what its file holds has changed",
    "clip_missing": "the clip's file is gone",
}
_State = Segment.State
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST, _LATEST = _EPOCH, datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Difference:
    """A row or a file that is not as it should be. `at` is where its file is or should be."""

    kind: Kind
    at: Path
    row: Segment | Clip | None = None

    def __str__(self) -> str:
        return f"{self.at.parent.name}/{self.at.name}: {WORDS[self.kind]}"


def settle(store: Store, *, files: Files = OS_FILES) -> list[Difference]:
    """Puts right what the death of a recorder leaves: what was being written and deleted. Quick,
    and to be done, with the store locked, before anything is recorded."""
    found = list(_unsettled(store))
    for difference in found:
        mend(store, difference, files=files)
    return found


def sweep(store: Store, *, files: Files = OS_FILES) -> list[Difference]:
    """Puts everything else right, with the store locked, also while this process records; what
    that was. Takes seconds for each 100,000 segments."""
    found = []
    for difference in differences(store, is_recording=True):
        log.warning("%s", difference)
        # Somebody may have deleted it meanwhile.
        with suppress(FileNotFoundError):
            mend(store, difference, files=files)
        found.append(difference)
    return found


def differences(store: Store, *, is_recording: bool = False) -> Iterator[Difference]:
    """Looks at every row and every file once, but not into files; a camera's at a time.

    `is_recording`: somebody writes meanwhile, so what grows and what goes is as it should be.
    """
    if not is_recording:
        yield from _unsettled(store)
    seen = []
    for folder, found in groupby(store.found(), key=lambda one: one.camera_id):
        seen.append(folder)
        yield from _of_folder(store, folder, list(found))
    with_files = Segment.objects.filter(state__in=[_State.COMPLETE, _State.SUSPECT])
    for segment in with_files.exclude(folder__in=seen).order_by():
        yield Difference("missing", store.segment(segment.folder, segment.uuid), segment)
    yield from _of_clips(store)


def changed_contents(store: Store) -> Iterator[Difference]:
    """Reads every complete segment and compares checks and digest; as long as the disk takes."""
    for segment in Segment.objects.filter(state=_State.COMPLETE).iterator():
        path = store.segment(segment.folder, segment.uuid)
        with suppress(FileNotFoundError):
            scanned = scan(path, is_checked=True)
            if scanned.problem or scanned.digest != bytes(segment.digest):
                yield Difference("changed", path, segment)


def mend(store: Store, difference: Difference, *, files: Files = OS_FILES) -> None:
    """Puts it right; harmless when it is already. Raises OSError as the disk does."""
    row, at = difference.row, difference.at
    if isinstance(row, Clip):
        reason = "Its file is gone."
        Clip.objects.filter(pk=row.pk).update(state=Clip.State.FAILED, reason=reason, bytes=0)
        return
    if row is None:
        store.quarantine(at)
        faultpoint("after_quarantine")
        return
    by_kind: dict[Kind, Callable[[], object]] = {
        "unfinished": lambda: _finish(store, row, at, files),
        "returned": lambda: _finish(store, row, at, files),
        "leaving": lambda: keeping.finish_letting_go(store),
        "missing": lambda: keeping.miss(row),
        "resized": lambda: keeping.suspect(row, _extent(row)),
        "changed": lambda: keeping.suspect(row, _extent(row)),
    }
    by_kind[difference.kind]()
    faultpoint("after_row_repair")


def adopt(store: Store, path: Path, *, files: Files = OS_FILES) -> Segment | None:
    """Makes a row of a segment's file that has none, be it in its camera's folder or in
    quarantine; None if it is no segment of a camera that there is, overlaps another one, or tells
    of a boot and times that cannot be. Raises OSError as the disk does."""
    try:
        scanned = end_with_whole_fragment(path, files=files)
    except FileNotFoundError:
        # A link, or a folder.
        return None
    head = scanned.head
    if head is None or not scanned.fragments:
        return None
    tag = head.tag
    if not Camera.objects.filter(pk=tag.camera_id).exists():
        return None
    if Segment.objects.filter(pk=tag.segment).exists():
        # A copy of one that is known.
        return None
    boot = _boot_of(head)
    if boot is None:
        return None
    segment = keeping.draft(boot, head)
    if keeping.is_recorded(tag.camera_id, boot, segment.start_90k, scanned.end_90k):
        return None
    segment.save(force_insert=True)
    home = store.camera_folder(tag.camera_id) / segment_name(tag.segment)
    if path != home:
        files.rename(path, home)
        files.fsync_dir(home.parent)
        files.fsync_dir(path.parent)
    _settle(segment, scanned)
    return segment


def _boot_of(head: SegmentHead) -> Boot | None:
    """The boot that a file tells of, made if it is not known."""
    tag, longest = head.tag, Boot._meta.get_field("name").max_length
    if not (0 < len(tag.boot) <= longest and tag.boot.isprintable()):
        return None
    try:
        boot = Boot(name=tag.boot, zero_at=_EPOCH + timedelta(milliseconds=tag.zero_unix_ms))
        if not _EARLIEST <= wall_of(boot, head.pts_origin) <= _LATEST:
            return None
    except OverflowError:
        return None
    return Boot.objects.get_or_create(name=boot.name, defaults={"zero_at": boot.zero_at})[0]


def adoptable(store: Store) -> Iterator[Path]:
    """The files that no row knows of, in cameras' folders and in quarantine."""
    yield from (one.at for one in differences(store) if one.kind == "unknown")
    quarantine = store.root / QUARANTINE
    if quarantine.is_dir():
        yield from sorted(quarantine.iterdir())


def _unsettled(store: Store) -> Iterator[Difference]:
    for segment in Segment.objects.filter(state__in=[_State.WRITING, _State.DELETING]):
        kind: Kind = "unfinished" if segment.state == _State.WRITING else "leaving"
        yield Difference(kind, store.segment(segment.folder, segment.uuid), segment)


def _of_folder(store: Store, folder: int, found: list[Found]) -> Iterator[Difference]:
    ours = {one.segment: one.path for one in found if one.segment}
    yield from (Difference("unknown", one.path) for one in found if one.segment is None)
    rows = Segment.objects.filter(folder=folder).order_by().values_list("uuid", "state", "bytes")
    for uuid, state, size in rows.iterator():
        path = ours.pop(uuid, None)
        if kind := _kind_of(state, size, path):
            at = path or store.segment(folder, uuid)
            # Both may have moved on since they were listed.
            segment = Segment.objects.filter(pk=uuid, state=state).first()
            if segment and at.exists() == (kind != "missing"):
                yield Difference(kind, at, segment)
    for uuid, path in ours.items():
        # It may have been let go meanwhile, or its row wait for the database.
        is_in_journal = (store.root / JOURNAL / f"{uuid}.json").exists()
        is_known = Segment.objects.filter(pk=uuid, folder=folder).exists()
        if not is_in_journal and not is_known and path.exists():
            yield Difference("unknown", path)


def _kind_of(state: str, size: int, path: Path | None) -> Kind | None:
    """How a row differs from its file, if there was one; None for not at all."""
    if state in (_State.WRITING, _State.DELETING):
        return None
    if state in (_State.MISSING, _State.LOST):
        return "returned" if path else None
    if path is None:
        return "missing"
    try:
        is_whole = state != _State.COMPLETE or os.stat(path).st_size == size
    except FileNotFoundError:
        return "missing"
    return None if is_whole else "resized"


def _of_clips(store: Store) -> Iterator[Difference]:
    folder = store.root / CLIPS
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    for clip in Clip.objects.filter(state=Clip.State.READY):
        path = folder / f"{clip.file}.mp4"
        # It may have been made since.
        if path.name not in names and not path.exists():
            yield Difference("clip_missing", path, clip)
    known = {f"{uuid}.mp4" for uuid in Clip.objects.values_list("file", flat=True)}
    for name in sorted(names - known):
        if _is_clip_name(name):
            yield Difference("unknown", folder / name)


def _is_clip_name(name: str) -> bool:
    try:
        return name == f"{UUID(name.removesuffix('.mp4'))}.mp4"
    except ValueError:
        return False


def _finish(store: Store, segment: Segment, path: Path, files: Files) -> None:
    """What a file whose writer died is worth."""
    try:
        scanned = end_with_whole_fragment(path, files=files)
    except FileNotFoundError:
        keeping.give_up(segment)
        return
    except OSError as error:
        log.warning("%s cannot be read: %s", path.name, error)
        keeping.suspect(segment, _extent(segment))
        return
    is_ours = scanned.head is not None and scanned.head.tag.segment == segment.uuid
    if scanned.fragments and is_ours:
        _settle(segment, scanned)
        return
    # Whoever wrote so much else under its name: nothing is deleted that may be worth something.
    if scanned.fragments or path.lstat().st_size > LARGEST_INIT:
        store.quarantine(path)
    else:
        store.remove(path)
    keeping.give_up(segment)


def _settle(segment: Segment, scanned: Scanned) -> None:
    extent = Extent(scanned.end_90k, scanned.whole_bytes, scanned.frames)
    if scanned.problem:
        keeping.suspect(segment, extent)
    else:
        keeping.complete(segment, extent, digest=scanned.digest)


def _extent(segment: Segment) -> Extent:
    return Extent(segment.end_90k, segment.bytes, segment.frames)
