"""What goes by itself and what stays, with rows and files."""

from datetime import UTC, datetime, timedelta
from unittest import skipUnless

from django.db import connection
from django.test.utils import CaptureQueriesContext

from detections.models import Boot, Motion
from recordings import retaining
from recordings.alerts import alerts_for
from recordings.files.names import CLIPS, StoreRefused
from recordings.models import Clip, Policy, Segment, Storage
from streaming.services import remove_camera
from tests.builders import make_camera
from tests.recordings.retaining_home import DAY, HOUR, MB, MINUTE, NOW, Retaining
from tests.recordings.rows import make_segment, make_segments

_State = Segment.State


class LookTests(Retaining):
    def test_what_is_too_old_goes_with_its_file(self):
        old, young = self.segment(15 * DAY), self.segment(13 * DAY)
        file = self.store.camera_folder(self.camera.pk) / f"{old.uuid}.mp4"
        file.write_bytes(b"old")

        looked = self.look()

        self.assertEqual((looked.gone, looked.freed_bytes), (1, old.bytes))
        self.assertEqual(self.left(), {young.pk})
        self.assertFalse(file.exists())

    def test_what_moved_is_forgotten_with_the_recordings_of_its_time(self):
        other = make_camera(self.cast.home)
        Policy.objects.update_or_create(camera=other, defaults={"keep_days": 3650})
        days = {self.camera: (13, 15), other: (365, 367)}
        for camera, (young, old) in days.items():
            for hour, ago in enumerate((young, old)):
                Motion.objects.create(
                    camera=camera, boot=self.boot, hour=hour, started_at=NOW - ago * DAY, levels=b""
                )

        self.look()

        left = Motion.objects.values_list("camera", "started_at")
        young = [(camera.pk, NOW - ago * DAY) for camera, (ago, _) in days.items()]
        self.assertCountEqual(left, young)

    def test_nothing_goes_while_the_disk_is_away(self):
        old = self.segment(15 * DAY)
        (self.root / "meta.json").unlink()

        with self.assertRaises(StoreRefused):
            self.look()

        self.assertEqual(self.left(), {old.pk})

    def test_what_is_being_written_stays_however_old(self):
        self.segment(15 * DAY, state=_State.WRITING)

        self.assertEqual(self.look().gone, 0)

    def test_lost_and_missing_ones_go_with_their_time(self):
        self.segment(15 * DAY, state=_State.LOST, bytes=0)
        self.segment(15 * DAY - MINUTE, state=_State.MISSING, bytes=0)

        self.assertEqual(self.look().gone, 2)

    def test_clips_count_and_those_whose_camera_is_gone_as_well(self):
        first, second, third = (self.segment(HOUR - number * MINUTE) for number in range(3))
        Storage.objects.update(quota_mb=45)
        self.assertEqual(self.look().gone, 0)

        for camera, left in ((self.camera, {second.pk, third.pk}), (None, {third.pk})):
            Clip.objects.create(
                household=self.cast.home, camera=camera, started_at=NOW, ended_at=NOW, bytes=15 * MB
            )
            self.look()
            self.assertEqual(self.left(), left)
        self.assertNotIn(first.pk, self.left())

    def test_room_is_made_for_what_will_be_written(self):
        self.segment(2 * HOUR), self.segment(HOUR)
        Storage.objects.update(quota_mb=30)

        self.assertEqual(self.look().gone, 0)
        self.assertEqual(self.look(growing_bytes=1).gone, 1)

    def test_a_camera_that_is_gone_takes_its_recordings_along(self):
        other = make_camera(self.cast.home)
        make_segment(other, self.boot, started_at=NOW - HOUR, is_protected=True)
        mine = self.segment(2 * HOUR)
        remove_camera(other)

        self.assertEqual(self.look().gone, 1)
        self.assertEqual(self.left(), {mine.pk})

    def test_a_household_that_is_gone_takes_its_clips_along(self):
        clip = Clip.objects.create(household=None, started_at=NOW, ended_at=NOW)
        file = self.store.folder(CLIPS) / f"{clip.file}.mp4"
        file.write_bytes(b"clip")

        self.look()

        self.assertFalse(Clip.objects.exists())
        self.assertFalse(file.exists())

    def test_a_look_deletes_no_more_than_so_many_files(self):
        most = retaining.MOST_AT_ONCE
        make_segments(
            [self.camera], self.boot, since=NOW - 20 * DAY, until=NOW - 20 * DAY + 250 * MINUTE
        )

        first, second = self.look(), self.look(NOW + MINUTE)

        self.assertEqual((first.gone, first.has_more), (most, True))
        self.assertEqual((second.gone, second.has_more), (250 - most, False))

    def test_a_clock_that_jumps_deletes_nothing_at_once(self):
        for jump in (HOUR, DAY, 365 * DAY, -HOUR, -20_000 * DAY):
            with self.subTest(jump=jump):
                Segment.objects.all().delete()
                Storage.objects.update(looked_at=None, ages_at=None)
                make_segments(
                    [self.camera], self.boot, since=NOW - 14 * DAY, until=NOW - 14 * DAY + HOUR
                )
                self.assertEqual(self.look().gone, 0)

                retaining.tell_jump(jump)
                self.assertEqual(self.look(NOW + jump).gone, 0)
                # Ages go on at twice the pace of time, no faster.
                self.assertLessEqual(self.look(NOW + jump + MINUTE).gone, 2)

                is_ahead = jump > timedelta(0)
                self.assertEqual(self.alerts(), ["clock-ahead"] if is_ahead else [])
                # As before the jump: there is nothing to wait for any more.
                self.look(NOW + 2 * MINUTE)
                self.assertEqual(self.alerts(), [])

    def test_a_clock_ahead_is_told_until_as_much_time_has_passed(self):
        self.look()
        # A clock that is steered is no news.
        retaining.tell_jump(5 * MINUTE)
        self.assertEqual(self.alerts(), [])
        retaining.tell_jump(HOUR)
        (alert,) = alerts_for(self.cast.alice)

        told = []
        for minutes in range(0, 60, 5):
            self.look(NOW + HOUR + minutes * MINUTE)
            told.append(bool(self.alerts()))

        self.assertIn("set ahead by less than two hours", alert.text)
        # Which is but for the ten minutes that nobody takes for a jump.
        self.assertEqual(told, [True] * 10 + [False] * 2)

    def test_a_full_quota_goes_by_the_order_of_recording_whatever_the_clock_said(self):
        first = self.segment(3 * HOUR)
        second = self.segment(2 * HOUR)
        # Recorded before the clock was set from 1970.
        another = Boot.objects.create(name="another", zero_at=datetime(1970, 1, 1, tzinfo=UTC))
        third = make_segment(self.camera, another, started_at=another.zero_at + HOUR)
        Storage.objects.update(quota_mb=15)

        self.look(growing_bytes=0)

        self.assertEqual(self.left(), {third.pk})
        self.assertFalse({first.pk, second.pk} & self.left())

    def test_it_takes_as_many_queries_for_a_month_as_for_a_day(self):
        make_segments([self.camera], self.boot, since=NOW - 2 * HOUR, until=NOW - HOUR)
        self.look()
        with self.assertNumQueries(23):
            self.look(NOW + MINUTE)
        make_segments([self.camera], self.boot, since=NOW - 2 * DAY, until=NOW - DAY)
        with self.assertNumQueries(23):
            self.look(NOW + 2 * MINUTE)

    @skipUnless(connection.vendor == "sqlite", "reads SQLite's query plans")
    def test_no_look_reads_all_of_a_month(self):
        make_segments([self.camera], self.boot, since=NOW - HOUR, until=NOW)
        with CaptureQueriesContext(connection) as asked:
            self.look()

        for query in asked:
            sql = query["sql"]
            if not sql.startswith("SELECT") or not ("_segment" in sql or "_visit" in sql):
                continue
            with connection.cursor() as cursor, self.subTest(sql):
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
                steps = [row[3] for row in cursor.fetchall()]
                # Each by an index; "kept" has those alone that are protected, and retention
                # reads "to_let_go" only as far as it needs.
                quick = "SEARCH|COVERING INDEX|INDEX segments_kept|INDEX segments_to_let_go"
                self.assertRegex(steps[0], "INDEX visits_starred" if "_visit" in sql else quick)
                self.assertTrue(all(step.startswith("SEARCH") for step in steps[1:]), steps)
