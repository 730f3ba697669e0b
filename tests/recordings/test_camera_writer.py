import errno
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch
from uuid import uuid4

import av
from django.db import OperationalError
from django.test import TestCase
from django.utils import timezone

from detections.models import Boot
from recordings.camera_writer import CameraWriter
from recordings.files.names import Store
from recordings.files.scan import scan
from recordings.files.writer import SegmentWriter
from recordings.journal import Journal
from recordings.ledger import Ledger
from recordings.models import Segment
from recordings.rolling import Piece, RollingBuffer
from recordings.troubles import DISK_FULL, IO_ERROR, READ_ONLY, STORE_FOREIGN, STORE_MISSING
from recordings.unit_queue import UnitQueue
from recordings.wanted import EVERYTHING
from streaming.media.access_unit import AccessUnit
from streaming.media.problems import B_FRAMES
from tests.builders import make_camera
from tests.cast import make_cast
from tests.recordings.databases import AtOnce
from tests.recordings.files.disks import FailingDisk, at
from tests.streaming.media.moving_picture import encoded_units

S = 90_000
FIRST = 1000 * S
STEP = 3000
# 4 s, a keyframe each half of a second.
UNITS = encoded_units(120, first_pts_90k=FIRST)


def pieces(units: Sequence[AccessUnit]) -> list[Piece]:
    buffer, got = RollingBuffer(keep_90k=0, most_bytes=100_000_000), []
    for unit in units:
        buffer.add(unit)
        got += buffer.take(EVERYTHING)
    return got


@dataclass
class HealingDisk(FailingDisk):
    """Fails until it `is_healed`."""

    is_healed: bool = False

    def _reach(self, kind: str) -> bool:
        return not self.is_healed and super()._reach(kind)


