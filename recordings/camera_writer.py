"""Writes one camera's pictures into segments, in a thread of its own."""

import errno
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from uuid import UUID, uuid4

from django.db import Error as DatabaseAway

from detections.models import Boot
from recordings import keeping
from recordings.files.cutter import SegmentCutter, Step
from recordings.files.disk import OS_FILES, Files, problem_of
from recordings.files.layout import NoSegmentHere, SegmentTag, segment_start
from recordings.files.names import Store, StoreRefused
from recordings.files.writer import SegmentFailed, SegmentWriter
from recordings.keeping import Extent, SegmentsOverlap
from recordings.ledger import Ledger
from recordings.models import Segment
from recordings.rolling import Piece
from recordings.troubles import DISK_PROBLEMS, STORE_FOREIGN, STORE_MISSING
from recordings.unit_queue import End, Order, UnitQueue
from streaming.media.access_unit import AccessUnit
from streaming.media.backoff import Backoff
from streaming.media.problems import CameraProblem, Problem

log = logging.getLogger(__name__)

# When nothing comes for so long, what waits is written: longer than a look at the ring takes.
IDLE_S = 0.9
SYNC_S = 0.9
# Recording goes on within that of space on the disk.
_LONGEST_REST_S = 4.0
# Pictures that cannot be recorded are tried again after that.
_REFUSED_REST_S = 60.0
_PROBE = b"Petcam looks whether the disk takes anything.\n" * 100


