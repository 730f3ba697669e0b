import json

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from detections.models import Pet, Place
from streaming.messages import CAMERAS_GROUP
from tests.builders import make_camera
from tests.cast import make_cast

BOX = [[0.1, 0.1], [0.3, 0.1], [0.3, 0.3], [0.1, 0.3]]
LIST = "/admin/detections/place/"
NEW = f"{LIST}add/"


class PlaceAdminTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.kitchen = make_camera(cls.cast.home, name="Kitchen", slug="kitchen")
        cls.vault = make_camera(cls.cast.elsewhere, name="Vault", slug="vault")
        cls.bowl = Place.objects.create(camera=cls.kitchen, name="Bowl", kind="food", outline=BOX)
        cls.safe = Place.objects.create(camera=cls.vault, name="Safe", kind="other", outline=BOX)

    def setUp(self):
        self.client.force_login(self.cast.alice)

    def page_of(self, place: Place, action: str = "change") -> str:
        return f"{LIST}{place.pk}/{action}/"

    def send(self, url: str = NEW, outline: object = BOX, **told):
        fields = {"camera": self.kitchen.pk, "kind": "water", "outline": json.dumps(outline)}
        return self.client.post(url, fields | told)

    def errors(self, **told) -> str:
        answer = self.send(**told)
        self.assertEqual(answer.status_code, 200)
        return str(answer.context["adminform"].errors)

    def test_an_owner_draws_a_place_with_the_same_editor_as_in_the_portal(self):
        page = self.client.get(NEW)

        self.assertContains(page, "<place-editor")
        self.assertContains(page, "detections/js/place_editor.js")
        self.assertRedirects(self.send(), LIST)
        place = Place.objects.get(kind="water")
        self.assertEqual((place.camera, place.name, place.outline), (self.kitchen, "Water", BOX))
        self.assertEqual((place.min_stay_s, place.end_grace_s), (2, 15))

    def test_the_editor_has_the_stills_of_the_own_cameras_only(self):
        page = self.client.get(NEW)

        self.assertContains(page, "/cameras/kitchen/still.jpg")
        for foreign in ("vault", "Vault", "Safe"):
            self.assertNotContains(page, foreign)

    def test_a_superuser_sees_every_place_and_no_picture_of_a_home_that_is_not_theirs(self):
        self.client.force_login(self.cast.root)

        page = self.client.get(self.page_of(self.bowl))

        self.assertEqual(page.status_code, 200)
        self.assertNotContains(page, "still.jpg")

    def test_an_owner_sees_and_changes_the_own_places_only(self):
        self.assertNotContains(self.client.get(LIST), "Safe")
        for action in ("change", "delete", "history"):
            theirs = self.client.get(self.page_of(self.safe, action))
            none = self.client.get(f"{LIST}999999/{action}/")
            self.assertEqual((theirs.status_code, theirs["Location"]), (302, none["Location"]))
        self.client.post(
            LIST, {"action": "delete_selected", "_selected_action": self.safe.pk, "post": "yes"}
        )
        self.assertTrue(Place.objects.filter(pk=self.safe.pk).exists())

    def test_members_and_viewers_have_no_admin(self):
        for name in ("bob", "vera"):
            self.client.force_login(getattr(self.cast, name))
            self.assertEqual(self.client.get(LIST).status_code, 302)

    def test_a_place_cannot_go_to_a_foreign_camera_or_another_one(self):
        hall = make_camera(self.cast.home)

        self.assertIn("not one of the available", self.errors(camera=self.vault.pk))
        self.send(self.page_of(self.bowl), camera=hall.pk, name="Bowl 1")

        self.bowl.refresh_from_db()
        self.assertEqual((self.bowl.camera, self.bowl.name), (self.kitchen, "Bowl 1"))

    def test_a_foreign_pet_cannot_be_chosen(self):
        rex = Pet.objects.create(household=self.cast.elsewhere, name="Rex")
        miso = Pet.objects.create(household=self.cast.home, name="Miso")

        self.assertIn("not one of the available", self.errors(pet=rex.pk))
        self.client.force_login(self.cast.root)
        self.assertIn("another household", self.errors(pet=rex.pk))
        self.send(pet=miso.pk)
        self.assertEqual(Place.objects.get(kind="water").pet, miso)

    def test_what_is_wrong_with_an_outline_is_said_in_words(self):
        self.assertIn("crosses itself", self.errors(outline=[BOX[0], BOX[2], BOX[1], BOX[3]]))
        self.assertIn("has a place of this name", self.errors(name="bowl"))

    def test_the_camera_may_come_with_the_address(self):
        page = self.client.get(f"{NEW}?camera={self.kitchen.pk}")

        self.assertContains(page, f'<option value="{self.kitchen.pk}" selected>')
        self.assertEqual(self.client.get(f"{NEW}?camera=nonsense").status_code, 200)

    def test_every_change_is_told_to_the_processes_after_it(self):
        layer = get_channel_layer()
        async_to_sync(layer.group_add)(CAMERAS_GROUP, "listener")
        sure = {"post": "yes"}

        for change in (
            lambda: self.send(self.page_of(self.bowl), name="Bowl 1"),
            lambda: self.client.post(self.page_of(self.bowl, "delete"), sure),
        ):
            with self.captureOnCommitCallbacks(execute=True):
                self.assertRedirects(change(), LIST)
            self.assertEqual(
                async_to_sync(layer.receive)("listener"),
                {"type": "camera.changed", "camera_id": self.kitchen.pk},
            )
        self.assertFalse(Place.objects.filter(pk=self.bowl.pk).exists())

    def test_saving_unchanged_says_so_in_the_history(self):
        self.send(self.page_of(self.bowl), kind="food", name="Bowl", min_stay_s=3, end_grace_s=10)

        history = self.client.get(self.page_of(self.bowl, "history"))
        self.assertContains(history, "No fields changed")

    def test_the_pages_take_as_many_queries_for_three_places_as_for_one(self):
        def queries(url: str) -> int:
            with CaptureQueriesContext(connection) as captured:
                self.assertEqual(self.client.get(url).status_code, 200)
            return len(captured)

        pages = (LIST, self.page_of(self.bowl), NEW)
        one = [queries(url) for url in pages]
        for number in range(2):
            camera = make_camera(self.cast.home)
            for where in (camera, self.kitchen):
                Place.objects.create(camera=where, name=f"Sofa {number}", outline=BOX)

        self.assertEqual([queries(url) for url in pages], one)
