from datetime import UTC, datetime, timedelta

import numpy as np
from django.test import TestCase

from detections.counts import kept_counts, recount
from detections.models import Boot, DayCount, DeletedVisit, Look, Pet, Place, Unreviewed, Visit
from detections.services import (
    correct_visit,
    delete_visits,
    remove_pet,
    remove_place,
    review_visits,
    star_visits,
)
from detections.storing import Part, Picture, store
from detections.vision.boxes import Box
from detections.vision.rules import CLOCK_RATE
from detections.vision.visits import VisitDraft
from tests.builders import make_camera
from tests.cast import make_cast
from tests.detections.looks import GINGER, GREY, TABBY, look_like

START = datetime(2026, 6, 1, 22, 59, 30, tzinfo=UTC)
SPOT = Box(0.2, 0.3, 0.2, 0.2)


class VisitsTestCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home)
        cls.miso = Pet.objects.create(household=cls.cast.home, name="Miso")
        cls.tama = Pet.objects.create(household=cls.cast.home, name="Tama")
        cls.boot = Boot.objects.create(name="boot", zero_at=START)

    def visit(
        self, at_s: float = 0, *, look: np.ndarray | None = None, box: Box = SPOT, **draft: object
    ) -> Visit:
        """A visit of a minute, built as the detector would."""
        start_90k = round(at_s * CLOCK_RATE)
        fields = {
            "label": "cat",
            "place_id": None,
            "start_90k": start_90k,
            "end_90k": start_90k + 60 * CLOCK_RATE,
            "best_score": 0.9,
            "best_90k": start_90k,
            "best_box": box,
            "path": (),
            "is_open": False,
            "key_part": f"{start_90k}-{draft.get('place_id') or 0}-0",
        }
        made = VisitDraft(**(fields | draft))
        picture = None if look is None else Picture("cat.jpg", look.astype(np.float32).tobytes())
        part = Part(
            camera=self.camera, boot=self.boot, source="detector", drafts=[made],
            from_90k=made.start_90k, to_90k=made.end_90k, new_90k=made.start_90k,
        )  # fmt: skip
        ((visit, is_new),) = store(part, lambda *_: picture)
        self.assertTrue(is_new)
        return visit

    def counts(self) -> dict[tuple[str, int, int], tuple[int, int]]:
        """Visits and seconds by label, pet and place, which must be what a recount says."""
        home = self.cast.home.pk
        kept = kept_counts(home)
        self.assertEqual(kept, recount(Visit.objects.filter(household_id=home)))
        return {key[3:]: tuple(amount) for key, amount in kept.items()}


class CorrectingTests(VisitsTestCase):
    def test_this_is_miso_changes_the_visit_and_the_counts(self):
        visit = self.visit()
        self.assertEqual(self.counts(), {("cat", 0, 0): (1, 60)})

        corrected = correct_visit(visit, by=self.cast.bob, pet=self.miso)

        self.assertEqual((corrected.pet, corrected.pet_by), (self.miso, Visit.PetBy.HAND))
        self.assertEqual(self.counts(), {("cat", self.miso.pk, 0): (1, 60)})

    def test_not_a_cat_takes_it_out_of_the_counts_until_somebody_knows_better(self):
        visit = self.visit()

        correct_visit(visit, by=self.cast.bob, refuted=True)
        self.assertEqual(self.counts(), {})
        correct_visit(visit, by=self.cast.bob, refuted=False, label="dog")
        self.assertEqual(self.counts(), {("dog", 0, 0): (1, 60)})

    def test_what_is_left_out_stays(self):
        visit = self.visit()
        correct_visit(visit, by=self.cast.bob, pet=self.miso)

        corrected = correct_visit(visit, by=self.cast.bob, label="dog")

        self.assertEqual((corrected.pet, corrected.label), (self.miso, "dog"))
        self.assertFalse(corrected.is_refuted)

    def test_whoever_corrects_has_looked_at_it_and_others_have_not(self):
        visit = self.visit()

        correct_visit(visit, by=self.cast.bob, pet=None)

        left = Unreviewed.objects.values_list("user__username", flat=True)
        self.assertEqual(set(left), {"alice", "vera"})

    def test_another_households_pet_and_an_impossible_label_are_refused(self):
        visit = self.visit()
        stray = Pet.objects.create(household=self.cast.elsewhere, name="Stray")

        for wrong in ({"pet": stray}, {"label": ""}, {"label": "x" * 21}):
            with self.assertRaises(ValueError):
                correct_visit(visit, by=self.cast.bob, **wrong)
        self.assertEqual(Visit.objects.get().pet, None)


