import asyncio
import io
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from channels.layers import get_channel_layer
from django.test import TestCase, override_settings
from django.urls import reverse
from PIL import Image

from streaming.media.clock import unix_ms
from streaming.media.jpeg import PictureDecoder, encode_jpeg
from streaming.media.ring import Codec, RingWriter
from streaming.messages import STREAMERS_GROUP
from streaming.models import Camera
from streaming.services import jpeg_ring_path
from tests.builders import make_camera
from tests.cast import make_cast
from tests.streaming.media.moving_picture import encoded_units

UNIT = encoded_units(1)[0]


class StillTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home)
        cls.url = reverse("still", args=[cls.camera.slug])

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        settings = override_settings(PETCAM_RUN_DIR=Path(directory.name))
        settings.enable()
        self.addCleanup(settings.disable)
        self.async_client.force_login(self.cast.vera)
        self.ring: RingWriter | None = None

    def write_picture(self) -> tuple[bytes, int]:
        """A picture taken now, as the streamer leaves it; its JPEG and its Unix time in ms."""
        if self.ring is None:
            path = jpeg_ring_path(self.camera.pk)
            self.ring = RingWriter(path, payload_bytes=10**6, codec=Codec.JPEG, slots=8)
            self.addCleanup(self.ring.close)
        picture = PictureDecoder().decode([UNIT])
        captured_ns = time.monotonic_ns()
        jpeg = encode_jpeg(picture.frame)
        self.ring.write(replace(UNIT, data=jpeg, capture_ns=captured_ns))
        return jpeg, unix_ms(captured_ns)

    async def test_the_newest_picture_comes_with_its_time_and_is_never_stored(self):
        jpeg, captured_ms = self.write_picture()

        response = await self.async_client.get(self.url)

        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.headers["Content-Type"], "image/jpeg")
        self.assertIn("no-store", response.headers["Cache-Control"])
        self.assertIn("private", response.headers["Cache-Control"])
        self.assertLessEqual(abs(int(response.headers["X-Captured-At"]) - captured_ms), 2)
        self.assertEqual(response.content, jpeg)
        self.assertEqual(Image.open(io.BytesIO(response.content)).size, (320, 240))

    async def test_without_a_picture_the_answer_is_empty_and_one_is_asked_for(self):
        layer = get_channel_layer()
        await layer.group_add(STREAMERS_GROUP, "specific.streamer!still")

        response = await self.async_client.get(self.url)

        self.assertEqual((response.status_code, response.content), (204, b""))
        self.assertEqual(
            await layer.receive("specific.streamer!still"),
            {"type": "still.wanted", "camera_id": self.camera.pk, "fps": 0},
        )

    async def test_it_waits_for_a_picture_newer_than_the_one_the_page_has(self):
        _, captured_ms = self.write_picture()
        waiting = asyncio.create_task(
            self.async_client.get(self.url, query_params={"after": str(captured_ms + 20)})
        )
        await asyncio.sleep(0.1)
        self.assertFalse(waiting.done())

        newer, newer_ms = self.write_picture()
        response = await waiting

        self.assertEqual(response.content, newer)
        self.assertLessEqual(abs(int(response.headers["X-Captured-At"]) - newer_ms), 2)

    async def test_it_does_not_wait_for_ever(self):
        _, captured_ms = self.write_picture()
        started_s = time.monotonic()

        response = await self.async_client.get(self.url, query_params={"after": str(captured_ms)})

        self.assertEqual(response.status_code, 204)
        self.assertLess(time.monotonic() - started_s, 4)

    async def test_a_disabled_camera_is_not_waited_for(self):
        await Camera.objects.filter(pk=self.camera.pk).aupdate(is_enabled=False)
        started_s = time.monotonic()

        response = await self.async_client.get(self.url, query_params={"after": "0"})

        self.assertEqual(response.status_code, 204)
        self.assertLess(time.monotonic() - started_s, 1)

    async def test_a_time_that_is_none_is_refused(self):
        for after in ("yesterday", "-1", "1e3", "9" * 40):
            with self.subTest(after):
                response = await self.async_client.get(self.url, query_params={"after": after})
                self.assertEqual(response.status_code, 400)

    async def test_a_stranger_gets_the_same_answer_as_for_a_missing_camera(self):
        self.write_picture()
        missing = await self.async_client.get(reverse("still", args=["nowhere"]))
        await self.async_client.aforce_login(self.cast.mallory)

        stranger = await self.async_client.get(self.url)

        self.assertEqual((stranger.status_code, missing.status_code), (404, 404))
        self.assertEqual(stranger.content, missing.content)

    async def test_who_is_not_logged_in_is_sent_to_the_login(self):
        await self.async_client.alogout()

        response = await self.async_client.get(self.url)

        self.assertEqual(response.status_code, 302)
        self.assertIn("/account/login/", response.headers["Location"])