class CameraWriterTests(TestCase):
    """Everything is done by the test itself, and its clock stands unless it is moved."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.store, self.uuid = Store(Path(folder.name)), uuid4()
        self.store.make(self.uuid)
        self.camera = make_camera(make_cast().home)
        self.boot = Boot.objects.create(name="a boot", zero_at=timezone.now() - timedelta(hours=1))
        self.ledger = Ledger(Journal(self.store.folder("journal")), AtOnce())
        self.now_s = 1000.0

    def writer(self, **overrides: object) -> CameraWriter:
        self.queue = UnitQueue()
        settings = {
            "store": self.store,
            "store_uuid": self.uuid,
            "boot": lambda: self.boot,
            "clock_s": lambda: self.now_s,
        }
        return CameraWriter(self.camera.pk, self.queue, self.ledger, **settings | overrides)

    def write(self, writer: CameraWriter, given: Sequence[Piece]) -> None:
        """As much as the writer's thread does when it wakes up for these pieces, a second later."""
        self.queue.put(given)
        self.now_s += 1
        for order in self.queue.take(0):
            writer.obey(order)
        writer.settle(is_idle=False)
        self.ledger.write()

    def finish(self, writer: CameraWriter) -> None:
        self.queue.close()
        writer.run()
        self.ledger.write()

    def rows(self, *columns: str) -> list[tuple]:
        return list(Segment.objects.order_by("start_90k").values_list(*columns))

    def path(self, row: Segment) -> Path:
        return self.store.segment(self.camera.pk, row.uuid)

    def recorded(self) -> int:
        """How many pictures there are, each of which decodes, in files that are as rows say."""
        count = 0
        for row in Segment.objects.exclude(state=Segment.State.LOST):
            scanned = scan(self.path(row), is_checked=True)
            self.assertEqual(scanned.problem, "")
            if row.state == Segment.State.COMPLETE:
                self.assertEqual(
                    (scanned.whole_bytes, scanned.digest), (row.bytes, bytes(row.digest))
                )
            with av.open(str(self.path(row))) as file:
                frames = sum(1 for _ in file.decode(video=0))
            self.assertEqual(frames, row.frames)
            count += frames
        return count

    def test_every_picture_is_in_one_segment_and_its_row_says_so(self):
        writer = self.writer()
        self.queue.put(pieces(UNITS))
        self.finish(writer)

        self.assertEqual(self.recorded(), 120)
        self.assertEqual(
            self.rows("state", "start_90k", "end_90k", "is_after_gap", "width", "height"),
            [("complete", FIRST, FIRST + 120 * STEP, True, 320, 240)],
        )
        self.assertEqual(writer.written_bytes, Segment.objects.get().bytes)

    def test_a_growing_segment_s_row_follows_what_is_synced(self):
        writer = self.writer()
        self.write(writer, pieces(UNITS)[:100])
        row = Segment.objects.get()

        self.assertEqual(row.state, "writing")
        # How long the newest picture lasts is not known yet.
        self.assertEqual((row.frames, row.end_90k), (99, FIRST + 99 * STEP))
        self.assertEqual(row.bytes, self.path(row).stat().st_size)
        self.assertTrue(writer.is_writing)

    def test_what_waits_is_written_when_nothing_comes_any_more(self):
        writer = self.writer()
        self.write(writer, pieces(UNITS)[:100])
        self.now_s += 1
        writer.settle(is_idle=True)
        self.ledger.write()

        self.assertEqual(Segment.objects.get().frames, 100)

    def test_the_end_of_what_is_wanted_ends_the_segment_where_the_rest_begins(self):
        writer, given = self.writer(), pieces(UNITS)
        self.queue.put(given[:30])
        self.queue.end(UNITS[30].pts_90k - 7)
        self.queue.put(given[30:])
        self.finish(writer)

        self.assertEqual(
            self.rows("state", "start_90k", "end_90k"),
            [
                ("complete", FIRST, UNITS[30].pts_90k - 7),
                ("complete", UNITS[30].pts_90k, FIRST + 120 * STEP),
            ],
        )
        self.assertEqual(self.recorded(), 120)

    def test_what_does_not_follow_begins_a_segment_after_a_gap(self):
        writer, given = self.writer(), pieces(UNITS)
        self.queue.put([*given[:45], given[60]._replace(follows=False), *given[61:]])
        self.finish(writer)

        self.assertEqual(
            self.rows("frames", "end_90k", "is_after_gap"),
            [(45, FIRST + 45 * STEP, True), (60, FIRST + 120 * STEP, True)],
        )

    def test_other_parameter_sets_begin_another_segment_without_a_gap(self):
        wide = at(encoded_units(30, width=640, height=360), FIRST + 120 * STEP)
        writer = self.writer()
        self.queue.put(pieces([*UNITS, *wide]))
        self.finish(writer)

        self.assertEqual(
            self.rows("width", "start_90k", "end_90k", "is_after_gap"),
            [
                (320, FIRST, FIRST + 120 * STEP, True),
                (640, FIRST + 120 * STEP, FIRST + 150 * STEP, False),
            ],
        )

    def test_what_is_recorded_already_is_not_recorded_again(self):
        writer = self.writer(after_90k=UNITS[40].pts_90k)
        self.queue.put(pieces(UNITS))
        self.finish(writer)

        self.assertEqual(self.rows("start_90k", "frames"), [(UNITS[45].pts_90k, 75)])

    def test_what_nobody_told_is_recorded_already_is_found_out(self):
        first = self.writer()
        self.queue.put(pieces(UNITS[:60]))
        self.finish(first)
        second = self.writer()
        self.queue.put(pieces(UNITS[30:]))
        self.finish(second)

        self.assertEqual(
            self.rows("start_90k", "end_90k"),
            [
                (FIRST, FIRST + 60 * STEP),
                (FIRST + 60 * STEP, FIRST + 120 * STEP),
            ],
        )

    def test_a_database_that_goes_before_it_says_until_when_is_asked_at_the_next_keyframe(self):
        first = self.writer()
        self.queue.put(pieces(UNITS[:60]))
        self.finish(first)
        second = self.writer()
        self.queue.put(pieces(UNITS[30:]))
        with patch.object(self.ledger, "recorded_until", side_effect=OperationalError):
            second.obey(self.queue.take(0)[0])
        self.assertIsNone(second.trouble)
        self.queue.put(pieces(UNITS[45:]))
        self.finish(second)

        self.assertEqual(self.rows("start_90k", "frames"), [(FIRST, 60), (FIRST + 60 * STEP, 60)])

    def test_what_nobody_thought_of_ends_the_segment_too(self):
        writer = self.writer()
        self.write(writer, pieces(UNITS[:60]))
        self.queue.put(pieces(UNITS[60:]))
        with patch.object(SegmentWriter, "add", side_effect=RuntimeError):
            self.assertRaises(RuntimeError, writer.run)

        self.assertEqual(self.rows("state", "frames"), [("complete", 60), ("lost", 0)])
        self.assertEqual(self.recorded(), 60)

    def test_a_disk_that_fills_up_keeps_what_was_whole_and_is_tried_again(self):
        disk = HealingDisk("write", nth=5)
        writer = self.writer(files=disk)
        given = pieces(UNITS)
        self.write(writer, given[:70])
        full = writer.trouble, self.rows("state", "frames")
        self.now_s += 1
        self.write(writer, given[70:90])
        still_full = writer.trouble, self.rows("state", "frames")
        disk.is_healed = True
        self.now_s += 4
        self.write(writer, given[90:])
        self.finish(writer)

        # The first write is the file's head; each other one is 15 pictures.
        self.assertEqual(full, (DISK_FULL, [("complete", 45)]))
        self.assertEqual(still_full, full)
        self.assertIsNone(writer.trouble)
        self.assertEqual(self.rows("state", "frames"), [("complete", 45), ("complete", 30)])
        self.assertEqual(self.recorded(), 75)

    def test_a_disk_that_is_full_at_once_leaves_neither_files_nor_many_rows(self):
        writer = self.writer(files=HealingDisk("write"))
        given = pieces(UNITS)
        for start in range(0, 120, 15):
            self.write(writer, given[start : start + 15])
            self.now_s += 10

        self.assertEqual(self.rows("state", "bytes"), [("lost", 0)])
        self.assertEqual(list(self.store.found()), [])

    def test_a_sync_that_fails_leaves_the_segment_as_suspect(self):
        disk = HealingDisk("fdatasync", nth=2, code=errno.EIO)
        writer, given = self.writer(files=disk), pieces(UNITS)
        self.write(writer, given[:45])
        self.write(writer, given[45:75])
        failed = writer.trouble, self.rows("state")
        disk.is_healed = True
        self.now_s += 10
        self.write(writer, given[75:])
        self.finish(writer)

        self.assertEqual(failed, (IO_ERROR, [("suspect",)]))
        self.assertIsNone(writer.trouble)
        self.assertEqual(self.rows("state", "frames"), [("suspect", 74), ("complete", 45)])

    def test_a_disk_that_can_only_be_read_keeps_what_was_whole_and_is_tried_again(self):
        disk = HealingDisk("write", nth=5, code=errno.EROFS)
        writer, given = self.writer(files=disk), pieces(UNITS)
        self.write(writer, given[:70])
        failed = writer.trouble, self.rows("state", "frames")
        disk.is_healed = True
        self.now_s += 10
        self.write(writer, given[75:])
        self.finish(writer)

        self.assertEqual(failed, (READ_ONLY, [("complete", 45)]))
        self.assertIsNone(writer.trouble)
        self.assertEqual(self.rows("state", "frames"), [("complete", 45), ("complete", 45)])

    def test_below_a_disk_that_went_away_nothing_is_written(self):
        (self.store.root / "meta.json").rename(self.store.root / "elsewhere")
        writer, given = self.writer(), pieces(UNITS)
        self.write(writer, given[:30])
        missing = writer.trouble
        (self.store.root / "elsewhere").rename(self.store.root / "meta.json")
        self.now_s += 10
        self.write(writer, given[30:])
        self.finish(writer)

        self.assertEqual(missing, STORE_MISSING)
        self.assertIsNone(writer.trouble)
        self.assertEqual(self.rows("state", "frames"), [("complete", 90)])

    def test_the_store_of_another_petcam_is_left_alone(self):
        writer = self.writer(store_uuid=uuid4())
        self.write(writer, pieces(UNITS))

        self.assertEqual(writer.trouble, STORE_FOREIGN)
        self.assertEqual((self.rows("state"), list(self.store.found())), ([], []))

    def test_pictures_out_of_order_are_refused_in_words(self):
        writer = self.writer()
        self.write(writer, pieces(encoded_units(60, b_frames=2, first_pts_90k=FIRST)))
        self.finish(writer)

        self.assertEqual(writer.trouble, B_FRAMES)
        self.assertEqual(len(self.rows("state")), 1)

    def test_recording_goes_on_without_the_database(self):
        rows = AtOnce()
        self.ledger = Ledger(Journal(self.store.folder("journal")), rows, patience_s=0.01)
        writer, given = self.writer(), pieces(UNITS)
        rows.is_away = True
        self.queue.put(given[:60])
        self.queue.end(UNITS[60].pts_90k)
        self.queue.put(given[60:])
        self.queue.close()
        writer.run()
        before = self.rows("state")
        self.ledger.write()

        self.assertEqual(before, [])
        self.assertEqual(self.rows("state", "frames"), [("complete", 60), ("complete", 60)])
        self.assertEqual(self.recorded(), 120)
