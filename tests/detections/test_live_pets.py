from django.test import TestCase
from django.utils import timezone

from detections.live_pets import LivePets
from detections.models import Pet, Visit
from detections.pushing import boxes_seen
from detections.vision.boxes import Box
from detections.vision.tracker import TrackedSeen
from tests.builders import make_camera
from tests.cast import make_cast

BOX = Box(0.1, 0.1, 0.2, 0.2)


class LivePetsTests(TestCase):
    def setUp(self):
        self.home = make_cast().home
        self.camera = make_camera(self.home)
        self.miso = Pet.objects.create(household=self.home, name="Miso", colour="#112233")
        self.tama = Pet.objects.create(household=self.home, name="Tama")
        self.now_s = 0.0
        self.pets = LivePets(clock=lambda: self.now_s)

    def visit(self, pet: Pet | None, **changes: object) -> Visit:
        now = timezone.now()
        fields = {
            "household": self.home, "camera": self.camera, "source": "detector", "label": "cat",
            "started_at": now, "ended_at": now, "start_90k": 1, "end_90k": 2, "is_open": True,
            "key": str(Visit.objects.count()), "pet": pet,
        } | changes  # fmt: skip
        visit = Visit.objects.create(**fields)
        self.pets.on_visit(visit, True)
        return visit

    def names(self, *labels: str, source: str = "detector") -> list[str | None]:
        """Who the boxes of these labels are."""
        tracks = [TrackedSeen(at, label, 0.9, BOX) for at, label in enumerate(labels)]
        message = boxes_seen(self.camera.pk, 5, source, tracks)
        self.pets.mark([message])
        return [track["pet"]["name"] if "pet" in track else None for track in message["tracks"]]

    def test_the_only_cat_is_the_one_whose_visit_is_going_on(self):
        self.visit(self.miso)

        self.assertEqual(self.names("cat"), ["Miso"])
        self.assertEqual(self.names("person", "cat"), [None, "Miso"])

    def test_a_visit_to_a_place_says_the_same_of_her(self):
        self.visit(None)
        self.visit(self.miso)
        self.visit(self.miso)

        self.assertEqual(self.names("cat"), ["Miso"])

    def test_of_two_cats_nobody_says_which_is_which(self):
        self.visit(self.miso)

        self.assertEqual(self.names("cat", "cat"), [None, None])

    def test_one_cat_that_may_be_either_stays_unnamed(self):
        self.visit(self.miso)
        self.visit(self.tama)

        self.assertEqual(self.names("cat"), [None])

    def test_boxes_of_others_are_left_alone(self):
        self.visit(self.miso)

        self.assertEqual(self.names("dog"), [None])
        self.assertEqual(self.names("cat", source="api"), [None])

    def test_a_visit_that_ended_or_was_none_names_nobody(self):
        over, refuted = self.visit(self.miso), self.visit(self.miso)
        over.is_open = False
        self.pets.on_visit(over)
        self.assertEqual(self.names("cat"), ["Miso"])
        refuted.is_refuted = True
        self.pets.on_visit(refuted)

        self.assertEqual(self.names("cat"), [None])

    def test_a_visit_of_which_nothing_more_is_heard_is_forgotten(self):
        self.visit(self.miso)
        self.now_s = 16.0

        self.assertEqual(self.names("cat"), [None])
