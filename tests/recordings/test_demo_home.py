from pathlib import Path
from tempfile import TemporaryDirectory

from django.test import TestCase, override_settings

from recordings.demo_home import seed_demo
from recordings.models import Policy
from streaming.models import Camera
from tests.builders import make_camera
from tests.cast import make_cast


class DemoHomeTests(TestCase):
    def setUp(self):
        directory = self.enterContext(TemporaryDirectory())
        self.enterContext(override_settings(PETCAM_DATA_DIR=Path(directory)))

    def test_the_demo_camera_is_recorded_within_limits(self):
        seed_demo()

        policy = Policy.objects.get()
        self.assertEqual(policy.camera, Camera.objects.get())
        self.assertEqual((policy.mode, policy.keep_days, policy.quota_mb), ("always", 2, 2000))

    def test_what_somebody_has_said_stays(self):
        seed_demo()
        Policy.objects.update(mode=Policy.Mode.OFF)

        self.assertEqual(seed_demo(), seed_demo())

        self.assertEqual(Policy.objects.get().mode, "off")

    def test_real_cameras_are_left_alone(self):
        make_camera(make_cast().home, source_kind=Camera.SourceKind.RTSP)

        seed_demo()

        self.assertEqual(Policy.objects.get().camera.source_kind, "demo")
