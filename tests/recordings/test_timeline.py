from base64 import b64encode
from datetime import UTC, date, datetime, timedelta
from unittest import skipUnless

from django.db import connection
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext

from detections.clocks import MachineClock
from detections.models import Boot
from detections.motion import keep_motion
from detections.vision.boxes import Box
from detections.vision.path import pack
from recordings.models import Segment
from recordings.playback_forms import bounds_of
from recordings.timeline import (
    Days,
    Stretch,
    days_beside,
    media_time_in,
    motion_told,
    paths_told,
    segments_told,
    unix_ms,
    visits_told,
    wall_time_in,
)
from tests.builders import make_camera, make_pet, make_place, make_visit
from tests.cast import make_cast
from tests.recordings.rows import make_segment, make_segments

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECOND = 90_000


def after_noon(**span: float) -> datetime:
    return NOON + timedelta(**span)


class Kitchen(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home, name="Kitchen", slug="kitchen")
        cls.other = make_camera(cls.cast.home)
        cls.boot = Boot.objects.create(name="first", zero_at=NOON - timedelta(hours=100))

    def hour(self) -> Stretch:
        return Stretch(self.camera, NOON, after_noon(hours=1))

    def segment(self, **told) -> Segment:
        return make_segment(self.camera, self.boot, **told)


class SegmentsToldTests(Kitchen):
    def told(self) -> list[str]:
        return [each[0] for each in segments_told(self.hour())]

    def test_a_segment_is_told_by_the_wall_and_by_media_time(self):
        segment = self.segment(started_at=NOON)

        self.assertEqual(
            segments_told(self.hour()),
            [
                (
                    str(segment.uuid),
                    self.boot.pk,
                    360_000 * SECOND,
                    360_060 * SECOND,
                    1_795_348_800_000,
                    False,
                )
            ],
        )

    def test_what_lies_in_the_stretch_in_part_is_told_and_what_touches_it_is_not(self):
        starts = (-60, -30, 0, 3599, 3600)
        segments = [self.segment(started_at=after_noon(seconds=s)) for s in starts]
        make_segment(self.other, self.boot, started_at=NOON)

        self.assertEqual(self.told(), [str(segment.uuid) for segment in segments[1:4]])

    def test_a_long_segment_that_began_before_is_told(self):
        segment = self.segment(started_at=after_noon(minutes=-50), seconds=3400)

        self.assertEqual(self.told(), [str(segment.uuid)])

    def test_what_cannot_be_played_is_not_told(self):
        for second, state in enumerate(Segment.State.values):
            self.segment(started_at=after_noon(minutes=second), state=state)

        states = Segment.objects.filter(pk__in=self.told()).values_list("state", flat=True)
        self.assertEqual(set(states), {"writing", "complete", "suspect"})

    def test_one_that_is_being_written_grows(self):
        self.segment(started_at=NOON, state=Segment.State.WRITING)

        self.assertTrue(segments_told(self.hour())[0][-1])

    def test_a_month_of_cameras_costs_what_a_day_does(self):
        cameras = [self.camera, self.other]
        make_segments(cameras, self.boot, since=after_noon(days=-2), until=after_noon(days=1))
        day = Stretch(self.camera, NOON, after_noon(days=1))

        with self.assertNumQueries(1):
            told = segments_told(day)

        self.assertEqual(len(told), 1440)
        self.assertEqual(told, sorted(told, key=lambda each: each[4]))

    @skipUnless(connection.vendor == "sqlite", "reads SQLite's plans")
    def test_the_index_gives_them_in_order(self):
        with CaptureQueriesContext(connection) as captured:
            segments_told(self.hour())
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {captured[0]['sql']}")
            plan = "\n".join(row[3] for row in cursor.fetchall())

        self.assertIn("segments_of_camera (camera_id=? AND started_at>? AND started_at<?)", plan)


class VisitsToldTests(Kitchen):
    def test_a_visit_is_told_with_its_pet_and_place(self):
        pet = make_pet(self.cast.home, name="Miso", colour="#112233")
        place = make_place(self.camera, name="Water")
        visit = make_visit(self.camera, started_at=NOON, pet=pet, place=place, is_starred=True)

        self.assertEqual(
            visits_told(self.hour()),
            [
                {
                    "id": visit.pk,
                    "start_ms": unix_ms(NOON),
                    "end_ms": unix_ms(NOON) + 60_000,
                    "is_open": False,
                    "label": "cat",
                    "name": "Miso",
                    "colour": "#112233",
                    "place": "Water",
                    "url": f"/history/{visit.pk}/",
                    "is_starred": True,
                }
            ],
        )

    def test_visits_of_the_stretch_come_in_order_without_what_was_refuted(self):
        starts = (-60, 1800, -59, 3599, 3600)
        made = {s: make_visit(self.camera, started_at=after_noon(seconds=s)).pk for s in starts}
        make_visit(self.camera, started_at=NOON, is_refuted=True)
        make_visit(self.other, started_at=NOON)

        told = [each["id"] for each in visits_told(self.hour())]
        self.assertEqual(told, [made[-59], made[1800], made[3599]])

    def test_one_that_lasts_all_day_is_told(self):
        began = after_noon(hours=-20)
        visit = make_visit(self.camera, started_at=began, ended_at=after_noon(seconds=1))

        self.assertEqual([each["id"] for each in visits_told(self.hour())], [visit.pk])

    def test_many_cost_one_query(self):
        pet, place = make_pet(self.cast.home), make_place(self.camera)
        for minute in range(5):
            make_visit(self.camera, started_at=after_noon(minutes=minute), pet=pet, place=place)

        with self.assertNumQueries(1):
            self.assertEqual(len(visits_told(self.hour())), 5)


