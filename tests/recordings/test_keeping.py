"""Rows of segments while they begin, grow, end and go."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from django.test import TestCase

from detections.models import Boot
from recordings import keeping
from recordings.files.layout import SegmentHead, SegmentTag
from recordings.keeping import Extent, SegmentsOverlap
from recordings.models import Segment
from recordings.services import open_store
from streaming.services import remove_camera
from tests.builders import make_camera
from tests.cast import make_cast
from tests.recordings.rows import SECOND_90K, folder_of_recordings, make_segment, record
from tests.streaming.media.moving_picture import encoded_units

ZERO = datetime(2026, 5, 1, tzinfo=UTC)
UNITS = encoded_units(15, first_pts_90k=1000 * SECOND_90K)
_State = Segment.State


class KeepingTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home)
        cls.boot = Boot.objects.create(name="a boot", zero_at=ZERO)

    def setUp(self):
        self.root = self.enterContext(folder_of_recordings())
        self.store = open_store()

    def draft(self, *, at_s: int = 1000, **more) -> Segment:
        tag = SegmentTag(uuid4(), self.camera.pk, self.boot.name, 0)
        head = SegmentHead(tag, "avc1.64001f", 1280, 720, at_s * SECOND_90K, 700)
        return keeping.draft(self.boot, head, **more)

    def begun(self, **more) -> Segment:
        segment = self.draft(**more)
        keeping.begin(segment)
        return segment

    def row(self, segment: Segment) -> Segment:
        return Segment.objects.get(pk=segment.pk)

    def state(self, segment: Segment) -> str:
        return self.row(segment).state

    def test_a_draft_asks_the_database_for_nothing(self):
        with self.assertNumQueries(0):
            self.draft()

    def test_a_segment_begins_grows_and_ends(self):
        segment = self.begun(is_after_gap=True)
        self.assertEqual(self.state(segment), _State.WRITING)

        self.assertTrue(keeping.grew(segment, Extent(1030 * SECOND_90K, 5000, 900)))
        grown = self.row(segment)
        self.assertTrue(
            keeping.complete(segment, Extent(1060 * SECOND_90K, 9000, 1800), digest=b"d" * 32)
        )

        self.assertEqual((grown.bytes, grown.frames), (5000, 900))
        self.assertEqual(grown.ended_at, ZERO + timedelta(seconds=1030))
        whole = self.row(segment)
        self.assertEqual((whole.state, whole.bytes, whole.frames), ("complete", 9000, 1800))
        self.assertEqual(whole.started_at, ZERO + timedelta(seconds=1000))
        self.assertEqual(whole.ended_at, ZERO + timedelta(seconds=1060))
        self.assertEqual(bytes(whole.digest), b"d" * 32)
        self.assertTrue(whole.is_after_gap)

    def test_a_growing_segment_whose_clock_was_followed_meanwhile_has_the_new_times(self):
        segment = self.begun()
        self.boot.zero_at = ZERO + timedelta(hours=1)
        self.boot.save()
        keeping.follow_clock(self.boot)

        self.assertTrue(keeping.grew(segment, Extent(1030 * SECOND_90K, 5000, 900)))

        grown = self.row(segment)
        self.assertEqual(grown.ended_at, ZERO + timedelta(hours=1, seconds=1030))
        self.assertEqual(grown.bytes, 5000)

    def test_two_segments_of_a_camera_never_overlap(self):
        segment = self.begun()
        keeping.grew(segment, Extent(1030 * SECOND_90K, 5000, 900))

        with self.assertRaises(SegmentsOverlap):
            keeping.begin(self.draft(at_s=1029))
        keeping.begin(self.draft(at_s=1030))

        self.assertEqual(keeping.recorded_until(self.camera.pk, self.boot), 1030 * SECOND_90K)

    def test_nothing_is_recorded_of_another_boot(self):
        self.begun()

        other = Boot.objects.create(name="another", zero_at=ZERO)

        self.assertIsNone(keeping.recorded_until(self.camera.pk, other))

    def test_what_goes_is_not_written_any_more(self):
        segment = self.begun()
        Segment.objects.update(state=_State.DELETING)
        extent = Extent(1030 * SECOND_90K, 5000, 900)

        told = [
            keeping.grew(segment, extent),
            keeping.complete(segment, extent, digest=b"d"),
            keeping.suspect(segment, extent),
            keeping.give_up(segment),
        ]

        self.assertEqual(told, [False] * 4)
        self.assertEqual(self.state(segment), _State.DELETING)

    def test_a_row_that_the_database_missed_is_told_to_it(self):
        segment = self.draft()
        segment.state, segment.bytes = _State.COMPLETE, 9000

        keeping.reconcile(segment)
        segment.frames = 1800
        keeping.reconcile(segment)

        row = Segment.objects.get()
        self.assertEqual((row.state, row.bytes, row.frames), ("complete", 9000, 1800))

    def test_what_was_decided_meanwhile_stands(self):
        going, starred, orphan = self.begun(), self.begun(at_s=2000), self.draft(at_s=3000)
        Segment.objects.filter(pk=going.pk).update(state=_State.DELETING)
        Segment.objects.filter(pk=starred.pk).update(is_protected=True)
        orphan.camera_id = 999

        for segment in (going, starred, orphan):
            segment.state = _State.COMPLETE
            keeping.reconcile(segment)

        self.assertEqual(self.state(going), _State.DELETING)
        self.assertTrue(self.row(starred).is_protected)
        self.assertIsNone(self.row(orphan).camera)

    def test_letting_go_takes_file_and_row(self):
        segment = record(self.camera, self.boot, UNITS)
        path = self.store.segment(segment.folder, segment.uuid)
        self.assertTrue(path.is_file())

        self.assertEqual(keeping.let_go(self.store, [segment.pk]), 1)

        self.assertFalse(path.exists())
        self.assertFalse(Segment.objects.exists())

    def test_letting_go_spares_what_grows_and_what_is_protected(self):
        growing = self.begun()
        starred = make_segment(self.camera, self.boot, started_at=ZERO, is_protected=True)

        self.assertEqual(keeping.let_go(self.store, [growing.pk, starred.pk, UUID(int=5)]), 0)

        self.assertEqual(Segment.objects.count(), 2)

    def test_letting_go_without_a_file_takes_the_row(self):
        segment = make_segment(self.camera, self.boot, started_at=ZERO, state=_State.MISSING)

        self.assertEqual(keeping.let_go(self.store, [segment.pk]), 1)

    def test_a_camera_s_segments_outlive_it_until_they_are_let_go(self):
        segment = record(self.camera, self.boot, UNITS)

        remove_camera(self.camera)

        row = self.row(segment)
        self.assertEqual((row.camera, row.folder), (None, segment.folder))
        self.assertTrue(self.store.segment(row.folder, row.uuid).is_file())


class FollowClockTests(TestCase):
    """The wall clock is set while recording: media times stay, wall clock times follow."""

    @classmethod
    def setUpTestData(cls):
        cls.camera = make_camera(make_cast().home)

    def recorded_by(self, zero_at: datetime) -> Boot:
        boot = Boot.objects.create(name="a boot", zero_at=zero_at)
        for number in range(3):
            make_segment(self.camera, boot, started_at=zero_at + timedelta(minutes=10 + number))
        return boot

    def times(self) -> list[tuple[datetime, datetime]]:
        rows = Segment.objects.order_by("start_90k")
        return list(rows.values_list("started_at", "ended_at"))

    def test_all_of_the_boot_s_segments_follow_a_clock_that_was_set(self):
        for jump_s in (3600, -3600, 365 * 86400, -ZERO.timestamp()):
            with self.subTest(jump_s=jump_s):
                Segment.objects.all().delete()
                Boot.objects.all().delete()
                boot = self.recorded_by(ZERO)
                before = self.times()
                boot.zero_at = ZERO + timedelta(seconds=jump_s)

                self.assertEqual(keeping.follow_clock(boot), 3)

                jump = timedelta(seconds=jump_s)
                self.assertEqual(self.times(), [(a + jump, b + jump) for a, b in before])
                self.assertEqual(keeping.follow_clock(boot), 0)

    def test_what_began_by_two_clocks_is_in_one_order_afterwards(self):
        boot = self.recorded_by(ZERO)
        wrong = timedelta(hours=1)
        late = Segment.objects.order_by("start_90k")[1]
        Segment.objects.filter(pk=late.pk).update(
            started_at=late.started_at - wrong, ended_at=late.ended_at - wrong
        )
        first = Segment.objects.order_by("start_90k").first()
        Segment.objects.filter(pk=first.pk).update(
            started_at=first.started_at + wrong, ended_at=first.ended_at + wrong
        )

        self.assertEqual(keeping.follow_clock(boot), 2)

        times = self.times()
        self.assertEqual(times, sorted(times))
        self.assertEqual([end for _, end in times[:2]], [start for start, _ in times[1:]])

    def test_what_somebody_who_died_has_not_changed_is_found_by_a_thorough_look(self):
        boot = self.recorded_by(ZERO)
        middle = Segment.objects.order_by("start_90k")[1]
        Segment.objects.filter(pk=middle.pk).update(
            started_at=middle.started_at - timedelta(hours=1)
        )

        self.assertEqual(keeping.follow_clock(boot), 0)
        self.assertEqual(keeping.follow_clock(boot, is_thorough=True), 1)

        self.assertEqual(Segment.objects.get(pk=middle.pk).started_at, middle.started_at)

    def test_another_boot_s_are_left_alone(self):
        self.recorded_by(ZERO)
        other = Boot.objects.create(name="another", zero_at=ZERO + timedelta(days=1))

        self.assertEqual(keeping.follow_clock(other), 0)
