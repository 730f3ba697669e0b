"""Pets and their photos: who keeps them, and what a file must be to be kept."""

import io
import struct
import tempfile
import zlib
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase, override_settings
from PIL import Image

from detections import photos
from detections.models import Pet, Visit
from detections.pets import MOST_PETS
from tests.builders import make_camera, make_pet, make_visit
from tests.cast import make_cast

MISO = {"name": "Miso", "species": "cat", "colour": "#c2570c"}


def picture(kind: str = "JPEG", size: tuple[int, int] = (900, 600), **options: object) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def boundless_png() -> bytes:
    """A few bytes that say they are 30000 pixels wide and high."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    head = struct.pack(">IIBBBBB", 30_000, 2_900, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IEND", b"")


class PetTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        settings = override_settings(PETCAM_DATA_DIR=Path(folder.name))
        settings.enable()
        self.addCleanup(settings.disable)
        self.client.force_login(self.cast.bob)

    def send(self, url: str = "/pets/add/", photo: bytes | None = None, **told: object):
        fields = MISO | told
        if photo is not None:
            fields["photo"] = SimpleUploadedFile("../../evil.php", photo, "image/jpeg")
        with self.captureOnCommitCallbacks(execute=True):
            return self.client.post(url, fields)

    def kept_files(self) -> list[str]:
        return sorted(path.name for path in photos.pictures_dir().glob("*"))

    def test_a_member_adds_changes_and_takes_away_a_pet(self):
        self.assertRedirects(self.send(), "/pets/")
        pet = Pet.objects.get()
        self.assertEqual((pet.household, pet.name), (self.cast.home, "Miso"))

        self.send(f"/pets/{pet.pk}/", name="Luna", species="dog", colour="#112233")

        pet.refresh_from_db()
        self.assertEqual((pet.name, pet.species, pet.colour), ("Luna", "dog", "#112233"))
        self.client.post(f"/pets/{pet.pk}/remove/")
        self.assertFalse(Pet.objects.exists())

    def test_visits_of_a_pet_that_is_taken_away_stay_as_somebodys_unknown(self):
        pet = make_pet(self.cast.home)
        visit = make_visit(make_camera(self.cast.home), pet=pet)

        self.client.post(f"/pets/{pet.pk}/remove/")

        self.assertIsNone(Visit.objects.get(pk=visit.pk).pet)

    def test_a_photo_is_kept_as_a_small_square_jpeg_without_what_it_carried(self):
        exif = Image.Exif()
        exif[0x010E] = "a secret address"
        exif[0x0112] = 6  # lies on its side
        self.send(photo=picture(exif=exif))

        pet = Pet.objects.get()
        (name,) = self.kept_files()
        kept = (photos.pictures_dir() / name).read_bytes()
        image = Image.open(io.BytesIO(kept))
        self.assertEqual(pet.photo, name)
        self.assertEqual((image.format, image.size), ("JPEG", (512, 512)))
        self.assertNotIn(b"a secret address", kept)
        self.assertGreater(image.getpixel((256, 100))[0], 200)
        self.assertGreater(image.getpixel((256, 400))[2], 200)
        answer = self.client.get(f"/pets/{pet.pk}/photo.jpg")
        self.assertEqual((answer.content, answer["Content-Type"]), (kept, "image/jpeg"))
        self.assertEqual(answer["Cache-Control"], "no-store, private")

    def test_png_and_webp_are_photos_too(self):
        for kind in ("PNG", "WEBP"):
            with self.subTest(kind):
                answer = self.send(photo=picture(kind), name=f"Miso {kind}")
                self.assertEqual(answer.status_code, 302)

    def test_a_new_photo_takes_the_place_of_the_old_one_and_leaves_no_file(self):
        self.send(photo=picture())
        pet = Pet.objects.get()
        first = pet.photo

        self.send(f"/pets/{pet.pk}/", photo=picture())

        pet.refresh_from_db()
        self.assertNotEqual(pet.photo, first)
        self.assertEqual(self.kept_files(), [pet.photo])
        self.send(f"/pets/{pet.pk}/", without_photo="on")
        self.assertEqual(self.kept_files(), [])

    def test_what_is_no_photo_is_refused_in_words(self):
        cases = {
            "no picture": (b"<svg onload=alert(1)>", "Choose a photo"),
            "another format": (picture("GIF"), "Choose a photo"),
            "cut off": (picture()[:700], "damaged"),
            "too many pixels": (boundless_png(), "too many pixels"),
            "too large": (b"\xff" * (photos.MAX_BYTES + 1), "too large"),
            "empty": (b"", "empty"),
        }
        for name, (photo, words) in cases.items():
            with self.subTest(name):
                self.assertContains(self.send(photo=photo), words)
        self.assertEqual((self.kept_files(), Pet.objects.count()), ([], 0))

    def test_no_name_leads_out_of_the_folder(self):
        outside = photos.pictures_dir().parent / "secret.jpg"
        outside.write_bytes(b"secret")
        for name in ("../secret.jpg", "/etc/passwd", "a/../../secret.jpg", "", ".jpg", "x.png"):
            with self.subTest(name):
                self.assertIsNone(photos.read(name))
                photos.drop(name)
        self.assertTrue(outside.exists())

    def test_two_pets_of_one_name_are_refused_and_so_is_one_too_many(self):
        make_pet(self.cast.home, name="miso")
        make_pet(self.cast.elsewhere, name="Luna")

        self.assertContains(self.send(), "has this name already")
        self.assertEqual(self.send(name="Luna").status_code, 302)
        for number in range(MOST_PETS):
            Pet.objects.get_or_create(household=self.cast.home, name=f"Kitten {number}")
        answer = self.send(name="One more", photo=picture())
        self.assertContains(answer, "at most 50 pets")
        self.assertEqual(self.kept_files(), [])

    def test_a_colour_is_a_colour(self):
        for colour in ("red", "#12345", "url(x)", '"><script>'):
            with self.subTest(colour):
                self.assertEqual(self.send(colour=colour).status_code, 200)

    def test_a_viewer_looks_on_and_a_stranger_sees_nothing(self):
        pet = make_pet(
            self.cast.home, name="Miso", photo=photos.keep(photos.jpeg_of(io.BytesIO(picture())))
        )
        self.client.force_login(self.cast.vera)
        self.assertContains(self.client.get("/pets/"), "Miso")
        self.assertEqual(self.client.get(f"/pets/{pet.pk}/photo.jpg").status_code, 200)
        self.assertEqual(self.send().status_code, 404)
        self.client.force_login(self.cast.mallory)
        self.assertNotContains(self.client.get("/pets/"), "Miso")
        self.assertEqual(self.client.get(f"/pets/{pet.pk}/photo.jpg").status_code, 404)
        self.assertEqual(self.send(f"/pets/add/?home={self.cast.home.pk}").status_code, 404)
