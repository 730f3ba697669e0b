"""The rows of growing segments, as the threads that write files tell of them.

One thread talks to the database, and nobody waits for it for long: what it cannot write now goes
into the journal, and into the database when that is back.
"""

import copy
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import TypeVar
from uuid import UUID

from django.db import Error as DatabaseAway
from django.db import connections, transaction

from detections.models import Boot
from recordings import keeping
from recordings.files.writer import Written
from recordings.journal import Journal
from recordings.keeping import Extent
from recordings.models import Segment

log = logging.getLogger(__name__)

PATIENCE_S = 2.0
_State = Segment.State
T = TypeVar("T")


class Ledger:
    """What becomes of segments, committed or journalled when a method returns. Any thread.

    `rows` is the one thread that the database is talked to in.
    """

    def __init__(self, journal: Journal, rows: Executor, *, patience_s: float = PATIENCE_S) -> None:
        self._journal, self._rows, self._patience_s = journal, rows, patience_s
        self._lock = threading.Lock()
        self._is_away = False
        # Since the start, whatever became of them.
        self.ended_segments = 0
        self._grown: dict[UUID, tuple[Segment, Extent]] = {}
        # What the database is to be told, by the journal too unless the disk is away as well.
        self._waiting = {segment.uuid: segment for segment in journal.read()}

    @property
    def is_away(self) -> bool:
        """Whether the journal is written instead of the database."""
        return self._is_away

    def begin(self, segment: Segment) -> None:
        """Call it before the file is made. Raises SegmentsOverlap, and OSError when neither the
        database nor the journal takes it."""
        self._tell(partial(keeping.begin, copy.copy(segment)), segment, is_beginning=True)

    def grew(self, segment: Segment, extent: Extent) -> None:
        """Its file is synced so far; `write` commits it."""
        with self._lock:
            self._grown[segment.uuid] = segment, extent

    def complete(self, segment: Segment, written: Written) -> None:
        """Its file is whole and synced."""
        extent = self._end(segment, _State.COMPLETE, written)
        told = copy.copy(segment)
        self._tell(partial(keeping.complete, told, extent, digest=written.digest), segment)

    def suspect(self, segment: Segment, written: Written) -> None:
        """The disk failed under it."""
        extent = self._end(segment, _State.SUSPECT, written)
        self._tell(partial(keeping.suspect, copy.copy(segment), extent), segment)

    def give_up(self, segment: Segment) -> None:
        """There is nothing of it, nor a file."""
        with self._lock:
            self._grown.pop(segment.uuid, None)
        segment.state = _State.LOST
        self._tell(partial(keeping.give_up, copy.copy(segment)), segment)

    def recorded_until(self, camera_id: int, boot: Boot) -> int:
        """The media time up to which the camera is recorded in this boot, -1 for not at all.
        Raises what the database raises."""
        work = partial(keeping.recorded_until, camera_id, boot)
        until = self._rows.submit(connected, work).result(self._patience_s)
        return -1 if until is None else until

    @property
    def has_grown(self) -> bool:
        """Whether `write` has to tell how far segments have grown."""
        return bool(self._grown)

    @property
    def is_behind(self) -> bool:
        """Whether `write` has to tell what the database missed."""
        return bool(self._waiting or self._is_away)

    def write(self) -> None:
        """Commits what it was told meanwhile, and what was told to the journal. In the database's
        thread, every few seconds; raises what the database raises, and nothing is lost by that."""
        self.reconcile()
        with self._lock:
            grown, self._grown = self._grown, {}
        if not grown:
            return
        with transaction.atomic():
            for segment, extent in grown.values():
                keeping.grew(copy.copy(segment), extent)

    def reconcile(self) -> None:
        """Tells the database what it missed; afterwards it is told again before the journal."""
        while waiting := list(self._waiting.values()):
            for segment in waiting:
                self._reconcile_one(segment)
        with self._lock:
            if not self._waiting:
                self._is_away = False

    def _reconcile_one(self, segment: Segment) -> None:
        row = copy.copy(segment)
        boot = segment.boot
        row.boot, _ = Boot.objects.get_or_create(name=boot.name, defaults={"zero_at": boot.zero_at})
        keeping.reconcile(row)
        with self._lock:
            if self._waiting[segment.uuid] is segment:
                del self._waiting[segment.uuid]
                self._journal.forget(segment.uuid)

    def _end(self, segment: Segment, state: str, written: Written) -> Extent:
        """Lets the segment say how it ended, as its row will."""
        with self._lock:
            self._grown.pop(segment.uuid, None)
            self.ended_segments += 1
        extent = Extent(written.end_90k, written.bytes, written.frames)
        segment.state, segment.digest = state, written.digest if state == _State.COMPLETE else b""
        segment.end_90k, segment.bytes, segment.frames = extent
        segment.ended_at = segment.started_at + keeping.lasting(segment)
        return extent

    def _tell(
        self, work: Callable[[], object], segment: Segment, *, is_beginning: bool = False
    ) -> None:
        if not self._is_away and self._told(work):
            return
        kept = copy.copy(segment)
        with self._lock:
            self._is_away = True
            self._waiting[segment.uuid] = kept
            try:
                self._journal.write(kept)
            except OSError as error:
                if is_beginning:
                    del self._waiting[segment.uuid]
                    raise
                # Memory has it, and the file tells as much to the next start.
                log.warning("segment %s is not in the journal: %s", segment.uuid, error)

    def _told(self, work: Callable[[], object]) -> bool:
        future = self._rows.submit(connected, work)
        try:
            future.result(self._patience_s)
        except (DatabaseAway, TimeoutError) as error:
            # Should it still come about later, then before the journal's word for it.
            future.cancel()
            log.warning("the database is away, the journal is written: %s", error or "no answer")
            return False
        return True


def connected(work: Callable[[], T]) -> T:
    """Does the work in this thread; a connection that broke is not used again."""
    try:
        return work()
    except DatabaseAway:
        connections.close_all()
        raise
