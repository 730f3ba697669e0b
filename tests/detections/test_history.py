"""Which visits a page of history holds, in which order."""

from datetime import timedelta

from django.test import TestCase
from django.utils import timezone

from detections import history
from detections.history import Moment, VisitFilter, mark_new, matching, page_of
from detections.models import Unreviewed, Visit
from tests.builders import make_camera, make_pet, make_place, make_visit
from tests.cast import make_cast


class HistoryTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.kitchen = make_camera(cls.cast.home)
        cls.hall = make_camera(cls.cast.home)
        cls.miso, cls.luna = make_pet(cls.cast.home), make_pet(cls.cast.home)
        cls.water = make_place(cls.kitchen)
        cls.now = timezone.now()

    def visit(self, minutes_ago: float, camera=None, **fields) -> Visit:
        started_at = self.now - timedelta(minutes=minutes_ago)
        return make_visit(camera or self.kitchen, started_at=started_at, **fields)

    def wanted(self, **conditions) -> VisitFilter:
        return VisitFilter(
            household_id=self.cast.home.pk, reader_id=self.cast.alice.pk, **conditions
        )

    def all_pages(self, wanted: VisitFilter, size: int = 2) -> list[Visit]:
        """What scrolling to the end shows."""
        found, then = [], None
        for _ in range(100):
            page = page_of(wanted, then, size=size)
            found += page.visits
            then = page.then
            if then is None:
                return found
        raise AssertionError("no end")

    def test_the_newest_come_first_and_pages_neither_repeat_nor_leave_out(self):
        visits = [self.visit(minutes) for minutes in (1, 2, 2, 2, 5)]
        expected = sorted(visits, key=Moment.of, reverse=True)

        for size in (1, 2, 3, 5):
            with self.subTest(size=size):
                self.assertEqual(self.all_pages(self.wanted(), size), expected)

    def test_what_begins_while_somebody_scrolls_moves_nothing(self):
        visits = [self.visit(minutes) for minutes in (1, 2, 3)]
        first = page_of(self.wanted(), size=2)
        self.visit(0)

        second = page_of(self.wanted(), first.then, size=2)

        self.assertEqual(first.visits + second.visits, visits)

    def test_every_filter_finds_its_own_and_no_other(self):
        self.visit(9)
        self.visit(8, label="dog", best_score=0.3)
        cases = {
            "camera": (self.visit(1, self.hall), {"camera_id": self.hall.pk}),
            "pet": (self.visit(2, pet=self.miso), {"pet_id": self.miso.pk}),
            "place": (self.visit(3, place=self.water), {"place_id": self.water.pk}),
            "label": (self.visit(4, label="bird"), {"label": "bird"}),
            "score": (self.visit(5, best_score=0.99), {"min_score": 0.95}),
            "starred": (self.visit(6, is_starred=True), {"is_starred": True}),
            "refuted": (self.visit(7, is_refuted=True), {"is_refuted": True}),
            "since": (self.visit(-9), {"since": self.now + timedelta(minutes=8)}),
            "until": (self.visit(99), {"until": self.now - timedelta(minutes=98)}),
        }
        Unreviewed.objects.exclude(visit=cases["camera"][0]).delete()
        cases["unreviewed"] = cases["camera"][0], {"is_unreviewed": True}
        for name, (visit, conditions) in cases.items():
            with self.subTest(name):
                self.assertEqual(page_of(self.wanted(**conditions)).visits, [visit])

    def test_filters_together_are_all_meant(self):
        every = {
            "camera_id": self.kitchen.pk,
            "pet_id": self.miso.pk,
            "place_id": self.water.pk,
            "label": "cat",
            "min_score": 0.8,
            "is_starred": True,
            "is_unreviewed": True,
            "since": self.now - timedelta(minutes=30),
            "until": self.now,
        }
        fields = {"pet": self.miso, "place": self.water, "is_starred": True}
        right = self.visit(3, **fields)
        self.visit(4, **fields | {"pet": self.luna})
        self.visit(5, **fields | {"place": None})
        self.visit(6, **fields | {"is_starred": False})
        self.visit(7, **fields, best_score=0.5)
        self.visit(8, **fields, label="dog")
        self.visit(40, **fields)
        Unreviewed.objects.filter(visit=self.visit(9, **fields)).delete()

        self.assertEqual(page_of(self.wanted(**every)).visits, [right])
        self.assertEqual(
            matching(self.wanted(**every), Visit.objects.values_list("pk", flat=True)), [right]
        )

    def test_unknown_pets_and_no_place_can_be_asked_for(self):
        known = self.visit(1, pet=self.miso, place=self.water)
        unknown = self.visit(2)

        self.assertEqual(page_of(self.wanted(pet_id=0)).visits, [unknown])
        self.assertEqual(page_of(self.wanted(place_id=0)).visits, [unknown])
        self.assertEqual(page_of(self.wanted()).visits, [known, unknown])

    def test_what_was_refuted_is_out_of_the_way(self):
        self.visit(1, is_refuted=True)

        self.assertEqual(page_of(self.wanted()).visits, [])
        self.assertEqual(page_of(self.wanted(is_unreviewed=True)).visits, [])

    def test_another_household_is_another_history(self):
        make_visit(make_camera(self.cast.elsewhere))

        for conditions in ({}, {"label": "cat"}, {"is_unreviewed": True}, {"min_score": 0.1}):
            with self.subTest(conditions):
                self.assertEqual(page_of(self.wanted(**conditions)).visits, [])

    def test_unreviewed_is_each_persons_own(self):
        visit = self.visit(1)
        Unreviewed.objects.filter(visit=visit, user=self.cast.alice).delete()
        bobs = VisitFilter(
            household_id=self.cast.home.pk, reader_id=self.cast.bob.pk, is_unreviewed=True
        )

        self.assertEqual(page_of(self.wanted(is_unreviewed=True)).visits, [])
        self.assertEqual(page_of(bobs).visits, [visit])
        news = {}
        for person in (self.cast.alice, self.cast.bob):
            page = page_of(self.wanted())
            mark_new(page.visits, reader_id=person.pk)
            news[person] = [visit.is_new_to_reader for visit in page.visits]
        self.assertEqual(news, {self.cast.alice: [False], self.cast.bob: [True]})

    def test_neighbours_are_the_next_ones_on_both_sides_of_the_same_filter(self):
        older, here, between, newer = (
            self.visit(minutes, label=label)
            for minutes, label in ((9, "cat"), (8, "cat"), (7, "dog"), (6, "cat"))
        )
        cats = self.wanted(label="cat", min_score=0.1)

        after = page_of(cats, Moment.of(here), size=1, is_backwards=True)
        before = page_of(cats, Moment.of(here), size=1)

        self.assertEqual((after.visits, before.visits), ([newer], [older]))
        any_ = page_of(self.wanted(), Moment.of(here), size=1, is_backwards=True)
        self.assertEqual(any_.visits, [between])

    def test_a_search_that_finds_little_goes_on_from_where_it_stopped(self):
        window, history.WINDOW = history.WINDOW, 3
        self.addCleanup(setattr, history, "WINDOW", window)
        visits = [self.visit(minutes, best_score=0.5) for minutes in range(10)]
        rare = [self.visit(3.5, best_score=0.95), self.visit(8.5, best_score=0.95)]

        page = page_of(self.wanted(min_score=0.9))

        self.assertEqual(page.visits, [])
        self.assertTrue(page.is_cut_short)
        self.assertEqual(page.then, Moment.of(visits[2]))
        self.assertEqual(self.all_pages(self.wanted(min_score=0.9)), rare)
        unreviewed = self.wanted(min_score=0.9, is_unreviewed=True)
        self.assertEqual(self.all_pages(unreviewed), rare)

    def test_a_moment_survives_an_address(self):
        moment = Moment.of(self.visit(1))

        self.assertEqual(Moment.parsed(str(moment)), moment)
        for nonsense in ("", "x", "1", "1-", "-1", "1-x", f"{10**30}-1"):
            with self.subTest(nonsense), self.assertRaises(ValueError):
                Moment.parsed(nonsense)
