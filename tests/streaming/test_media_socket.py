import asyncio
import io
import struct
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import av
from channels.layers import get_channel_layer
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser
from django.test import AsyncClient, TestCase, override_settings
from django.urls import path

from streaming.consumers.media import MediaConsumer
from streaming.feeds import Feeds
from streaming.media.clock import media_time_90k, unix_ms
from streaming.media.ring import Codec, RingWriter
from streaming.messages import CAMERAS_GROUP, STREAMERS_GROUP
from streaming.rights import Rights
from streaming.services import jpeg_ring_path, ring_path
from tests.builders import make_camera
from tests.cast import make_cast
from tests.streaming.media.moving_picture import encoded_units

UNITS = encoded_units(40, gop=10)


class MediaSocketTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home, name="Living room")

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        settings = override_settings(PETCAM_RUN_DIR=Path(directory.name))
        settings.enable()
        self.addCleanup(settings.disable)
        self.feeds = Feeds(views=3, views_per_user=2, linger_s=0.01)
        self.ring = RingWriter(ring_path(self.camera), payload_bytes=4 * 1024 * 1024)
        self.addCleanup(self.ring.close)

    def write(self, units):
        for unit in units:
            now_ns = time.monotonic_ns()
            self.ring.write(replace(unit, capture_ns=now_ns, pts_90k=media_time_90k(now_ns)))

    async def connect(self, user=None, slug="living-room") -> WebsocketCommunicator:
        media = MediaConsumer.as_asgi(rights=Rights(), feeds=self.feeds)
        router = URLRouter([path("ws/cameras/<slug:slug>/media/", media)])
        socket = WebsocketCommunicator(router, f"/ws/cameras/{slug}/media/")
        socket.scope["user"] = user or self.cast.vera
        browser = AsyncClient()
        if socket.scope["user"].is_authenticated:
            await browser.aforce_login(socket.scope["user"])
        socket.scope["session"] = await browser.asession()
        connected, _ = await socket.connect()
        self.assertTrue(connected)
        return socket

    async def until(self, condition):
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110 (states of foreign objects: nothing to await)
                await asyncio.sleep(0.01)

    async def receive_text(self, socket) -> dict:
        return await socket.receive_json_from(timeout=5)

    async def receive_bytes(self, socket) -> bytes:
        data = await socket.receive_from(timeout=5)
        self.assertIsInstance(data, bytes)
        return data

    async def close_code(self, socket) -> int:
        while True:
            output = await socket.receive_output(timeout=5)
            if output["type"] == "websocket.close":
                return output["code"]

    async def open_mse(self, socket, credit=60) -> tuple[dict, bytes]:
        await socket.send_json_to({"type": "media.open", "transport": "mse", "credit": credit})
        return await self.receive_text(socket), await self.receive_bytes(socket)

    async def test_what_a_viewer_gets_from_the_newest_keyframe_on_can_be_played(self):
        self.write(UNITS[:15])
        socket = await self.connect()

        init, data = await self.open_mse(socket)
        data += await self.receive_bytes(socket)
        for unit in UNITS[15:25]:
            self.write([unit])
            data += await self.receive_bytes(socket)

        self.assertEqual((init["type"], init["codec"]), ("media.init", "avc1.64000d"))
        self.assertEqual((init["width"], init["height"]), (320, 240))
        with av.open(io.BytesIO(data)) as file:
            self.assertEqual(sum(1 for _ in file.decode(video=0)), 15)
        await socket.disconnect()

    async def test_decode_times_are_media_times_minus_the_origin_told(self):
        self.write(UNITS[:1])
        now_90k = media_time_90k(time.monotonic_ns())
        socket = await self.connect()

        init, _ = await self.open_mse(socket)
        fragment = await self.receive_bytes(socket)

        at = fragment.index(b"tfdt") + 8
        media_time = int.from_bytes(fragment[at : at + 8]) + init["pts_origin"]
        self.assertLess(abs(media_time - now_90k), 90_000)
        await socket.disconnect()

    async def test_without_credit_a_viewer_drops_to_the_next_keyframe_and_is_told(self):
        self.write(UNITS[:1])
        socket = await self.connect()
        await self.open_mse(socket, credit=2)
        await self.receive_bytes(socket)
        self.write(UNITS[1:15])
        (feed,) = self.feeds._feeds.values()
        await self.until(lambda: len(feed.gop) == 5)
        self.assertTrue(await socket.receive_nothing())

        await socket.send_json_to({"type": "media.credit", "n": 5})

        self.assertEqual(await self.receive_text(socket), {"type": "media.skip"})
        data = await self.receive_bytes(socket)
        self.assertEqual(data.count(b"moof"), 5)
        await socket.disconnect()

    async def test_a_camera_that_restarts_with_another_resolution_brings_a_new_init_segment(self):
        self.write(UNITS[:3])
        socket = await self.connect()
        await self.open_mse(socket)
        await self.receive_bytes(socket)
        self.ring.close()
        self.ring = RingWriter(ring_path(self.camera), payload_bytes=4 * 1024 * 1024)
        self.addCleanup(self.ring.close)

        self.write(encoded_units(3, width=640, height=360))

        init = await self.receive_text(socket)
        self.assertEqual((init["type"], init["width"]), ("media.init", 640))
        self.assertEqual((await self.receive_bytes(socket))[4:8], b"ftyp")
        await socket.disconnect()

    async def test_b_frames_end_it_in_words(self):
        self.write(encoded_units(15, b_frames=2))
        socket = await self.connect()
        await socket.send_json_to({"type": "media.open", "transport": "mse", "credit": 9})

        ended = await self.receive_text(socket)

        self.assertEqual((ended["type"], ended["code"]), ("media.ended", "b-frames"))
        self.assertIn("B-frames", ended["text"])
        await socket.disconnect()

    async def test_pictures_come_with_their_capture_time_counted_and_wished_for(self):
        layer = get_channel_layer()
        await layer.group_add(STREAMERS_GROUP, "specific.streamer!test")
        jpegs = RingWriter(
            jpeg_ring_path(self.camera.pk), payload_bytes=10**6, codec=Codec.JPEG, slots=8
        )
        self.addCleanup(jpegs.close)
        socket = await self.connect()

        await socket.send_json_to({"type": "media.open", "transport": "mjpeg", "credit": 9})
        view = await layer.receive("specific.streamer!test")
        wish = await layer.receive("specific.streamer!test")
        captured_ns = time.monotonic_ns()
        jpegs.write(replace(UNITS[0], data=b"\xff\xd8picture", capture_ns=captured_ns))
        message = await self.receive_bytes(socket)

        self.assertEqual((view["type"], view["camera_id"]), ("view.told", self.camera.pk))
        self.assertEqual((wish["camera_id"], wish["fps"]), (self.camera.pk, 10))
        (captured_ms,) = struct.unpack_from(">Q", message)
        self.assertLess(abs(captured_ms - unix_ms(captured_ns)), 50)
        self.assertEqual(message[8:], b"\xff\xd8picture")
        await socket.disconnect()

    async def test_a_disabled_camera_ends_in_words_also_while_it_is_watched(self):
        self.write(UNITS[:1])
        socket = await self.connect()
        await self.open_mse(socket)
        await self.receive_bytes(socket)

        await type(self.camera).objects.filter(pk=self.camera.pk).aupdate(is_enabled=False)
        news = {"type": "camera.changed", "camera_id": self.camera.pk}
        await get_channel_layer().group_send(CAMERAS_GROUP, news)

        self.assertEqual((await self.receive_text(socket))["code"], "disabled")
        await socket.send_json_to({"type": "media.open", "transport": "mse", "credit": 9})
        self.assertEqual((await self.receive_text(socket))["code"], "disabled")
        await socket.disconnect()

    async def test_closing_the_media_stops_them_and_the_feed_but_not_the_socket(self):
        self.write(UNITS[:1])
        socket = await self.connect()
        await self.open_mse(socket)
        await self.receive_bytes(socket)

        await socket.send_json_to({"type": "media.close"})
        await self.until(lambda: len(self.feeds) == 0)
        self.write(UNITS[1:3])

        self.assertTrue(await socket.receive_nothing())
        await self.open_mse(socket)
        await socket.disconnect()

    async def test_no_more_than_the_allowed_number_of_views_per_person(self):
        self.write(UNITS[:1])
        sockets = [await self.connect() for _ in range(3)]
        for socket in sockets[:2]:
            await self.open_mse(socket)

        await sockets[2].send_json_to({"type": "media.open", "transport": "mse", "credit": 9})

        self.assertEqual((await self.receive_text(sockets[2]))["code"], "capacity-user")
        for socket in sockets:
            await socket.disconnect()

    async def test_a_leaving_viewer_makes_room(self):
        self.write(UNITS[:1])
        for _ in range(5):
            socket = await self.connect()
            await self.open_mse(socket)
            await socket.disconnect()

        await self.until(lambda: len(self.feeds) == 0)

    async def test_a_stranger_gets_the_same_answer_as_for_a_missing_camera(self):
        stranger = await self.connect(user=self.cast.mallory)
        missing = await self.connect(user=self.cast.alice, slug="nowhere")

        self.assertEqual(await self.close_code(stranger), 4404)
        self.assertEqual(await self.close_code(missing), 4404)

    async def test_who_is_not_logged_in_is_told_so(self):
        socket = await self.connect(user=AnonymousUser())

        self.assertEqual(await self.close_code(socket), 4401)

    async def test_messages_that_make_no_sense_close_the_socket(self):
        for message in (
            {"type": "media.open", "transport": "smoke", "credit": 1},
            {"type": "media.open", "transport": "mse", "credit": "many"},
            {"type": "media.open", "transport": "mse", "credit": -1},
            {"type": "media.credit", "n": 0},
            {"type": "media.credit"},
            {"type": "session.open"},
        ):
            with self.subTest(message):
                socket = await self.connect()
                await socket.send_json_to(message)
                self.assertEqual(await self.close_code(socket), 4400)

    async def test_opening_over_and_over_closes_the_socket(self):
        socket = await self.connect()
        for _ in range(20):
            await socket.send_json_to({"type": "media.open", "transport": "mse", "credit": 0})

        self.assertEqual(await self.close_code(socket), 4429)
        await socket.disconnect()