class CameraWriter:
    """`run` blocks until the queue is closed and empty. A disk that fails ends a segment, never
    the writer: `trouble` says what keeps it from writing, and it tries again."""

    def __init__(
        self,
        camera_id: int,
        queue: UnitQueue,
        ledger: Ledger,
        *,
        store: Store,
        store_uuid: UUID,
        boot: Callable[[], Boot],
        after_90k: int = -1,
        files: Files = OS_FILES,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`after_90k`: the media time up to which the camera is recorded already."""
        self.trouble: Problem | None = None
        # Since the start: segments begun, bytes of those that are over, pictures left out.
        self.segments = self.bytes = self.left_out = 0
        # The media time up to which it is synced.
        self.synced_90k = after_90k
        self._camera_id, self._queue, self._ledger, self._boot = camera_id, queue, ledger, boot
        self._store, self._store_uuid, self._files = store, store_uuid, files
        self._clock_s = clock_s
        self._cutter = SegmentCutter(after_90k=after_90k)
        self._writer: SegmentWriter | None = None
        self._segment: Segment | None = None
        self._synced_at_s = 0.0
        self._backoff = Backoff(longest_s=_LONGEST_REST_S)
        self._rests_until_s = 0.0

    @property
    def is_writing(self) -> bool:
        """Whether a segment grows now. Any thread."""
        return self._writer is not None

    @property
    def written_bytes(self) -> int:
        """How much was written, the growing segment too. Any thread."""
        writer = self._writer
        return self.bytes + (writer.bytes if writer else 0)

    def run(self) -> None:
        """Until the queue ends. What is open ends then, and when something fails that nobody
        thought of."""
        try:
            while (orders := self._queue.take(IDLE_S)) is not None:
                for order in orders:
                    self.obey(order)
                self.settle(is_idle=not orders)
        finally:
            self._guard(self._end)

    def obey(self, order: Order) -> None:
        """Write a piece, or end the segment."""
        self._guard(partial(self._obey, order))

    def settle(self, *, is_idle: bool) -> None:
        """After each batch of orders; `is_idle`: nothing has come for a while."""
        self._guard(partial(self._settle, is_idle=is_idle))

    def _guard(self, work: Callable[[], None]) -> None:
        """Does it, and takes what the disk, the store and the camera may do."""
        try:
            work()
        except SegmentFailed as failed:
            self._failed(failed)
        except StoreRefused as refused:
            log.error("camera %d: %s", self._camera_id, refused)
            self._rest(STORE_MISSING if refused.reason == "missing" else STORE_FOREIGN)
        except OSError as error:
            log.error("camera %d: not recorded: %s", self._camera_id, error)
            self._rest(DISK_PROBLEMS[problem_of(error)])
        except CameraProblem as refused:
            log.warning("camera %d: not recorded: %s", self._camera_id, refused)
            self._guard(self._end)
            self._rest(refused.problem, for_s=_REFUSED_REST_S)

    def _obey(self, order: Order) -> None:
        if isinstance(order, End):
            self._cutter.end()
            self._end(order.next_90k)
            return
        if self._clock_s() < self._rests_until_s:
            self.left_out += len(order.units)
            self._cutter.end()
            return
        self._write(order)

    def _write(self, piece: Piece) -> None:
        if not piece.follows:
            self._cutter.end()
        for unit in piece.units:
            step = self._cutter.step(unit)
            if step is Step.SKIP:
                self.left_out += 1
            elif step is Step.ADD and self._writer is not None:
                self._writer.add(unit)
            else:
                self._begin(unit, is_after_gap=step is Step.BEGIN_AFTER_GAP)

    def _begin(self, keyframe: AccessUnit, *, is_after_gap: bool) -> None:
        self._end(keyframe.pts_90k, is_gap=is_after_gap)
        try:
            self._open(keyframe, is_after_gap=is_after_gap)
        except NoSegmentHere as error:
            log.warning("camera %d: a keyframe is left out: %s", self._camera_id, error)
            self._cutter.end()
        except SegmentsOverlap as error:
            log.warning("camera %d: recorded already: %s", self._camera_id, error)
            self._go_on_after_what_is_recorded()

    def _go_on_after_what_is_recorded(self) -> None:
        try:
            until = self._ledger.recorded_until(self._camera_id, self._boot())
        except (DatabaseAway, TimeoutError) as error:
            # The next keyframe asks again.
            log.warning(
                "camera %d: the database does not say until when: %s", self._camera_id, error
            )
            self._cutter.end()
        else:
            self._cutter = SegmentCutter(after_90k=until)

    def _open(self, keyframe: AccessUnit, *, is_after_gap: bool) -> None:
        """The row first, then the file."""
        self._store.check(self._store_uuid)
        folder = self._store.camera_folder(self._camera_id)
        if self.trouble is not None:
            # Otherwise there would be a row for each try.
            self._probe()
        boot, uuid = self._boot(), uuid4()
        zero_unix_ms = round(boot.zero_at.timestamp() * 1000)
        tag = SegmentTag(uuid, self._camera_id, boot.name, zero_unix_ms)
        start = segment_start(tag, keyframe)
        segment = keeping.draft(boot, start.head, is_after_gap=is_after_gap)
        self._ledger.begin(segment)
        name = self._store.segment(self._camera_id, uuid).name
        self._segment = segment
        self._writer = SegmentWriter(folder, name, start, files=self._files)
        self.segments += 1
        self._writer.add(keyframe)

    def _settle(self, *, is_idle: bool) -> None:
        writer, segment = self._writer, self._segment
        if writer is None or segment is None:
            return
        if is_idle:
            writer.flush()
        else:
            writer.flush_known()
        now_s = self._clock_s()
        if writer.synced_bytes == writer.bytes or now_s - self._synced_at_s < SYNC_S:
            return
        writer.sync()
        self._synced_at_s = self._clock_s()
        self.synced_90k = writer.end_90k
        if writer.frames:
            self._ledger.grew(segment, Extent(writer.end_90k, writer.bytes, writer.frames))
            self.trouble = None
            self._backoff = Backoff(longest_s=_LONGEST_REST_S)

    def _end(self, next_90k: int | None = None, *, is_gap: bool = False) -> None:
        """The open segment is over, lastingly; the next unit begins another."""
        writer, segment = self._writer, self._segment
        if writer is None or segment is None:
            return
        written = writer.close(next_90k, is_gap=is_gap)
        self._writer = self._segment = None
        self.bytes += written.bytes
        self.synced_90k = written.end_90k
        if written.frames:
            self._ledger.complete(segment, written)
        else:
            self._give_up(segment)

    def _failed(self, failed: SegmentFailed) -> None:
        """The disk has ended the segment."""
        log.error("camera %d: %s", self._camera_id, failed)
        segment, self._segment, self._writer = self._segment, None, None
        kept = failed.kept
        self.bytes += kept.bytes
        if segment is not None and kept.frames:
            tell = self._ledger.suspect if failed.is_suspect else self._ledger.complete
            tell(segment, kept)
        elif segment is not None:
            self._give_up(segment)
        self._rest(DISK_PROBLEMS[failed.reason])

    def _give_up(self, segment: Segment) -> None:
        """There is no picture in it."""
        with suppress(OSError):
            self._store.remove(self._store.segment(self._camera_id, segment.uuid))
        self._ledger.give_up(segment)

    def _rest(self, trouble: Problem, *, for_s: float | None = None) -> None:
        self.trouble = trouble
        self._cutter.end()
        delay_s = self._backoff.delay_s(0) if for_s is None else for_s
        self._rests_until_s = self._clock_s() + delay_s

    def _probe(self) -> None:
        """Raises OSError unless the disk takes something and says that it is lasting."""
        path = self._store.root / f".probe-{self._camera_id}"
        with suppress(FileNotFoundError):
            self._files.unlink(path)
        fd = self._files.create(path)
        try:
            if self._files.write(fd, [_PROBE]) < len(_PROBE):
                raise OSError(errno.ENOSPC, "the disk is full")
            self._files.fsync(fd)
        finally:
            self._files.close(fd)
            self._files.unlink(path)
