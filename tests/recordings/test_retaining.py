"""What goes by itself and what stays, with rows and files."""

from datetime import UTC, datetime, timedelta
from unittest import skipUnless
from uuid import UUID

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from detections.models import Boot, Motion
from recordings import retaining, services, usage
from recordings.alerts import alerts_for
from recordings.files.names import CLIPS, StoreRefused
from recordings.models import Clip, Policy, Segment, Storage
from recordings.services import open_store, save_policy
from streaming.services import remove_camera
from tests.builders import make_camera, make_visit
from tests.cast import make_cast
from tests.recordings.rows import SECOND_90K, folder_of_recordings, make_segment, make_segments

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
ZERO = NOW - timedelta(days=30)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MB = 1_000_000
_State = Segment.State


class Retaining(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home)
        cls.boot = Boot.objects.create(name="a boot", zero_at=ZERO)
        cls.policy = Policy(camera=cls.camera, mode=Policy.Mode.ALWAYS, keep_days=14)
        save_policy(cls.policy)

    def setUp(self):
        self.root = self.enterContext(folder_of_recordings())
        self.store = open_store()
        Storage.objects.update(keep_free_mb=0)

    def look(self, now: datetime = NOW, **more: int) -> retaining.Looked:
        return retaining.look(self.store, now=now, **more)

    def segment(self, ago: timedelta, **told) -> Segment:
        """A minute of 15 MB, without a file."""
        return make_segment(self.camera, self.boot, started_at=NOW - ago, **told)

    def alerts(self) -> list[str]:
        return [alert.code for alert in alerts_for(self.cast.alice)]

    def left(self) -> set[UUID]:
        return set(Segment.objects.values_list("pk", flat=True))

    def visit(self, ago: timedelta, *, seconds: int = 20, camera=None, **told):
        """With media times."""
        start_90k = round((NOW - ago - ZERO).total_seconds()) * SECOND_90K
        return make_visit(
            camera or self.camera,
            started_at=NOW - ago,
            ended_at=NOW - ago + timedelta(seconds=seconds),
            boot=self.boot,
            start_90k=start_90k,
            end_90k=start_90k + seconds * SECOND_90K,
            **told,
        )


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


