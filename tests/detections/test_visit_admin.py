"""Visits, pets, counts and looks in the admin: quick however many, and true to the services."""

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from detections.admin import NewestPaginator
from detections.counts import kept_counts, recount
from detections.models import DayCount, Look, Visit
from tests.builders import make_camera, make_pet, make_place, make_visit
from tests.cast import make_cast

VISITS, COUNTS, LOOKS = (f"/admin/detections/{name}/" for name in ("visit", "daycount", "look"))


class VisitAdminTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.kitchen = make_camera(cls.cast.home)
        cls.miso = make_pet(cls.cast.home, name="Miso")
        cls.water = make_place(cls.kitchen)
        cls.visit = cls.one_more()
        cls.foreign = make_visit(make_camera(cls.cast.elsewhere), pet=make_pet(cls.cast.elsewhere))

    def setUp(self):
        self.client.force_login(self.cast.alice)

    @classmethod
    def one_more(cls) -> Visit:
        visit = make_visit(cls.kitchen, pet=cls.miso, place=cls.water)
        Look.objects.create(household=cls.cast.home, pet=cls.miso, visit=visit, vector=b"")
        return visit

    def listed(self, url: str) -> list:
        return list(self.client.get(url).context["cl"].result_list)

    def queries(self, url: str) -> list[str]:
        with CaptureQueriesContext(connection) as asked:
            self.assertEqual(self.client.get(url).status_code, 200)
        return [query["sql"] for query in asked]

    def test_lists_take_as_many_queries_for_three_rows_as_for_one(self):
        lists = (VISITS, COUNTS, LOOKS)
        one = [len(self.queries(url)) for url in lists]
        self.one_more()
        make_visit(make_camera(self.cast.home), pet=make_pet(self.cast.home))
        make_visit(self.kitchen, place=make_place(self.kitchen))

        three = [len(self.queries(url)) for url in lists]

        self.assertEqual(three, one)

    def test_no_list_counts_all_of_a_million_rows(self):
        for url in (VISITS, COUNTS, LOOKS, f"{VISITS}?q=cat"):
            with self.subTest(url):
                counting = [sql for sql in self.queries(url) if "COUNT(" in sql]
                self.assertTrue(counting)
                for sql in counting:
                    self.assertIn(f"LIMIT {NewestPaginator.MOST}", sql)

    def test_an_owner_sees_the_own_households_rows_alone(self):
        self.assertEqual(self.listed(VISITS), [self.visit])
        self.client.force_login(self.cast.root)
        self.assertEqual(self.listed(VISITS), [self.foreign, self.visit])

    def test_search_finds_a_pets_visits_and_those_of_a_label(self):
        dog = make_visit(self.kitchen, label="dog")

        self.assertEqual(self.listed(f"{VISITS}?q=miso"), [self.visit])
        self.assertEqual(self.listed(f"{VISITS}?q=Dog"), [dog])
        self.assertEqual(self.listed(f"{VISITS}?q=walrus"), [])

    def test_a_correction_goes_through_the_service_and_the_counts_follow(self):
        luna = make_pet(self.cast.home, name="Luna")
        form = {"label": "dog", "pet": luna.pk, "is_starred": "on"}

        self.client.post(f"{VISITS}{self.visit.pk}/change/", form)

        self.visit.refresh_from_db()
        told = (self.visit.label, self.visit.pet, self.visit.pet_by, self.visit.is_starred)
        self.assertEqual(told, ("dog", luna, Visit.PetBy.HAND, True))
        self.assertEqual(kept_counts(self.cast.home.pk), recount([self.visit]))
        self.client.post(f"{VISITS}{self.visit.pk}/change/", form | {"is_refuted": "on"})
        self.assertEqual(kept_counts(self.cast.home.pk), {})

    def test_another_households_pet_cannot_be_chosen(self):
        answer = self.client.post(
            f"{VISITS}{self.visit.pk}/change/", {"label": "cat", "pet": self.foreign.pet_id}
        )

        self.assertEqual(answer.status_code, 200)
        self.visit.refresh_from_db()
        self.assertEqual(self.visit.pet, self.miso)

    def test_deleted_visits_leave_the_counts_as_well(self):
        self.client.post(f"{VISITS}{self.visit.pk}/delete/", {"post": "yes"})

        self.assertFalse(Visit.objects.filter(household=self.cast.home).exists())
        self.assertEqual(kept_counts(self.cast.home.pk), {})

    def test_counts_can_only_be_read_and_name_their_pet_and_place(self):
        count = DayCount.objects.get(pet_id=self.miso.pk)

        page = self.client.get(COUNTS)

        self.assertContains(page, "Miso")
        self.assertContains(page, self.water.name)
        answer = self.client.post(f"{COUNTS}{count.pk}/change/", {"visits": 9})
        self.assertEqual(answer.status_code, 403)

    def test_a_camera_goes_with_its_visits_and_the_page_lists_none_of_them(self):
        page = self.client.get(f"/admin/streaming/camera/{self.kitchen.pk}/delete/")

        self.assertContains(page, self.kitchen.name)
        self.assertNotContains(page, "Miso")
        self.client.post(f"/admin/streaming/camera/{self.kitchen.pk}/delete/", {"post": "yes"})
        self.assertFalse(Visit.objects.filter(household=self.cast.home).exists())
