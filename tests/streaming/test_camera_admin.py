import os
from pathlib import Path
from tempfile import TemporaryDirectory

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from households.models import Household, Member
from households.services import add_member
from streaming.forms import SourceForm
from streaming.messages import CAMERAS_GROUP
from streaming.models import Camera
from tests.builders import make_camera
from tests.cast import make_cast

CAMERAS = reverse("admin:streaming_camera_changelist")
NEW = reverse("admin:streaming_camera_add")
SECRET = "rtsp://ann:canary-7f3@192.168.1.20/stream"


def page_of(camera: Camera) -> str:
    return reverse("admin:streaming_camera_change", args=[camera.pk])


class CameraAdminTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(
            cls.cast.home, name="Kitchen", source_kind="rtsp", source_address=SECRET
        )

    def setUp(self):
        self.client.force_login(self.cast.alice)

    def send(self, url: str, **overrides):
        told = {
            "household": self.cast.home.pk,
            "name": "Hall",
            "source_kind": "demo",
            "source_address": "",
            "rtsp_transport": "tcp",
            "is_enabled": "on",
            "slug": "",
            "position": 0,
            "ring_megabytes": 16,
        }
        return self.client.post(url, told | overrides)

    def error_of(self, **overrides) -> str:
        answer = self.send(NEW, **overrides)
        self.assertEqual(answer.status_code, 200, "the form was accepted")
        (errors,) = answer.context["adminform"].errors.values()
        return errors[0]

    def test_an_owner_adds_a_camera_and_its_slug_is_made_from_its_name(self):
        self.assertRedirects(self.send(NEW, name="Hall & Stairs"), CAMERAS)

        camera = Camera.objects.get(name="Hall & Stairs")
        self.assertEqual((camera.slug, camera.household), ("hall-stairs", self.cast.home))

    def test_two_cameras_of_one_name_have_two_slugs(self):
        for _ in range(2):
            self.send(NEW, name="Küche")

        self.assertEqual(
            set(Camera.objects.filter(name="Küche").values_list("slug", flat=True)),
            {"kuche", "kuche-2"},
        )

    def test_a_name_without_letters_for_addresses_gets_a_slug_too(self):
        self.send(NEW, name="厨房")

        self.assertEqual(Camera.objects.get(name="厨房").slug, "camera")

    def test_an_owner_cannot_give_a_camera_to_a_foreign_household(self):
        error = self.error_of(household=self.cast.elsewhere.pk)

        self.assertIn("not one of the available choices", error)

    def test_a_camera_stays_with_the_household_whose_recordings_it_has(self):
        second = Household.objects.create(name="The hut")
        add_member(second, self.cast.alice, role=Member.Role.OWNER)
        for person in (self.cast.alice, self.cast.root):
            self.client.force_login(person)
            answer = self.send(page_of(self.camera), household=second.pk, name=person.username)

            self.assertRedirects(answer, CAMERAS)
            self.camera.refresh_from_db()
            self.assertEqual(
                (self.camera.name, self.camera.household), (person.username, self.cast.home)
            )

    def test_an_owner_sees_the_own_cameras_only(self):
        foreign = make_camera(self.cast.elsewhere, name="Vault")

        self.assertNotContains(self.client.get(CAMERAS), "Vault")
        self.assertNotContains(self.client.get(NEW), "Elsewhere")
        for url in (page_of(foreign), page_of(foreign).replace("change", "delete")):
            missing = url.replace(f"/{foreign.pk}/", "/999999/")
            theirs, none = self.client.get(url), self.client.get(missing)
            self.assertEqual((theirs.status_code, theirs["Location"]), (302, none["Location"]))

    def test_an_owner_cannot_delete_a_foreign_camera_by_action(self):
        foreign = make_camera(self.cast.elsewhere)

        self.client.post(
            CAMERAS,
            {"action": "delete_selected", "_selected_action": foreign.pk, "post": "yes"},
        )

        self.assertTrue(Camera.objects.filter(pk=foreign.pk).exists())

    def test_the_address_is_masked_and_never_in_the_page(self):
        page = self.client.get(page_of(self.camera))

        self.assertContains(page, "rtsp://***@192.168.1.20/stream")
        self.assertNotContains(page, "canary")

    def test_an_address_that_was_just_typed_does_not_come_back_with_an_error(self):
        answer = self.send(NEW, source_kind="rtsp", source_address=SECRET, ring_megabytes=1)

        self.assertEqual(answer.status_code, 200)
        self.assertNotContains(answer, "canary")

    def test_an_empty_address_keeps_the_stored_one(self):
        self.send(page_of(self.camera), name="Kitchen 2", source_kind="rtsp")

        self.camera.refresh_from_db()
        self.assertEqual((self.camera.name, self.camera.source_address), ("Kitchen 2", SECRET))

    def test_another_kind_of_source_wants_an_address_of_its_own(self):
        answer = self.send(page_of(self.camera), source_kind="usb")

        self.assertContains(answer, "Enter the address of the camera.")

    def test_the_demo_forgets_the_address(self):
        self.send(page_of(self.camera), source_kind="demo")

        self.camera.refresh_from_db()
        self.assertEqual(self.camera.source_address, "")

    def test_the_history_names_the_change_without_the_address(self):
        self.send(
            page_of(self.camera), source_kind="rtsp", source_address=SECRET.replace("7f3", "8")
        )

        entry = LogEntry.objects.get()
        self.assertIn("Address", entry.get_change_message())
        history = self.client.get(page_of(self.camera).replace("change", "history"))
        for text in (entry.change_message, entry.object_repr, history.content.decode()):
            self.assertNotIn("canary", text)

    def test_the_list_cannot_be_asked_about_the_address(self):
        for lookup in ("source_address__startswith", "source_address"):
            answer = self.client.get(CAMERAS, {lookup: "rtsp://ann:c"})
            self.assertEqual(answer.status_code, 400)

    def test_every_change_is_told_to_the_processes_after_it(self):
        layer = get_channel_layer()
        async_to_sync(layer.group_add)(CAMERAS_GROUP, "listener")
        pk = self.camera.pk

        for change in (
            lambda: self.send(page_of(self.camera), source_kind="rtsp"),
            lambda: self.client.post(
                CAMERAS, {"action": "delete_selected", "_selected_action": pk, "post": "yes"}
            ),
        ):
            with self.captureOnCommitCallbacks(execute=True):
                change()
            self.assertEqual(
                async_to_sync(layer.receive)("listener"),
                {"type": "camera.changed", "camera_id": pk},
            )
        self.assertFalse(Camera.objects.filter(pk=pk).exists())

    def test_a_superuser_who_lives_elsewhere_sees_the_row_and_not_the_picture(self):
        self.client.force_login(self.cast.root)

        page = self.client.get(page_of(self.camera))

        self.assertEqual(page.status_code, 200)
        self.assertIsNone(page.context["watchable"])
        self.assertNotContains(page, "<petcam-player")

    def test_the_list_takes_as_many_queries_for_three_cameras_as_for_one(self):
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                self.assertEqual(self.client.get(CAMERAS).status_code, 200)
            return len(captured)

        one = queries()
        make_camera(self.cast.home)
        make_camera(self.cast.home)

        self.assertEqual(queries(), one)


