import stat
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.contrib.auth.models import User
from django.test import TestCase, override_settings

from households.models import Household
from households.services import change_account, create_household, create_person
from streaming.demo_home import seed_demo
from streaming.models import Camera
from tests.builders import make_camera


class DemoHomeTests(TestCase):
    def setUp(self):
        directory = self.enterContext(TemporaryDirectory())
        self.enterContext(override_settings(PETCAM_DATA_DIR=Path(directory)))

    def test_somebody_can_log_in_and_watch_the_cat(self):
        password = seed_demo()

        self.assertTrue(self.client.login(username="demo", password=password))
        demo = User.objects.get()
        self.assertEqual((demo.is_staff, demo.is_superuser), (True, False))
        camera = Camera.objects.get()
        self.assertEqual(
            (camera.name, camera.slug, camera.source_kind), ("Living room", "living-room", "demo")
        )
        self.assertEqual(camera.household.members.get().user, demo)

    def test_a_second_start_makes_nothing_new_and_says_the_same_password(self):
        self.assertEqual(seed_demo(), seed_demo())

        counts = [model.objects.count() for model in (User, Household, Camera)]
        self.assertEqual(counts, [1, 1, 1])

    def test_the_kept_password_is_for_its_owners_eyes(self):
        seed_demo()

        mode = stat.S_IMODE((settings.PETCAM_DATA_DIR / "demo-password").stat().st_mode)
        self.assertEqual(mode, 0o600)

    def test_a_password_that_somebody_has_chosen_stays(self):
        seed_demo()
        change_account(User.objects.get(), password="a brand new secret")

        self.assertEqual(seed_demo(), "(the one you chose)")
        self.assertTrue(self.client.login(username="demo", password="a brand new secret"))

    def test_other_households_are_left_alone(self):
        home = create_household("Maple Street", owner=create_person("alice", "a long password"))
        camera = make_camera(home, name="Living room")

        seed_demo()

        self.assertEqual(set(home.cameras.all()), {camera})
        self.assertEqual(Camera.objects.exclude(household=home).get().slug, "living-room-2")
