from django.contrib.auth.models import AnonymousUser
from django.test import TestCase
from django.utils import timezone

from detections.access import (
    PetNotFound,
    PlaceNotFound,
    VisitNotFound,
    pet_for,
    pets_for,
    place_for,
    places_for,
    visit_for,
    visits_for,
)
from detections.models import Pet, Place, Visit
from households.services import change_account
from tests.builders import make_camera
from tests.cast import make_cast

EVERYBODY = {"alice", "bob", "vera"}


class AccessTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home)
        now = timezone.now()
        cls.visit = Visit.objects.create(
            household=cls.cast.home, camera=cls.camera, key="1", label="cat",
            started_at=now, ended_at=now, start_90k=0, end_90k=1,
        )  # fmt: skip
        cls.pet = Pet.objects.create(household=cls.cast.home, name="Miso")
        cls.place = Place.objects.create(camera=cls.camera, name="Bowl")

    def those_for_whom(self, ask, row, missing: type[LookupError], **how: bool) -> set[str]:
        allowed = set()
        for name in ("alice", "bob", "vera", "mallory", "root"):
            person = getattr(self.cast, name)
            with self.assertRaises(missing):
                ask(person, row.pk + 999, **how)
            try:
                self.assertEqual(ask(person, row.pk, **how), row)
            except missing:
                continue
            allowed.add(name)
        with self.assertRaises(missing):
            ask(AnonymousUser(), row.pk, **how)
        return allowed

    def test_everybody_of_the_household_sees_and_viewers_change_nothing(self):
        for ask, row, missing in (
            (visit_for, self.visit, VisitNotFound),
            (pet_for, self.pet, PetNotFound),
        ):
            self.assertEqual(self.those_for_whom(ask, row, missing), EVERYBODY)
            changers = self.those_for_whom(ask, row, missing, to_change=True)
            self.assertEqual(changers, {"alice", "bob"})

    def test_places_are_drawn_by_owners(self):
        seers = self.those_for_whom(place_for, self.place, PlaceNotFound)
        self.assertEqual(seers, EVERYBODY)
        drawers = self.those_for_whom(place_for, self.place, PlaceNotFound, to_change=True)
        self.assertEqual(drawers, {"alice"})

    def test_lists_have_the_same_as_single_rows(self):
        for name in ("alice", "bob", "vera", "mallory", "root"):
            person = getattr(self.cast, name)
            is_here = name in EVERYBODY
            self.assertEqual(visits_for(person).count(), is_here)
            self.assertEqual(pets_for(person).count(), is_here)
            self.assertEqual(places_for(person).count(), is_here)

    def test_a_closed_account_sees_nothing(self):
        change_account(self.cast.bob, is_active=False)

        self.assertFalse(visits_for(self.cast.bob).exists())
        with self.assertRaises(VisitNotFound):
            visit_for(self.cast.bob, self.visit.pk)
