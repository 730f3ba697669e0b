"""Which visits the recorder is told of, once a second."""

from datetime import UTC, datetime
from unittest import skipUnless

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from detections.models import Boot
from recordings.assignments import visits_since
from recordings.wanted import Seen
from tests.builders import make_camera, make_visit
from tests.cast import make_cast

S = 90_000


class VisitsSinceTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera, cls.other, cls.third = (make_camera(cls.cast.home) for _ in range(3))
        cls.boot, cls.before = (
            Boot.objects.create(name=name, zero_at=datetime(2026, 11, 22, tzinfo=UTC))
            for name in ("now", "before")
        )

    def visit(self, start_s: int, end_s: int, **told) -> Seen:
        fields = {"boot": self.boot, "start_90k": start_s * S, "end_90k": end_s * S}
        visit = make_visit(told.pop("camera", self.camera), **fields | told)
        return Seen(visit.start_90k, visit.end_90k, visit.is_open)

    def since(self, second: int) -> dict[int, list[Seen]]:
        return visits_since([self.camera.pk, self.other.pk], self.boot, second * S)

    def test_those_that_go_on_or_ended_lately_are_told_by_camera_and_no_others(self):
        lately = self.visit(10, 100)
        asleep = self.visit(0, 50, is_open=True)
        here = self.visit(90, 110, camera=self.other, is_open=True)
        self.visit(10, 99)
        self.visit(90, 110, is_refuted=True)
        self.visit(90, 110, boot=self.before)
        self.visit(90, 110, camera=self.third)

        told = self.since(100)

        self.assertEqual(set(told), {self.camera.pk, self.other.pk})
        self.assertEqual(set(told[self.camera.pk]), {lately, asleep})
        self.assertEqual(set(told[self.other.pk]), {here})

    @skipUnless(connection.vendor == "sqlite", "reads SQLite's plans")
    def test_those_that_are_long_over_are_not_read(self):
        with CaptureQueriesContext(connection) as captured:
            self.since(100)
        with connection.cursor() as cursor:
            plans = []
            for query in captured:
                cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
                plans.append([row[3] for row in cursor.fetchall()])

        [[going_on], [lately]] = plans
        self.assertIn("visits_to_rebuild (camera_id=? AND boot_id=? AND end_90k>?)", lately)
        self.assertIn("visits_going_on (camera_id=? AND boot_id=?)", going_on)