class ProtectedTests(Retaining):
    """Starred visits and clips to be made: neither age nor size takes their segments."""

    def protected(self) -> set[UUID]:
        retaining.protect(services.policies())
        return set(Segment.objects.filter(is_protected=True).values_list("pk", flat=True))

    def test_what_a_starred_visit_needs(self):
        """A visit of 20 s an hour ago; recorded from 10 s before it until 15 s after it."""
        table = [
            # begins (s after the visit's begin), lasts (s), is protected
            (-70, 60, False),
            (-70, 61, True),
            (-5, 60, True),
            (0, 20, True),
            (10, 5, True),
            (34, 60, True),
            (35, 60, False),
            (-7000, 7100, True),
            (-9000, 9100, False),
        ]
        self.visit(HOUR, is_starred=True)
        for begins_s, lasts_s, is_protected in table:
            with self.subTest(begins_s=begins_s, lasts_s=lasts_s):
                Segment.objects.all().delete()
                segment = self.segment(HOUR - timedelta(seconds=begins_s), seconds=lasts_s)
                self.assertEqual(self.protected(), {segment.pk} if is_protected else set())

    def test_how_much_around_it_is_the_camera_s_own(self):
        """20 s from an hour ago on; another camera's policy or none changes nothing."""
        Policy.objects.update(pre_s=60, post_s=0)
        unsaid = make_camera(self.cast.home)
        expected = set()
        for camera, pre_s, post_s in ((self.camera, 60, 0), (unsaid, 10, 15)):
            self.visit(HOUR, is_starred=True, camera=camera)
            for begins_s, lasts_s, is_protected in (
                (-pre_s - 5, 5, False),
                (-pre_s, 5, True),
                (20 + post_s - 5, 5, True),
                (20 + post_s, 5, False),
            ):
                begin = NOW - HOUR + timedelta(seconds=begins_s)
                segment = make_segment(camera, self.boot, started_at=begin, seconds=lasts_s)
                expected |= {segment.pk} if is_protected else set()

        self.assertEqual(self.protected(), expected)

    def test_what_is_on_its_way_out_is_not_marked_any_more(self):
        self.segment(HOUR, state=_State.DELETING)
        self.visit(HOUR, is_starred=True)

        self.assertEqual(self.protected(), set())

    def test_media_times_of_another_start_of_the_machine_are_others(self):
        another = Boot.objects.create(name="another", zero_at=ZERO - DAY)
        visit = self.visit(HOUR, is_starred=True)
        make_segment(
            self.camera,
            another,
            started_at=another.zero_at + timedelta(seconds=visit.start_90k / SECOND_90K),
        )

        self.assertEqual(self.protected(), set())

    def test_whose_star_counts(self):
        segment = self.segment(HOUR)
        other = make_camera(self.cast.home)
        foreign = make_segment(other, self.boot, started_at=NOW - HOUR)
        visit = self.visit(HOUR)
        table = [
            ({"is_starred": False}, set()),
            ({"is_starred": True}, {segment.pk}),
            ({"is_refuted": True}, set()),
            ({"is_refuted": False, "camera": other}, {foreign.pk}),
            ({"camera": self.camera, "is_starred": False}, set()),
        ]
        for changes, expected in table:
            with self.subTest(changes):
                type(visit).objects.filter(pk=visit.pk).update(**changes)
                self.assertEqual(self.protected(), expected)

    def test_a_visit_without_a_boot_goes_by_the_clock(self):
        segment = self.segment(HOUR)
        self.segment(2 * HOUR)
        make_visit(self.camera, started_at=NOW - HOUR, ended_at=NOW - HOUR, is_starred=True)

        self.assertEqual(self.protected(), {segment.pk})

    def test_the_clock_that_was_set_since_changes_nothing(self):
        segment = self.segment(HOUR)
        self.visit(HOUR, is_starred=True)
        Segment.objects.update(started_at=NOW - DAY, ended_at=NOW - DAY + MINUTE)

        self.assertEqual(self.protected(), {segment.pk})

    def test_a_clip_protects_until_it_is_made(self):
        segment = self.segment(HOUR)
        clip = Clip.objects.create(
            household=self.cast.home,
            camera=self.camera,
            started_at=NOW - HOUR,
            ended_at=NOW - HOUR + MINUTE,
        )
        for state in Clip.State:
            with self.subTest(state):
                Clip.objects.filter(pk=clip.pk).update(state=state)
                expected = {segment.pk} if state in ("waiting", "working") else set()
                self.assertEqual(self.protected(), expected)

    def test_more_stars_than_fit_into_one_query(self):
        for number in range(120):
            self.visit(2 * DAY - number * HOUR / 4, is_starred=True)
        make_segments([self.camera], self.boot, since=NOW - 2 * DAY, until=NOW)

        protected = self.protected()

        # Each 20 s visit at the begin of a segment, with that before it and not that after it.
        self.assertEqual(len(protected), 239)

    def test_neither_age_nor_size_takes_what_is_starred(self):
        self.visit(20 * DAY, is_starred=True)
        starred = self.segment(20 * DAY)
        self.segment(20 * DAY - HOUR)
        self.segment(HOUR)
        Storage.objects.update(quota_mb=1)

        self.assertEqual(self.look().gone, 2)

        self.assertEqual(self.left(), {starred.pk})
        (alert,) = alerts_for(self.cast.alice)
        self.assertIn("Clips and starred visits take 1500 %", alert.text)

    def test_the_alert_ends_with_its_reason(self):
        visit = self.visit(HOUR, is_starred=True)
        self.segment(HOUR)
        Storage.objects.update(quota_mb=15)
        self.look()
        self.assertEqual(len(alerts_for(self.cast.alice)), 1)

        type(visit).objects.update(is_starred=False)
        self.look(NOW + MINUTE)

        self.assertEqual(alerts_for(self.cast.alice), [])


class WeekTests(Retaining):
    def test_a_week_under_a_quota_of_200_mb(self):
        """Never exceeded by more than a segment, and whoever was starred is still there."""
        Storage.objects.update(quota_mb=200)
        starred, most = set(), 0
        # One segment each quarter of an hour: the same decisions as of a week without a pause.
        for number in range(7 * 24 * 4):
            ago = 7 * DAY - number * HOUR / 4
            segment = self.segment(ago)
            if number % 100 == 50:
                self.visit(ago + timedelta(seconds=-20), is_starred=True)
                starred.add(segment.pk)
            most = max(most, sum(Segment.objects.values_list("bytes", flat=True)))
            self.look(NOW - ago + MINUTE)

        self.assertLessEqual(most, 200 * MB + segment.bytes)
        self.assertGreaterEqual(most, 200 * MB)
        self.assertLess(starred, self.left())
        self.assertEqual(len(starred), 7)
        self.assertEqual(len(self.left()), 200 // 15)


class UsageTests(Retaining):
    def test_forecast_by_what_was_recorded_lately(self):
        make_segments([self.camera], self.boot, since=NOW - DAY, until=NOW)
        storage = services.storage()
        storage.quota_mb = 15 * 60 * 24 * 3

        found = usage.outlook(usage.measure(self.store), storage, services.policies(), NOW)

        self.assertEqual(found.by, "room")
        self.assertEqual(usage.in_words(found.reach), "about 3 days")

    def test_a_camera_that_is_off_now_is_no_forecast(self):
        make_segments([self.camera], self.boot, since=NOW - HOUR, until=NOW)
        Policy.objects.update(mode=Policy.Mode.OFF)

        found = usage.outlook(
            usage.measure(self.store), services.storage(), services.policies(), NOW
        )

        self.assertIsNone(found.reach)

    def test_words(self):
        table = [
            (None, ""),
            (12.4 * DAY, "about 12 days"),
            (47 * HOUR, "about 47 hours"),
            (MINUTE, "less than two hours"),
        ]
        for reach, words in table:
            with self.subTest(words):
                self.assertEqual(usage.in_words(reach), words)