class MotionToldTests(Kitchen):
    def test_what_moved_is_told_by_the_clock(self):
        clock = MachineClock("first", 360_100 * SECOND, after_noon(seconds=100))
        keep_motion({self.camera.pk: {36_000: 1, 36_003: 128}, self.other.pk: {36_001: 9}}, clock)

        with self.assertNumQueries(1):
            told = motion_told(self.hour())

        levels = b64encode(bytes([1, 0, 0, 128])).decode()
        self.assertEqual(told, {"start_ms": unix_ms(NOON), "step_ms": 10_000, "levels": levels})


class PathsToldTests(Kitchen):
    def visit(self, started_at: datetime, seconds: int, **told):
        """A visit whose box moves by a hundredth each second."""
        start_90k = round((started_at - self.boot.zero_at).total_seconds() * SECOND)
        path = [
            (start_90k + s * SECOND, Box(0.01 * (s % 2), 0.25, 0.125, 0.5)) for s in range(seconds)
        ]
        return make_visit(
            self.camera,
            boot=self.boot,
            started_at=started_at,
            ended_at=started_at + timedelta(seconds=seconds),
            start_90k=start_90k,
            end_90k=start_90k + seconds * SECOND,
            path=pack(path),
            **told,
        )

    def seconds_told(self) -> list[list[float]]:
        """The times of the points, in seconds from noon."""
        noon_90k = 360_000 * SECOND
        return [
            [(t_90k - noon_90k) / SECOND for t_90k, *_ in path["points"]]
            for path in paths_told(self.hour())
        ]

    def test_a_way_is_told_by_media_time_with_who_it_was(self):
        pet = make_pet(self.cast.home, name="Miso", colour="#112233")
        visit = self.visit(NOON, 3, pet=pet, best_score=0.876)

        self.assertEqual(
            paths_told(self.hour()),
            [
                {
                    "visit": visit.pk,
                    "boot": self.boot.pk,
                    "label": "cat",
                    "score": 0.88,
                    "pet": {"name": "Miso", "colour": "#112233"},
                    "points": [
                        [360_000 * SECOND, 0.0, 0.25, 0.125, 0.5],
                        [360_001 * SECOND, 0.01, 0.25, 0.125, 0.5],
                        [360_002 * SECOND, 0.0, 0.25, 0.125, 0.5],
                    ],
                }
            ],
        )

    def test_of_a_long_way_the_points_in_the_stretch_are_told_and_one_on_either_side(self):
        self.visit(after_noon(seconds=-5), 10)
        self.visit(after_noon(seconds=3595), 10)

        self.assertEqual(
            self.seconds_told(),
            [[-0.0, 1, 2, 3, 4], [3595, 3596, 3597, 3598, 3599, 3600]],
        )

    def test_a_point_between_two_others_is_not_lost_at_the_edge(self):
        self.visit(after_noon(seconds=-4.5), 10)

        self.assertEqual(self.seconds_told(), [[-0.5, 0.5, 1.5, 2.5, 3.5, 4.5]])

    def test_a_visit_to_a_place_goes_the_way_of_the_one_to_the_picture(self):
        self.visit(NOON, 3, place=make_place(self.camera))
        make_visit(self.camera, started_at=NOON)

        self.assertEqual(paths_told(self.hour()), [])

    def test_of_a_crowd_each_way_keeps_its_ends_and_some_points_between(self):
        for second in range(5):
            self.visit(after_noon(seconds=second), 30)

        with self.assertNumQueries(1):
            told = paths_told(self.hour(), most_points=50)

        ways = [[(t - 360_000 * SECOND) // SECOND for t, *_ in path["points"]] for path in told]
        self.assertEqual([len(way) for way in ways], [10] * 5)
        self.assertEqual([(way[0], way[-1]) for way in ways], [(n, n + 29) for n in range(5)])


class DayTests(Kitchen):
    def test_the_nearest_days_with_recordings_are_told(self):
        for days in (-9, -3, 0, 2, 7):
            self.segment(started_at=after_noon(days=days))

        with self.assertNumQueries(2):
            beside = days_beside(self.camera, *bounds_of(date(2026, 11, 22)))

        self.assertEqual(beside, Days(date(2026, 11, 19), date(2026, 11, 24)))

    def test_without_recordings_there_is_none(self):
        self.assertEqual(days_beside(self.camera, NOON, after_noon(days=1)), Days(None, None))

    def test_days_are_as_long_as_clocks_make_them(self):
        hours = {
            ("Europe/Berlin", date(2026, 3, 29)): 23,
            ("Europe/Berlin", date(2026, 10, 25)): 25,
            ("Australia/Lord_Howe", date(2026, 4, 5)): 24.5,
            ("UTC", date(2026, 3, 29)): 24,
        }
        for (zone, day), expected in hours.items():
            with self.subTest(zone, day=day), override_settings(TIME_ZONE=zone):
                start, end = bounds_of(day)
                length = end.astimezone(UTC) - start.astimezone(UTC)
                self.assertEqual(length, timedelta(hours=expected))

    def test_days_follow_each_other_without_a_second_between(self):
        with override_settings(TIME_ZONE="Europe/Berlin"):
            days = [bounds_of(date(2026, 10, 23) + timedelta(days=n)) for n in range(5)]

        for (_, end), (start, _) in zip(days, days[1:], strict=False):
            self.assertEqual(end, start)


class ClockTests(Kitchen):
    def test_a_segments_own_clock_ties_media_time_to_the_wall(self):
        segment = self.segment(started_at=NOON)
        at = after_noon(seconds=12.5)

        self.assertEqual(media_time_in(segment, at), segment.start_90k + 1_125_000)
        self.assertEqual(wall_time_in(segment, media_time_in(segment, at)), at)
