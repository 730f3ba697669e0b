"""Rows and files of segments, in an order in which every death in between can be repaired.

A segment begins with its row, then comes its file; it ends with its file synced, then its row says
so; it goes with its row saying so, then its file, then its row. docs/recordings.md has all of it.

Everything here blocks and talks to the database.
"""

import time
from collections.abc import Iterable
from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from detections.clocks import wall_of
from detections.models import Boot
from recordings.files.faultpoints import faultpoint
from recordings.files.layout import SegmentHead
from recordings.files.names import Store
from recordings.models import Segment
from streaming.media.clock import VIDEO_CLOCK_RATE
from streaming.models import Camera

_AT_ONCE = 500
_SHIFTED_AT_ONCE = 200
# Who waits for SQLite looks again at least that often, at first.
_PAUSE_S = 0.03
_State = Segment.State
# A file that was gone may come back, with its disk.
_GONE = (_State.MISSING, _State.LOST)

_GROW = (
    "UPDATE recordings_segment SET end_90k = %s, ended_at = %s, bytes = %s, frames = %s"
    " WHERE uuid = %s AND state = %s AND started_at = %s"
)


class SegmentsOverlap(ValueError):
    """The camera has a segment already that lasts until later than this one begins."""


class Extent(NamedTuple):
    """How far a segment has come: the media time at its end, and what lies in its file."""

    end_90k: int
    bytes: int
    frames: int


def draft(boot: Boot, head: SegmentHead, *, is_after_gap: bool = False) -> Segment:
    """The row of a segment that is about to begin, not in the database yet. Asks for nothing
    there, so that recording can go on without it."""
    started_at = wall_of(boot, head.pts_origin)
    return Segment(
        uuid=head.tag.segment,
        camera_id=head.tag.camera_id,
        folder=head.tag.camera_id,
        boot=boot,
        start_90k=head.pts_origin,
        end_90k=head.pts_origin,
        started_at=started_at,
        ended_at=started_at,
        codec=head.codec,
        width=head.width,
        height=head.height,
        init_bytes=head.init_bytes,
        pts_origin=head.pts_origin,
        is_after_gap=is_after_gap,
    )


def begin(segment: Segment) -> None:
    """Commits the row of a `draft`: call it before its file is made.

    Raises SegmentsOverlap; begin after `recorded_until` instead.
    """
    with transaction.atomic():
        until = recorded_until(segment.folder, segment.boot)
        if until is not None and until > segment.start_90k:
            raise SegmentsOverlap(f"camera {segment.folder} is recorded until {until}")
        segment.save(force_insert=True)
    faultpoint("after_row_insert")


def recorded_until(camera_id: int, boot: Boot) -> int | None:
    """The media time up to which the camera is recorded in this boot; None for not at all."""
    begun = Segment.objects.filter(camera=camera_id, boot=boot).order_by("-start_90k")
    return begun.values_list("end_90k", flat=True).first()


def is_recorded(camera_id: int, boot: Boot, start_90k: int, end_90k: int) -> bool:
    """Whether the camera has some of that stretch of media time."""
    begun = Segment.objects.filter(camera=camera_id, boot=boot, start_90k__lt=end_90k)
    # No two overlap: only the last one can reach into it.
    until = begun.order_by("-start_90k").values_list("end_90k", flat=True).first()
    return until is not None and until > start_90k


def grew(segment: Segment, extent: Extent) -> bool:
    """Commits how far the file is synced; False when the row is not to be written any more.

    Here as below the segment that is passed follows.
    """
    _reach(segment, extent)
    is_there = _grow_quickly(segment) or _update(segment, [_State.WRITING])
    faultpoint("after_row_grew")
    return is_there


def complete(segment: Segment, extent: Extent, *, digest: bytes) -> bool:
    """Commits that the file is whole and synced, with its BLAKE2b digest; False when the row is
    not to be written any more."""
    _reach(segment, extent)
    segment.state, segment.digest = _State.COMPLETE, digest
    is_there = _update(segment, [_State.WRITING, _State.SUSPECT, *_GONE])
    faultpoint("after_row_complete")
    return is_there


def suspect(segment: Segment, extent: Extent) -> bool:
    """Commits that the disk failed under the file, of which so much may be whole."""
    _reach(segment, extent)
    segment.state, segment.digest = _State.SUSPECT, b""
    return _update(segment, [_State.WRITING, _State.COMPLETE, _State.SUSPECT, *_GONE])


def give_up(segment: Segment) -> bool:
    """Commits that nothing of it reached the disk and no file is left: a gap."""
    segment.state, segment.bytes, segment.frames = _State.LOST, 0, 0
    return _update(segment, [_State.WRITING, _State.SUSPECT])


def miss(segment: Segment) -> bool:
    """Commits that its file is gone, which was not our doing."""
    segment.state, segment.bytes = _State.MISSING, 0
    return _update(segment, [_State.COMPLETE, _State.SUSPECT])


