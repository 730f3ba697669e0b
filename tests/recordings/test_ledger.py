import errno
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from django.test import TestCase
from django.utils import timezone

from detections.models import Boot
from recordings import keeping
from recordings.files.layout import SegmentHead, SegmentTag
from recordings.files.writer import Written
from recordings.journal import Journal
from recordings.keeping import Extent, SegmentsOverlap
from recordings.ledger import Ledger
from recordings.models import Segment
from tests.builders import make_camera
from tests.cast import make_cast
from tests.recordings.databases import AtOnce
from tests.recordings.files.disks import FailingDisk

S = 90_000
WRITTEN = Written(bytes=5000, first_90k=10 * S, end_90k=12 * S, frames=60, digest=bytes(range(32)))


@dataclass
class HealingDisk(FailingDisk):
    kind: str = "fsync"
    is_failing: bool = True

    def fsync(self, fd: int) -> None:
        if self.is_failing:
            super().fsync(fd)


class LedgerTests(TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.camera = make_camera(make_cast().home)
        self.boot = Boot.objects.create(name="a boot", zero_at=timezone.now() - timedelta(hours=1))
        self.rows = AtOnce()
        self.ledger = self.another()

    def another(self) -> Ledger:
        """As a recorder that starts has it."""
        return Ledger(Journal(self.folder), self.rows, patience_s=0.01)

    def draft(self, start_90k: int = 10 * S, camera_id: int | None = None) -> Segment:
        tag = SegmentTag(uuid4(), camera_id or self.camera.pk, self.boot.name, 0)
        return keeping.draft(self.boot, SegmentHead(tag, "avc1.64001f", 320, 240, start_90k, 700))

    def kept(self) -> list[Path]:
        return list(self.folder.iterdir())

    def the_row(self) -> tuple[object, ...]:
        row = Segment.objects.get()
        return row.state, row.end_90k, row.bytes, row.frames, bytes(row.digest)

    def test_a_segment_s_row_says_what_it_is_told(self):
        segment = self.draft()
        self.ledger.begin(segment)
        begun = self.the_row()
        self.ledger.grew(segment, Extent(11 * S, 3000, 30))
        self.ledger.write()
        grown = self.the_row()
        self.ledger.complete(segment, WRITTEN)

        self.assertEqual(begun, ("writing", 10 * S, 0, 0, b""))
        self.assertEqual(grown, ("writing", 11 * S, 3000, 30, b""))
        self.assertEqual(self.the_row(), ("complete", 12 * S, 5000, 60, WRITTEN.digest))
        self.assertEqual(self.kept(), [])
        self.assertFalse(self.ledger.has_grown or self.ledger.is_behind)

    def test_growing_is_told_once_for_all(self):
        for start in (10, 20):
            segment = self.draft(start * S)
            self.ledger.begin(segment)
            for second in range(5):
                self.ledger.grew(segment, Extent((start + second) * S, 1000, 30 * second))

        # Savepoint, two updates, release.
        with self.assertNumQueries(4):
            self.ledger.write()

    def test_how_it_grew_is_no_news_of_a_segment_that_is_over(self):
        segment = self.draft()
        self.ledger.begin(segment)
        self.ledger.grew(segment, Extent(11 * S, 3000, 30))
        self.ledger.complete(segment, WRITTEN)
        self.ledger.write()

        self.assertEqual(self.the_row(), ("complete", 12 * S, 5000, 60, WRITTEN.digest))

    def test_two_segments_never_overlap(self):
        segment = self.draft()
        self.ledger.begin(segment)
        self.ledger.complete(segment, WRITTEN)

        with self.assertRaises(SegmentsOverlap):
            self.ledger.begin(self.draft(11 * S))
        self.assertEqual(self.ledger.recorded_until(self.camera.pk, self.boot), 12 * S)
        self.assertFalse(self.ledger.is_away)

    def test_without_a_database_segments_go_into_the_journal_and_later_into_the_database(self):
        before = self.draft()
        self.ledger.begin(before)
        self.rows.is_away = True
        self.ledger.complete(before, WRITTEN)
        during = self.draft(12 * S)
        self.ledger.begin(during)
        self.ledger.complete(during, Written(7000, 12 * S, 14 * S, 61, bytes(32)))
        self.assertTrue(self.ledger.is_away)
        self.assertEqual(len(self.kept()), 2)

        self.ledger.write()

        rows = Segment.objects.order_by("start_90k").values_list("pk", "state", "end_90k", "bytes")
        self.assertEqual(
            list(rows),
            [(before.pk, "complete", 12 * S, 5000), (during.pk, "complete", 14 * S, 7000)],
        )
        self.assertEqual(self.kept(), [])
        self.assertFalse(self.ledger.is_away)

    def test_a_database_that_is_away_is_not_asked_for_each_segment(self):
        self.rows.is_away = True
        for start in (10, 20, 30):
            self.ledger.begin(self.draft(start * S))

        self.assertEqual(self.rows.asked, 1)

    def test_nobody_waits_for_a_database_that_does_not_answer(self):
        self.rows.is_stuck = True
        segment = self.draft()
        self.ledger.begin(segment)
        [stuck] = self.rows.stuck
        self.ledger.write()

        self.assertTrue(stuck.cancelled())
        self.assertEqual(Segment.objects.get().pk, segment.pk)

    def test_what_a_recorder_that_died_had_in_its_journal_is_told_by_the_next(self):
        self.rows.is_away = True
        growing, lost, broken = self.draft(10 * S), self.draft(20 * S), self.draft(30 * S)
        for segment in (growing, lost, broken):
            self.ledger.begin(segment)
        self.ledger.give_up(lost)
        self.ledger.suspect(broken, WRITTEN)

        next_one = self.another()
        next_one.reconcile()

        states = dict(Segment.objects.values_list("pk", "state"))
        self.assertEqual(states, {growing.pk: "writing", lost.pk: "lost", broken.pk: "suspect"})
        known = Segment.objects.get(pk=growing.pk)
        self.assertEqual(
            (known.boot, known.started_at, known.width), (self.boot, growing.started_at, 320)
        )
        self.assertEqual(self.kept(), [])

    def test_telling_twice_is_as_good_as_once(self):
        segment = self.draft()
        self.ledger.begin(segment)
        self.rows.is_away = True
        self.ledger.complete(segment, WRITTEN)
        [entry] = self.kept()
        text = entry.read_bytes()
        self.ledger.reconcile()
        entry.write_bytes(text)

        self.another().reconcile()

        self.assertEqual(self.the_row(), ("complete", 12 * S, 5000, 60, WRITTEN.digest))

    def test_a_camera_that_was_taken_away_meanwhile_holds_nothing_up(self):
        self.rows.is_away = True
        segment = self.draft(camera_id=self.camera.pk + 1000)
        self.ledger.begin(segment)
        self.ledger.reconcile()

        row = Segment.objects.get()
        self.assertEqual((row.camera_id, row.folder), (None, self.camera.pk + 1000))

    def test_a_damaged_entry_of_the_journal_hides_no_other(self):
        self.rows.is_away = True
        segment = self.draft()
        self.ledger.begin(segment)
        for name, text in {
            "torn": b'{"uuid": "',
            "list": b"[]",
            "empty": b"",
            "less": b"{}",
        }.items():
            (self.folder / f"{name}.json").write_bytes(text)
        (self.folder / "link.json").symlink_to(self.kept()[0])

        self.another().reconcile()

        self.assertEqual(Segment.objects.get().pk, segment.pk)

    def test_without_database_and_disk_no_segment_begins(self):
        self.rows.is_away = True
        ledger = Ledger(Journal(self.folder, files=HealingDisk()), self.rows, patience_s=0.01)

        with self.assertRaises(OSError) as raised:
            ledger.begin(self.draft())
        ledger.write()

        self.assertEqual(raised.exception.errno, errno.ENOSPC)
        self.assertEqual(Segment.objects.count(), 0)

    def test_the_end_of_a_segment_is_remembered_though_the_disk_is_full(self):
        disk = HealingDisk(is_failing=False)
        ledger = Ledger(Journal(self.folder, files=disk), self.rows, patience_s=0.01)
        segment = self.draft()
        ledger.begin(segment)
        self.rows.is_away = disk.is_failing = True
        ledger.complete(segment, WRITTEN)
        ledger.write()

        self.assertEqual(self.the_row(), ("complete", 12 * S, 5000, 60, WRITTEN.digest))
