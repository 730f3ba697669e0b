from datetime import UTC, datetime, timedelta
from unittest import skipUnless

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from detections.clocks import MachineClock
from detections.models import Boot, Motion
from detections.motion import forget_motion, keep_motion, motion_between
from streaming.services import remove_camera
from tests.builders import make_camera
from tests.cast import make_cast

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
STEPS_AN_HOUR = 360


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


class Kept(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home)
        cls.other = make_camera(cls.cast.home)

    def clock(self, *, zero_at: datetime = NOON, hours: float = 2.0, boot: str = "first"):
        """Of a machine that has run for so long."""
        return MachineClock(boot, round(hours * 3600) * 90_000, zero_at + timedelta(hours=hours))

    def keep(self, levels: dict[int, int], **clock) -> None:
        """In steps since the machine started."""
        keep_motion({self.camera.pk: levels}, self.clock(**clock))

    def told(self, since: datetime = NOON, until: datetime = NOON + HOUR) -> list[int]:
        return list(motion_between(self.camera, since, until).levels)


class KeepTests(Kept):
    def test_each_step_lies_at_its_time(self):
        self.keep({0: 1, 2: 90})

        self.assertEqual(self.told(), [1, 0, 90])
        self.assertEqual(self.told(NOON + seconds(20)), [90])
        self.assertEqual(self.told(NOON - seconds(20)), [0, 0, 1, 0, 90])
        self.assertEqual(self.told(NOON + seconds(30)), [])

    def test_later_ones_join_those_of_the_hour_and_the_higher_counts(self):
        self.keep({0: 1, 1: 90})
        self.keep({1: 20, 2: 255})

        self.assertEqual(self.told(), [1, 90, 255])
        self.assertEqual(Motion.objects.count(), 1)

    def test_each_camera_and_hour_has_its_row(self):
        last = STEPS_AN_HOUR - 1
        keep_motion({self.camera.pk: {last: 7, last + 1: 8}, self.other.pk: {0: 9}}, self.clock())

        hours = {
            (row.camera_id, row.hour): (row.started_at, len(row.levels))
            for row in Motion.objects.all()
        }
        expected = {
            (self.camera.pk, 0): NOON,
            (self.camera.pk, 1): NOON + HOUR,
            (self.other.pk, 0): NOON,
        }
        self.assertEqual(hours, {key: (at, STEPS_AN_HOUR) for key, at in expected.items()})
        self.assertEqual(self.told(NOON + HOUR - seconds(10), NOON + 2 * HOUR), [7, 8])

    def test_all_cameras_cost_what_one_does(self):
        self.keep({0: 1})
        with CaptureQueriesContext(connection) as of_one:
            self.keep({1: 1})
        with self.assertNumQueries(len(of_one)):
            keep_motion({self.camera.pk: {2: 1}, self.other.pk: {2: 1}}, self.clock())

    def test_a_camera_that_is_gone_is_passed_over_and_takes_its_rows_along(self):
        self.keep({0: 1})
        gone = self.camera.pk
        remove_camera(self.camera)

        keep_motion({gone: {1: 1}, self.other.pk: {0: 5}}, self.clock())

        self.assertEqual(list(Motion.objects.values_list("camera", flat=True)), [self.other.pk])

    def test_what_is_not_of_this_run_of_the_machine_is_left_out(self):
        self.keep({-1: 9, 0: 8, 2 * STEPS_AN_HOUR + 1: 7, 2 * STEPS_AN_HOUR + 2: 6}, hours=2)
        self.keep({0: 5, 40 * STEPS_AN_HOUR: 4}, hours=40)

        told = self.told(NOON - HOUR, NOON + 41 * HOUR)
        self.assertEqual(set(told), {0, 8, 7, 4})

    def test_it_follows_a_clock_that_is_set(self):
        self.keep({0: 1, STEPS_AN_HOUR: 2})
        later = NOON + timedelta(days=40, milliseconds=250)

        self.keep({STEPS_AN_HOUR + 1: 3}, zero_at=later)

        self.assertEqual(self.told(NOON, NOON + 40 * HOUR), [])
        self.assertEqual(
            [level for level in self.told(later, later + 2 * HOUR) if level], [1, 2, 3]
        )
        self.assertEqual(Boot.objects.get().zero_at, later)

    def test_a_clock_that_was_set_back_makes_two_boots_share_an_hour(self):
        self.keep({0: 1, 1: 40, 3: 9})
        self.keep({0: 20, 2: 6}, boot="second", zero_at=NOON + seconds(4))

        self.assertEqual(self.told(), [20, 40, 6, 9])


class BetweenTests(Kept):
    def test_steps_are_those_of_the_clock(self):
        self.keep({0: 1, 1: 2}, zero_at=NOON + seconds(7.3))

        told = motion_between(self.camera, NOON + seconds(13.9), NOON + seconds(14))
        self.assertEqual(told.start, NOON + seconds(10))
        self.assertEqual(list(told.levels), [1])

    def test_a_long_time_is_one_query(self):
        steps = {step: 1 + step % 255 for step in range(24 * STEPS_AN_HOUR)}
        self.keep(steps, hours=24)

        with self.assertNumQueries(1):
            told = self.told(NOON, NOON + 49 * HOUR)

        self.assertEqual(told, list(steps.values()))

    @skipUnless(connection.vendor == "sqlite", "reads SQLite's plans")
    def test_the_index_gives_them(self):
        with CaptureQueriesContext(connection) as captured:
            self.told()
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {captured[0]['sql']}")
            plan = "\n".join(row[3] for row in cursor.fetchall())

        self.assertIn("motion_of_camera (camera_id=? AND started_at>? AND started_at<?)", plan)


class ForgetTests(Kept):
    def test_hours_that_began_before_go(self):
        keep_motion(
            {camera: {0: 1, STEPS_AN_HOUR: 2} for camera in (self.camera.pk, self.other.pk)},
            self.clock(),
        )

        self.assertEqual(forget_motion(self.camera.pk, NOON + HOUR), 1)

        left = Motion.objects.values_list("camera", "hour")
        self.assertCountEqual(left, [(self.camera.pk, 1), (self.other.pk, 0), (self.other.pk, 1)])