def reconcile(segment: Segment) -> None:
    """Commits a row as it is here, made or changed while the database was away.

    What was decided there since, that it goes, stands.
    """
    with transaction.atomic():
        known = Segment.objects.filter(pk=segment.pk).first()
        if known is not None and known.state == _State.DELETING:
            return
        if not Camera.objects.filter(pk=segment.camera_id).exists():
            segment.camera_id = None
        if known is None:
            segment.save(force_insert=True)
        else:
            segment.is_protected = known.is_protected
            segment.save(force_update=True)


def let_go(store: Store, segment_ids: Iterable[UUID]) -> int:
    """Deletes files and rows for good, but no growing and no protected ones; how many.

    Whoever reads a file reads it to its end. Raises OSError as the disk does: what was begun is
    not shown any more, and finished by `finish_letting_go`.
    """
    ids, gone = list(segment_ids), 0
    for start in range(0, len(ids), _AT_ONCE):
        with transaction.atomic():
            going = Segment.objects.filter(
                pk__in=ids[start : start + _AT_ONCE], is_protected=False
            ).exclude(state=_State.WRITING)
            going.update(state=_State.DELETING)
        faultpoint("after_row_deleting")
        gone += finish_letting_go(store)
    return gone


def finish_letting_go(store: Store) -> int:
    """Deletes the files and rows of all segments that are on their way out; how many."""
    going = list(Segment.objects.filter(state=_State.DELETING).values_list("folder", "uuid"))
    for folder, uuid in going:
        path = store.segment(folder, uuid)
        if path.parent.is_dir():
            store.remove(path)
        Segment.objects.filter(pk=uuid, state=_State.DELETING).delete()
        faultpoint("after_row_delete")
    return len(going)


def follow_clock(boot: Boot, *, is_thorough: bool = False) -> int:
    """Gives the boot's segments the wall clock times that it says now; how many had others.

    When the clock is set, all of the boot's media times are of other wall clock times than was
    thought: so they stay in order, and none overlaps another. Others write meanwhile: some rows
    are changed at a time, the newest first, with pauses that nobody who waits misses.

    Looks at the first and the last one alone to see whether there is anything to do, and at each
    with `is_thorough`: a recorder that died may have left some between them.
    """
    of_boot = Segment.objects.filter(boot=boot)
    ends = [of_boot.order_by(order).first() for order in ("start_90k", "-start_90k")]
    if not is_thorough and all(segment is None or _is_timed(segment, boot) for segment in ends):
        return 0
    columns = "uuid", "start_90k", "started_at"
    newest_first = of_boot.order_by("-start_90k").values_list(*columns)
    shifts = [
        (shift, uuid)
        for uuid, start_90k, started_at in newest_first.iterator()
        if not _is_close(shift := wall_of(boot, start_90k) - started_at)
    ]
    for start in range(0, len(shifts), _SHIFTED_AT_ONCE):
        _shift(shifts[start : start + _SHIFTED_AT_ONCE])
        time.sleep(_PAUSE_S)
    return len(shifts)


def _shift(shifts: Iterable[tuple[timedelta, UUID]]) -> None:
    with transaction.atomic():
        for shift, some in groupby(shifts, key=itemgetter(0)):
            rows = Segment.objects.filter(pk__in=[uuid for _, uuid in some])
            rows.update(started_at=F("started_at") + shift, ended_at=F("ended_at") + shift)


def lasting(segment: Segment) -> timedelta:
    """How long it is, by media time, which no clock changes."""
    return timedelta(seconds=(segment.end_90k - segment.start_90k) / VIDEO_CLOCK_RATE)


def _is_timed(segment: Segment, boot: Boot) -> bool:
    return _is_close(wall_of(boot, segment.start_90k) - segment.started_at)


def _is_close(shift: timedelta) -> bool:
    return abs(shift) < timedelta(seconds=1)


def _reach(segment: Segment, extent: Extent) -> None:
    segment.end_90k, segment.bytes, segment.frames = extent
    segment.ended_at = segment.started_at + lasting(segment)


def _grow_quickly(segment: Segment) -> bool:
    """What `_update` does of a growing row, in a third of its time: it is done each second for each
    camera. False as well when the clock was followed since the segment was read."""
    told = ("end_90k", "ended_at", "bytes", "frames", "uuid", "state", "started_at")
    values = [
        Segment._meta.get_field(name).get_db_prep_save(getattr(segment, name), connection)
        for name in told
    ]
    with connection.cursor() as cursor:
        cursor.execute(_GROW, values)
        return bool(cursor.rowcount)


def _update(segment: Segment, states: list[str]) -> bool:
    rows = Segment.objects.filter(pk=segment.pk, state__in=states)
    return bool(
        rows.update(
            state=segment.state,
            end_90k=segment.end_90k,
            # The clock may have been followed since the segment was read.
            ended_at=F("started_at") + lasting(segment),
            bytes=segment.bytes,
            frames=segment.frames,
            digest=segment.digest,
        )
    )
