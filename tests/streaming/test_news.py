from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.test import TestCase, override_settings

from households.models import Member
from households.services import remove_member
from streaming.messages import CAMERAS_GROUP, STREAMERS_GROUP, user_group
from streaming.models import Camera
from streaming.services import remove_camera, save_camera
from tests.builders import make_camera
from tests.cast import make_cast

NO_BROKER = {
    "default": {
        "BACKEND": "petcam_site.channel_layer.PatientPubSubLayer",
        "CONFIG": {"hosts": ["unix:///nonexistent/valkey.sock"]},
    }
}


class NewsTests(TestCase):
    """What has happened is told to whoever shows pictures, and happens without them as well."""

    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home)

    def test_streamers_and_the_persons_sockets_hear_of_changed_rights(self):
        layer = get_channel_layer()
        bob = self.cast.bob.pk
        async_to_sync(layer.group_add)(STREAMERS_GROUP, "streamer")
        async_to_sync(layer.group_add)(user_group(bob), "socket")

        with self.captureOnCommitCallbacks(execute=True):
            remove_member(Member.objects.get(user=self.cast.bob))

        for listener in ("streamer", "socket"):
            self.assertEqual(
                async_to_sync(layer.receive)(listener), {"type": "access.changed", "user_id": bob}
            )

    def test_everybody_concerned_hears_of_a_new_a_changed_and_a_removed_camera(self):
        layer = get_channel_layer()
        async_to_sync(layer.group_add)(CAMERAS_GROUP, "bridge")
        camera = Camera(household=self.cast.home, name="Hall", source_kind="demo")

        ids = []
        for change in (save_camera, save_camera, remove_camera):
            with self.captureOnCommitCallbacks(execute=True):
                change(camera)
                ids.append(camera.pk)
            news = async_to_sync(layer.receive)("bridge")
            self.assertEqual(news, {"type": "camera.changed", "camera_id": ids[0]})

    @override_settings(CHANNEL_LAYERS=NO_BROKER)
    def test_without_a_broker_the_change_stands(self):
        with (
            self.assertLogs("streaming.services", "INFO") as said,
            self.captureOnCommitCallbacks(execute=True),
        ):
            remove_member(Member.objects.get(user=self.cast.bob))
            remove_camera(self.camera)

        self.assertFalse(Member.objects.filter(user=self.cast.bob).exists())
        self.assertFalse(Camera.objects.exists())
        self.assertIn("camera.changed not told to cameras", "\n".join(said.output))
