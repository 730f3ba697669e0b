import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from django.test import TestCase, override_settings
from django.utils import timezone

from detections.models import Visit
from detections.photos import pictures_dir, read
from detections.pictures import clear_lost_pictures, keep_picture
from detections.vision.boxes import Box
from detections.vision.recall import Recall
from tests.builders import make_camera
from tests.cast import make_cast
from tests.detections.vision.films import CAT, film


class PicturesTests(TestCase):
    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.enterContext(override_settings(PETCAM_DATA_DIR=Path(folder.name)))
        self.recall = Recall()
        for unit in film([CAT] * 10, first_90k=900_000):
            self.recall.keep(unit)

    def keep(self, t_90k: int = 900_000, box: Box = CAT):
        return keep_picture(lambda camera_id, at: self.recall.picture(at), 7, t_90k, box)

    def visit_with(self, picture: str) -> Visit:
        camera = make_camera(make_cast().home)
        now = timezone.now()
        return Visit.objects.create(
            household=camera.household, camera=camera, key="k", source="detector", label="cat",
            started_at=now, ended_at=now, start_90k=1, end_90k=2, picture=picture,
        )  # fmt: skip

    def age(self, name: str, hours: float) -> None:
        at = time.time() - 3600 * hours
        os.utime(pictures_dir() / name, (at, at))

    def test_a_kept_picture_is_a_jpeg_with_the_look_of_what_is_in_its_box(self):
        picture = self.keep()

        self.assertEqual(read(picture.name)[:2], b"\xff\xd8")
        self.assertEqual(len(picture.look) % 4, 0)
        self.assertNotEqual(picture.look, self.keep(box=Box(0.7, 0.1, 0.2, 0.2)).look)

    def test_a_picture_that_is_not_at_hand_is_none(self):
        self.assertIsNone(self.keep(t_90k=5))

    def test_where_nothing_can_be_written_the_visit_goes_without(self):
        pictures_dir().parent.joinpath("pictures").write_text("in the way")

        with self.assertLogs("detections.pictures", "WARNING"):
            self.assertIsNone(self.keep())

    def test_pictures_of_no_visit_go_after_an_hour(self):
        lost, fresh, named = (self.keep().name for _ in range(3))
        self.visit_with(named)
        for name in (lost, named):
            self.age(name, hours=2)
        (pictures_dir() / "pet-0.jpg").write_bytes(b"a photo")
        self.age("pet-0.jpg", hours=2)

        self.assertEqual(clear_lost_pictures(), 1)

        left = {path.name for path in pictures_dir().iterdir()}
        self.assertEqual(left, {fresh, named, "pet-0.jpg"})

    def test_what_was_never_written_whole_goes_as_well(self):
        name = self.keep().name
        (pictures_dir() / name).rename(pictures_dir() / f"{name}.part")
        self.age(f"{name}.part", hours=2)

        self.assertEqual(clear_lost_pictures(), 1)