class LearningTests(VisitsTestCase):
    def test_whoever_looks_like_miso_is_miso_and_others_stay_unknown(self):
        for at_s, look in ((0, GINGER), (100, GREY)):
            visit = self.visit(at_s, look=look_like(look, at_s))
            pet = self.miso if look is GINGER else self.tama
            correct_visit(visit, by=self.cast.bob, pet=pet)

        again = self.visit(200, look=look_like(GINGER, 7))
        other = self.visit(300, look=look_like(TABBY, 8))

        self.assertEqual((again.pet, again.pet_by), (self.miso, Visit.PetBy.LOOK))
        self.assertEqual((other.pet, other.pet_by), (None, Visit.PetBy.NOBODY))
        self.counts()

    def test_this_is_not_miso_keeps_the_next_one_from_being_miso(self):
        correct_visit(self.visit(0, look=look_like(GINGER, 1)), by=self.cast.bob, pet=self.miso)
        wrong = self.visit(100, look=look_like(GINGER, 2))
        self.assertEqual(wrong.pet, self.miso)

        correct_visit(wrong, by=self.cast.bob, pet=None)

        self.assertEqual(self.visit(200, look=look_like(GINGER, 3)).pet, None)

    def test_a_word_taken_back_teaches_nothing(self):
        visit = self.visit(0, look=look_like(GINGER, 1))
        correct_visit(visit, by=self.cast.bob, pet=self.tama)
        correct_visit(visit, by=self.cast.bob, pet=self.miso)

        looks = Look.objects.order_by("pk").values_list("pet", "is_counterexample")
        self.assertEqual(set(looks), {(self.miso.pk, False), (self.tama.pk, True)})
        self.assertEqual(self.visit(100, look=look_like(GINGER, 2)).pet, self.miso)

    def test_what_was_refuted_is_refuted_again_on_its_spot_and_nowhere_else(self):
        correct_visit(self.visit(0, look=look_like(GREY, 1)), by=self.cast.bob, refuted=True)

        self.assertTrue(self.visit(100, look=look_like(GREY, 2)).is_refuted)
        elsewhere = self.visit(200, look=look_like(GREY, 3), box=Box(0.7, 0.3, 0.2, 0.2))
        self.assertFalse(elsewhere.is_refuted)
        self.assertFalse(self.visit(300, look=look_like(GINGER, 4)).is_refuted)
        self.assertEqual(self.counts(), {("cat", 0, 0): (2, 120)})

    def test_a_dog_is_no_cat_and_may_be_any_other_animal(self):
        correct_visit(self.visit(0, look=look_like(GREY, 1)), by=self.cast.bob, pet=self.miso)

        self.assertIsNone(self.visit(100, look=look_like(GREY, 2), label="bird").pet)
        self.assertEqual(self.visit(200, look=look_like(GREY, 3), label="dog").pet, self.miso)

    def test_a_pet_is_known_by_so_many_looks_and_no_more(self):
        visit = self.visit(0, look=look_like(GINGER, 1))
        Look.objects.bulk_create(
            Look(household=self.cast.home, pet=self.miso, vector=visit.look) for _ in range(250)
        )

        correct_visit(visit, by=self.cast.bob, pet=self.miso)

        self.assertEqual(self.miso.looks.count(), 200)


class ManyTests(VisitsTestCase):
    def test_stars_are_given_and_taken_away(self):
        visits = [self.visit(0), self.visit(100)]

        self.assertEqual(star_visits(visits), 2)
        self.assertEqual(star_visits(Visit.objects.filter(pk=visits[0].pk), is_starred=False), 1)

        self.assertEqual(list(Visit.objects.filter(is_starred=True)), [visits[1]])

    def test_everybody_reviews_for_themselves(self):
        visits = [self.visit(0), self.visit(100)]

        review_visits(visits, by=self.cast.vera)
        review_visits(visits[:1], by=self.cast.vera, is_reviewed=False)
        review_visits(visits[:1], by=self.cast.vera, is_reviewed=False)

        self.assertEqual(
            sorted(Unreviewed.objects.values_list("user__username", "visit")),
            sorted(
                [(name, visit.pk) for name in ("alice", "bob") for visit in visits]
                + [("vera", visits[0].pk)]
            ),
        )

    def test_deleting_takes_them_out_of_the_counts(self):
        self.visit(0)
        self.visit(100, label="dog")
        self.visit(200)

        self.assertEqual(delete_visits(Visit.objects.filter(start_90k__lt=150 * CLOCK_RATE)), 2)

        self.assertEqual(self.counts(), {("cat", 0, 0): (1, 60)})
        self.assertEqual(DeletedVisit.objects.count(), 2)

    def test_a_day_is_the_portals(self):
        with self.settings(TIME_ZONE="Europe/Berlin"):
            self.visit(0)  # 00:59:30 there
        self.visit(3600)  # 23:59:30 in UTC

        days = sorted(DayCount.objects.values_list("day", "visits"))
        start = START.date()
        self.assertEqual(days, [(start, 1), (start + timedelta(days=1), 1)])

    def test_without_its_pet_a_visit_is_somebodys(self):
        for at_s in (0, 100):
            correct_visit(self.visit(at_s), by=self.cast.bob, pet=self.miso)

        remove_pet(self.miso)

        self.assertEqual(self.counts(), {("cat", 0, 0): (2, 120)})
        self.assertEqual(set(Visit.objects.values_list("pet_by", flat=True)), {""})
        self.assertFalse(Pet.objects.filter(name="Miso").exists())

    def test_with_a_place_go_the_visits_at_it(self):
        place = Place.objects.create(camera=self.camera, name="Sofa", outline=[])
        self.visit(0)
        self.visit(100, place_id=place.pk)

        remove_place(place)

        self.assertEqual(self.counts(), {("cat", 0, 0): (1, 60)})
        self.assertFalse(Place.objects.exists())
