from pathlib import Path
from tempfile import TemporaryDirectory

from django.test import TestCase, override_settings

from detections import photos
from detections.demo_home import seed_demo
from detections.models import Pet, Place
from detections.places_forms import PlaceForm
from detections.vision.boxes import Box
from detections.vision.places import foot_of, is_inside
from streaming.media.demo import story
from streaming.media.demo.room import HEIGHT_PX, WIDTH_PX
from streaming.media.demo.scene import Scene
from streaming.models import Camera


class DemoHomeTests(TestCase):
    def setUp(self):
        directory = self.enterContext(TemporaryDirectory())
        self.enterContext(override_settings(PETCAM_DATA_DIR=Path(directory)))

    def test_the_demo_household_has_a_cat_with_a_photo(self):
        seed_demo()

        miso = Pet.objects.get()
        self.assertEqual((miso.name, miso.species), ("Miso", "cat"))
        self.assertEqual((photos.read(miso.photo) or b"")[:2], b"\xff\xd8")

    def test_a_second_start_makes_nothing_new_and_says_the_same_password(self):
        self.assertEqual(seed_demo(), seed_demo())

        self.assertEqual((Pet.objects.count(), Place.objects.count()), (1, 4))

    def test_what_somebody_has_changed_stays(self):
        seed_demo()
        Pet.objects.update(name="Mochi", photo="")
        Place.objects.exclude(kind="food").delete()

        seed_demo()

        self.assertEqual(Pet.objects.get().name, "Mochi")
        self.assertEqual(Place.objects.get().kind, "food")

    def test_every_place_is_one_that_the_editor_would_take(self):
        seed_demo()
        camera = Camera.objects.get()

        for place in camera.places.all():
            told = {name: getattr(place, name) for name in ("kind", "name", "outline")}
            told["outline"] = str(told["outline"])
            form = PlaceForm(told, instance=place, camera=camera)
            self.assertEqual(form.errors, {}, place.name)

    def test_the_cat_of_the_demo_camera_is_where_the_places_are(self):
        seed_demo()
        scene = Scene()
        where = {"sleep": "Cushion", "play": "Rug", "eat": "Food bowl"}
        seconds = {story.moment(s).activity: s for s in range(int(story.CYCLE_S))}

        for activity, name in where.items():
            left, top, right, bottom = scene.state(seconds[activity]).box
            # A detector's box is a little off.
            for off in (-0.02, 0.02):
                box = Box(
                    left / WIDTH_PX + off,
                    top / HEIGHT_PX,
                    (right - left) / WIDTH_PX,
                    (bottom - top) / HEIGHT_PX + off,
                )
                foot = foot_of(box)
                at = [p.name for p in Place.objects.all() if is_inside(foot, p.outline)]
                self.assertEqual(at, [name])
