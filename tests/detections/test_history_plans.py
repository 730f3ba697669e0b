"""History walks along an index under every filter, and sorts nothing."""

from datetime import timedelta
from itertools import combinations
from unittest import skipUnless

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from detections.counts import kept_counts, recount
from detections.history import Moment, VisitFilter, page_of
from detections.models import Visit
from tests.builders import make_camera, make_pet, make_place
from tests.cast import make_cast
from tests.detections.crowd import Crowd


class PlanTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cast = make_cast()
        cameras = [make_camera(cast.home), make_camera(cast.home)]
        pets = [make_pet(cast.home) for _ in range(3)]
        places = [make_place(camera) for camera in cameras]
        cls.reader = cast.bob
        cls.crowd = Crowd(cast.home, cameras, pets, places, [cast.bob.pk])
        cls.crowd.fill(2000)

    def conditions(self) -> list[dict[str, object]]:
        """Each filter alone, and every two together."""
        single = {
            "camera_id": self.crowd.cameras[0].pk,
            "pet_id": self.crowd.pets[0].pk,
            "place_id": self.crowd.places[0].pk,
            "label": "cat",
            "min_score": 0.9,
            "is_starred": True,
            "is_unreviewed": True,
            "is_refuted": True,
            "since": self.crowd.newest - timedelta(days=2),
            "until": self.crowd.newest - timedelta(days=1),
        }
        some = [names for size in (0, 1, 2) for names in combinations(single, size)]
        unknown = [{"pet_id": 0}, {"place_id": 0}, {"pet_id": 0, "label": "cat"}]
        return [{name: single[name] for name in names} for names in some] + unknown

    def asked(self, **conditions: object) -> list[str]:
        """The queries for the first page, the page in the middle, and the one before it."""
        wanted = VisitFilter(
            household_id=self.crowd.household.pk, reader_id=self.reader.pk, **conditions
        )
        visits = Visit.objects.filter(household=self.crowd.household)
        middle = Moment.of(visits.order_by("pk")[1000])
        with CaptureQueriesContext(connection) as captured:
            page_of(wanted)
            page_of(wanted, middle)
            page_of(wanted, middle, size=1, is_backwards=True)
        return [query["sql"] for query in captured]

    @skipUnless(connection.vendor == "sqlite", "reads SQLite's plans")
    def test_no_filter_searches_or_sorts_all_visits(self):
        for conditions in self.conditions():
            for sql in self.asked(**conditions):
                with self.subTest(sorted(conditions), sql=sql[:60]), connection.cursor() as cursor:
                    cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
                    plan = "\n".join(row[3] for row in cursor.fetchall())
                    self.assertNotIn("TEMP B-TREE", plan)
                    self.assertNotRegex(plan, r"SCAN detections_(visit|unreviewed)\b")
                    self.assertRegex(plan, r"USING (COVERING )?INDEX (visits|unreviewed)_\w+")

    def test_pages_of_a_crowd_join_up_to_all_of_it(self):
        wanted = VisitFilter(
            household_id=self.crowd.household.pk, reader_id=self.reader.pk, min_score=0.8
        )
        found, then = [], None
        while True:
            page = page_of(wanted, then, size=100)
            found += page.visits
            then = page.then
            if then is None:
                break

        sure = Visit.objects.filter(is_refuted=False, best_score__gte=0.8)
        self.assertEqual(found, list(sure.order_by("-started_at", "-pk")))

    def test_the_crowds_counts_are_those_of_its_visits(self):
        visits = Visit.objects.filter(household=self.crowd.household)

        self.assertEqual(kept_counts(self.crowd.household.pk), recount(visits))