class CameraAddressTests(TestCase):
    """Each kind of source says in words what it wants."""

    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()

    def setUp(self):
        directory = self.enterContext(TemporaryDirectory())
        self.film = Path(directory) / "cat.mp4"
        self.film.write_bytes(b"not empty")

    def form(self, kind: str, address: str, actor=None) -> SourceForm:
        form_class = type("Form", (SourceForm,), {"actor": actor or self.cast.alice})
        return form_class({"source_kind": kind, "source_address": address, "rtsp_transport": "tcp"})

    def stored(self, kind: str, address: str) -> str:
        form = self.form(kind, address)
        self.assertEqual(form.errors, {})
        return form.instance.source_address

    def error(self, kind: str, address: str, actor=None) -> str:
        (error,) = self.form(kind, address, actor).errors["source_address"]
        return error

    def test_good_addresses_are_taken(self):
        for kind, address, stored in (
            ("demo", "whatever", ""),
            ("rtsp", "rtsp://192.168.1.20/stream", "rtsp://192.168.1.20/stream"),
            ("rtsp", "rtsp://ann:pw@cam.lan:8554/a?b=c", "rtsp://ann:pw@cam.lan:8554/a?b=c"),
            ("rtsp", "rtsp://[fe80::1]/a", "rtsp://[fe80::1]/a"),
            ("usb", "/dev/video0", "/dev/video0"),
            ("usb", "/dev/v4l/by-id/usb-Cam_1-index0", "/dev/v4l/by-id/usb-Cam_1-index0"),
            ("file", str(self.film), str(self.film.resolve())),
            ("shared_memory", "/rdk_h264_stream", "rdk_h264_stream"),
            ("shared_memory", "cam.1", "cam.1"),
        ):
            with self.subTest(kind, address=address):
                self.assertEqual(self.stored(kind, address), stored)

    def test_an_address_that_is_no_rtsp_address_is_explained(self):
        for address in (
            "192.168.1.20",
            "http://192.168.1.20/",
            "rtsp://",
            "rtsp:///stream",
            "rtsp://host:99999/",
            "rtsp://host/a b",
            "rtsp://[::1/",
            "concat:/etc/passwd",
            "file:///etc/passwd",
        ):
            with self.subTest(address):
                self.assertIn("Write it like rtsp://", self.error("rtsp", address))

    def test_a_device_that_is_none_is_explained(self):
        for address in ("video0", "/dev/sda", "/dev/video0/../sda", "/dev/v4l/by-id/../x", "0"):
            with self.subTest(address):
                self.assertIn("like /dev/video0", self.error("usb", address))

    def test_a_file_that_cannot_be_read_is_explained(self):
        directory = self.film.parent
        for address, words in (
            ("cat.mp4", "whole path"),
            (str(directory), "no such file"),
            (str(directory / "dog.mp4"), "no such file"),
            ("/dev/zero", "no such file"),
        ):
            with self.subTest(address):
                self.assertIn(words, self.error("file", address))

    def test_petcams_own_files_are_no_source_not_even_by_a_link(self):
        own = settings.PETCAM_DATA_DIR / "secret-key"
        link = self.film.parent / "link.mp4"
        os.symlink(own, link)

        for address in (str(own), str(link), f"{self.film.parent}/../..{own}"):
            with self.subTest(address):
                self.assertIn("own files", self.error("file", address))

    def test_a_shared_memory_stays_in_its_directory(self):
        for address in ("../etc/passwd", "a/b", "/", "..", ".hidden", "a b", "ä", "x" * 101):
            with self.subTest(address):
                self.assertIn("name of the shared memory", self.error("shared_memory", address))

    def test_what_another_household_uses_is_not_to_be_had(self):
        make_camera(self.cast.elsewhere, source_kind="usb", source_address="/dev/video3")

        self.assertIn("Another household", self.error("usb", "/dev/video3"))
        self.assertEqual(self.form("usb", "/dev/video3", actor=self.cast.mallory).errors, {})

    def test_an_endless_address_is_refused(self):
        self.assertIn("at most 500", self.error("rtsp", "rtsp://host/" + "a" * 500))
