"""The history page and a visit's page: what they show, and what can be done there."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from detections.counts import kept_counts, recount
from detections.models import DayCount, Unreviewed, Visit
from detections.vision.boxes import Box
from detections.vision.path import pack
from tests.builders import make_camera, make_pet, make_place, make_visit
from tests.cast import make_cast

JSON = {"accept": "application/json"}


class HistoryPageTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.kitchen = make_camera(cls.cast.home, name="Kitchen", slug="kitchen")
        cls.miso = make_pet(cls.cast.home, name="Miso", colour="#112233")
        cls.luna = make_pet(cls.cast.home, name="Luna")
        cls.water = make_place(cls.kitchen, name="Water")

    def setUp(self):
        self.client.force_login(self.cast.bob)

    def visit(self, **fields) -> Visit:
        return make_visit(self.kitchen, **fields)

    def shown(self, query: str = "") -> list[int]:
        """The visits on the page, in order."""
        answer = self.client.get(f"/history/?{query}")
        self.assertEqual(answer.status_code, 200)
        return [int(pk) for pk in re.findall(r'data-visit="(\d+)"', answer.content.decode())]

    def queries(self, url: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            self.assertEqual(self.client.get(url).status_code, 200)
        return len(captured)

    def test_pages_take_as_many_queries_for_three_visits_as_for_one(self):
        first = self.visit(pet=self.miso, place=self.water, started_at=timezone.now())
        filtered = "camera=kitchen&label=cat&score=50&since=2020-01-01&new=on"
        pages = (
            "/history/",
            f"/history/?{filtered}",
            f"/history/?pet={self.miso.pk}&place={self.water.pk}",
            "/history/?part=on",
            f"/history/{first.pk}/",
            f"/history/{first.pk}/?{filtered}",
            "/pets/",
        )
        one = [self.queries(page) for page in pages]
        for days in (0, 1, 2):
            camera = make_camera(self.cast.home)
            make_visit(
                camera,
                pet=make_pet(self.cast.home),
                place=make_place(camera),
                started_at=timezone.now() - timedelta(days=days),
            )
            self.visit(pet=self.miso, place=self.water)

        three = [self.queries(page) for page in pages]

        self.assertEqual(three, one)
        self.assertLessEqual(max(one), 20)

    def test_cards_say_who_where_when_and_draw_the_best_box_over_the_picture(self):
        visit = self.visit(
            pet=self.miso,
            place=self.water,
            picture="visit-1.jpg",
            best_box=[0.25, 0.5, 0.2, 0.3],
            started_at=timezone.now().replace(hour=0, minute=0),
        )

        answer = self.client.get("/history/")

        self.assertContains(answer, "Miso")
        self.assertContains(answer, "at Water")
        self.assertContains(answer, f"/history/{visit.pk}/picture.jpg?of={visit.best_90k}")
        self.assertContains(answer, 'x="250.0" y="500.0" width="200.0" height="300.0"')
        self.assertContains(answer, 'stroke="#112233"')

    def test_days_carry_their_counts_without_counting_history(self):
        now = timezone.now()
        for pet in (self.miso, self.miso, self.luna):
            self.visit(pet=pet, started_at=now)
        self.visit(pet=self.miso, place=self.water, started_at=now)
        # What is counted is said even where the page shows little of it.
        DayCount.objects.filter(pet_id=self.luna.pk).update(visits=41)

        days = self.client.get("/history/").context["days"]

        told = [(count.name, count.place, count.visits) for count in days[0].counts]
        self.assertEqual(told, [("Luna", "", 41), ("Miso", "", 2), ("Miso", "Water", 1)])
        with CaptureQueriesContext(connection) as captured:
            self.client.get("/history/")
        counting = [query["sql"] for query in captured if "COUNT(" in query["sql"]]
        self.assertEqual(counting, [])

    @override_settings(TIME_ZONE="Pacific/Auckland")
    def test_days_are_those_of_the_portals_time_zone(self):
        auckland = ZoneInfo("Pacific/Auckland")
        late = self.visit(started_at=datetime(2026, 3, 1, 23, 59, tzinfo=auckland))
        self.visit(started_at=datetime(2026, 3, 2, 0, 1, tzinfo=auckland))

        days = self.client.get("/history/").context["days"]

        self.assertEqual([str(day.day) for day in days], ["2026-03-02", "2026-03-01"])
        self.assertEqual([count.visits for day in days for count in day.counts], [1, 1])
        self.assertEqual(self.shown("since=2026-03-01&until=2026-03-01"), [late.pk])

    def test_today_is_told_beside_what_is_usual(self):
        now = timezone.now()
        for days_ago, visits in ((0, 5), (1, 6), (2, 6), (3, 7), (4, 2), (5, 9)):
            for _ in range(visits):
                at = now - timedelta(days=days_ago)
                self.visit(pet=self.miso, place=self.water, started_at=at)

        (row,) = self.client.get("/history/").context["today"]

        self.assertEqual((row.pet, row.place, row.visits, row.usually), (self.miso, "Water", 5, 6))
        self.assertContains(self.client.get("/history/"), "usually 6")

    def test_every_filter_is_a_chip_that_can_be_taken_off(self):
        query = f"camera=kitchen&pet={self.miso.pk}&place=0&label=cat&score=80&starred=on&new=on"

        filters = self.client.get(f"/history/?{query}&since=2026-01-02").context["filters"]

        texts = [chip.text for chip in filters.chips]
        expected = ["Kitchen", "Miso", "No place in particular", "Cat", "From 2 Jan 2026"]
        self.assertEqual(texts, [*expected, "80 % or more", "Starred", "New to you"])
        for chip, name in zip(filters.chips, ("camera", "pet", "place", "label"), strict=False):
            self.assertNotIn(f"{name}=", chip.query)
            self.assertIn("score=80", chip.query)

    def test_the_address_names_only_what_is_wanted(self):
        answer = self.client.get("/history/?camera=&pet=&label=cat&score=")

        self.assertRedirects(answer, "/history/?label=cat")

    def test_nonsense_and_what_is_foreign_are_not_found(self):
        foreign = make_camera(self.cast.elsewhere, slug="foreign")
        pet = make_pet(self.cast.elsewhere)
        for query in (
            "camera=foreign",
            f"pet={pet.pk}",
            f"place={make_place(foreign).pk}",
            f"home={self.cast.elsewhere.pk}",
            "home=99999999999999999999999",
            "before=nonsense",
            "before=99999999999999999999999999-1",
            "since=yesterday",
            "since=0001-01-01",
            "until=9999-12-31",
            "score=1000",
            "only=1,2;3",
            f"only={'1,' * 60}",
            f"label={'x' * 21}",
        ):
            with self.subTest(query):
                self.assertEqual(self.client.get(f"/history/?{query}").status_code, 404)

    def test_a_part_of_the_page_has_the_same_cards(self):
        visits = [self.visit(started_at=timezone.now() - timedelta(hours=h)) for h in range(30)]
        answer = self.client.get("/history/")
        link = re.search(r'rel="next" href="([^"]+)"', answer.content.decode())[1]

        rest = self.client.get(f"{link.replace('&amp;', '&')}&part=on")

        self.assertNotContains(rest, "<html")
        shown = re.findall(r'data-visit="(\d+)"', (answer.content + rest.content).decode())
        self.assertEqual([int(pk) for pk in shown], [visit.pk for visit in visits])

    def test_of_named_visits_those_that_match_are_shown(self):
        cat, dog = self.visit(), self.visit(label="dog")
        foreign = make_visit(make_camera(self.cast.elsewhere))

        shown = self.shown(f"part=on&label=cat&only={cat.pk},{dog.pk},{foreign.pk},999999")

        self.assertEqual(shown, [cat.pk])

    def test_a_history_without_visits_says_so_in_words(self):
        self.assertContains(self.client.get("/history/"), "Nothing has been seen yet")
        self.assertContains(self.client.get("/history/?starred=on"), "No visits like this")

    def test_somebody_without_a_household_gets_a_page_without_visits(self):
        self.visit()
        self.client.force_login(self.cast.root)

        self.assertContains(self.client.get("/history/"), "Nobody lives here with you")

    def act(self, what: str, *visits: Visit, status: int = 200):
        form = {"act": what, "visits": [visit.pk for visit in visits]}
        answer = self.client.post("/history/act/", form, headers=JSON)
        self.assertEqual(answer.status_code, status)
        return answer

    def test_many_are_starred_reviewed_and_deleted_at_once(self):
        one, two, other = self.visit(), self.visit(), self.visit()

        answer = self.act("star", one, two)
        self.act("reviewed", one, two)

        self.assertCountEqual(answer.json()["visits"], [one.pk, two.pk])
        self.assertCountEqual(self.shown("starred=on"), [one.pk, two.pk])
        self.assertEqual(self.shown("new=on"), [other.pk])
        self.assertEqual(Unreviewed.objects.filter(user=self.cast.alice).count(), 3)
        self.act("delete", one, two)
        self.assertEqual(self.shown(), [other.pk])
        self.assertEqual(kept_counts(self.cast.home.pk), recount(Visit.objects.all()))

    def test_one_of_a_strangers_among_the_chosen_stays_as_it_is(self):
        own, foreign = self.visit(), make_visit(make_camera(self.cast.elsewhere))

        answer = self.act("delete", own, foreign)

        self.assertEqual(answer.json()["visits"], [own.pk])
        self.assertTrue(Visit.objects.filter(pk=foreign.pk).exists())
        self.act("star", foreign, status=404)

    def test_a_viewer_reviews_and_changes_nothing_else(self):
        visit = self.visit()
        self.client.force_login(self.cast.vera)

        self.act("star", visit, status=404)
        self.act("delete", visit, status=404)
        self.act("reviewed", visit)

        self.assertEqual(self.shown("new=on"), [])
        self.assertEqual(self.shown(), [visit.pk])
        page = self.client.get(f"/history/{visit.pk}/").content.decode()
        self.assertNotIn('value="delete"', page)
        for form in ({"act": "refute"}, {"pet": self.miso.pk}, {"label": "dog"}, {"act": "star"}):
            answer = self.client.post(f"/history/{visit.pk}/change/", form)
            self.assertEqual(answer.status_code, 404)

    def test_too_many_at_once_and_nonsense_are_refused(self):
        visit = self.visit()
        for form in (
            {"act": "star", "visits": [str(n) for n in range(201)]},
            {"act": "star", "visits": ["1;2"]},
            {"act": "burn", "visits": [str(visit.pk)]},
            {"act": "star"},
        ):
            self.assertEqual(self.client.post("/history/act/", form).status_code, 400)

    def test_without_a_script_the_form_leads_back_to_the_same_filter(self):
        visit = self.visit()

        answer = self.client.post(
            "/history/act/", {"act": "star", "visits": [visit.pk], "back": "label=cat&starred=on"}
        )

        self.assertRedirects(answer, "/history/?label=cat&starred=on")

    def test_one_tap_says_who_it_was_and_the_counts_follow(self):
        visit = self.visit()

        answer = self.client.post(
            f"/history/{visit.pk}/change/", {"pet": self.miso.pk, "back": "label=cat"}
        )

        self.assertRedirects(answer, f"/history/{visit.pk}/?label=cat")
        visit.refresh_from_db()
        self.assertEqual((visit.pet, visit.pet_by), (self.miso, Visit.PetBy.HAND))
        self.assertEqual(kept_counts(self.cast.home.pk), recount([visit]))
        self.client.post(f"/history/{visit.pk}/change/", {"label": "dog"})
        visit.refresh_from_db()
        self.assertEqual(visit.label, "dog")

    def test_one_tap_sets_aside_what_was_none_and_one_brings_it_back(self):
        visit = self.visit()

        self.client.post(f"/history/{visit.pk}/change/", {"act": "refute"})

        self.assertEqual((self.shown(), self.shown("refuted=on")), ([], [visit.pk]))
        self.assertEqual(kept_counts(self.cast.home.pk), {})
        self.assertContains(self.client.get(f"/history/{visit.pk}/"), "Undo")
        self.client.post(f"/history/{visit.pk}/change/", {"act": "restore"})
        self.assertEqual(self.shown(), [visit.pk])

    def test_a_change_is_one_thing_of_this_household(self):
        visit = self.visit()
        foreign = make_pet(self.cast.elsewhere)
        for form in (
            {},
            {"pet": foreign.pk},
            {"label": "<b>cat</b>"},
            {"label": "x" * 21},
            {"act": "star", "label": "dog"},
            {"act": "burn"},
        ):
            with self.subTest(form):
                answer = self.client.post(f"/history/{visit.pk}/change/", form)
                self.assertEqual(answer.status_code, 400)

    def test_a_visits_page_draws_the_way_and_knows_its_neighbours(self):
        now = timezone.now()
        newer, dog, here, older = (
            self.visit(started_at=now - timedelta(minutes=n), label="dog" if n == 2 else "cat")
            for n in (1, 2, 3, 4)
        )
        way = [Box(0.1 * n, 0.2 + 0.3 * (n % 2), 0.2, 0.2) for n in range(5)]
        here.path = pack([(here.start_90k + n * 90_000, box) for n, box in enumerate(way)])
        here.save()

        page = self.client.get(f"/history/{here.pk}/?label=cat")

        neighbours = page.context["newer"].visit, page.context["older"].visit
        self.assertEqual(neighbours, (newer, older))
        self.assertEqual(self.client.get(f"/history/{here.pk}/").context["newer"].visit, dog)
        track = page.context["track"]
        self.assertEqual(len(track.moments), 5)
        self.assertAlmostEqual(track.moments[2][0], 2.0)
        self.assertContains(page, "<polyline")

    def test_a_visit_of_a_strangers_is_as_good_as_none(self):
        foreign = make_visit(make_camera(self.cast.elsewhere), picture="visit-1.jpg")
        for path in ("", "picture.jpg"):
            answer = self.client.get(f"/history/{foreign.pk}/{path}")
            self.assertEqual(answer.status_code, 404)
        self.assertEqual(self.client.post(f"/history/{foreign.pk}/change/").status_code, 404)
