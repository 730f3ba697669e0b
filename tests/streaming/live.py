"""A portal in one process for tests of live view: camera, streamer, and pages with real peers."""

import asyncio
import contextlib
import tempfile
import time
import uuid
from dataclasses import replace
from pathlib import Path

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.cache import cache
from django.test import AsyncClient, TestCase, override_settings
from django.urls import path

from streaming.consumers.live import LiveConsumer
from streaming.loads import Picker
from streaming.media.clock import media_time_90k
from streaming.media.ice import IceConfig
from streaming.media.peer import PeerConfig
from streaming.media.ring import RingWriter
from streaming.models import Camera
from streaming.rights import Rights
from streaming.services import ring_path
from streaming.sessions import SessionLimits
from streaming.streamer import Streamer, StreamerConfig
from tests.builders import make_camera
from tests.cast import make_cast
from tests.streaming.media.viewer import Viewer, units

LOOPBACK = IceConfig(addresses=("127.0.0.1",))


class Page:
    """A page with its socket and its peer connection."""

    def __init__(self, socket: WebsocketCommunicator) -> None:
        self.socket = socket
        self._viewers: list[Viewer] = []
        self.passed_over: list[dict] = []
        self.begin_again()

    def begin_again(self, viewer: Viewer | None = None) -> None:
        """Another session with a peer connection of its own."""
        self.viewer, self.session = viewer or Viewer(), uuid.uuid4().hex
        self._viewers.append(self.viewer)

    async def close_viewers(self) -> None:
        for viewer in self._viewers:
            await viewer.close()

    async def hears(self, kind: str, *, seconds: float = 5.0) -> dict:
        """The next message of that type; others are kept for when they are asked for."""
        for message in self.passed_over:
            if message["type"] == kind:
                self.passed_over.remove(message)
                return message
        async with asyncio.timeout(seconds):
            while True:
                message = await self.socket.receive_json_from(timeout=seconds)
                if message["type"] == kind:
                    return message
                self.passed_over.append(message)

    async def hears_state(self, state: str) -> dict:
        """The camera's state, when it has become that."""
        while (message := await self.hears("camera.state"))["state"] != state:
            """Older news."""
        return message

    async def close_code(self, *, seconds: float = 5.0) -> int:
        async with asyncio.timeout(seconds):
            while True:
                output = await self.socket.receive_output(timeout=seconds)
                if output["type"] == "websocket.close":
                    return output["code"]

    async def say(self, kind: str, **more: object) -> None:
        await self.socket.send_json_to({"type": kind, "session": self.session} | more)

    async def offer(self) -> None:
        await self.say("session.open", sdp=await self.viewer.offer())

    async def watch(self) -> None:
        """From the offer to the first picture."""
        await self.offer()
        await self.viewer.take((await self.hears("session.answer"))["sdp"])
        await self.hears("session.clock")

    async def leave(self, code: int = 1000) -> None:
        await self.socket.disconnect(code, timeout=5)


@override_settings(CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}})
class LiveTestCase(TestCase):
    """`cast`, `camera` at home with a running ring, and a streamer with `limits` and `peer`."""

    limits = SessionLimits()
    peer = PeerConfig(LOOPBACK, watch_every_s=0.05)
    look_s = 0.2
    streamers = 1

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
        cache.clear()

    @contextlib.asynccontextmanager
    async def portal(self, *, with_ring: bool = True):
        """Everything running; yields the first streamer. `crew` are all, by their numbers."""
        self.pages: list[Page] = []
        self.picker = Picker(self.streamers)
        self.crew: dict[int, Streamer] = {}
        self._running: dict[int, tuple[asyncio.Event, asyncio.Task]] = {}
        filming = asyncio.create_task(self._film(self.camera)) if with_ring else None
        try:
            for number in range(1, self.streamers + 1):
                await self.start_streamer(number)
            if with_ring:
                await self.until(lambda: self.crew[1].hub.sources[self.camera.pk].is_live)
            yield self.crew[1]
        finally:
            for page in self.pages:
                await page.leave()
                await page.close_viewers()
            for number in list(self._running):
                await self.stop_streamer(number)
            await self.picker.stop()
            if filming is not None:
                filming.cancel()
                await asyncio.wait([filming])

    async def start_streamer(self, number: int) -> None:
        stop, ready = asyncio.Event(), asyncio.Event()
        config = StreamerConfig(self.peer, self.limits, self.look_s, number, self.streamers)
        self.crew[number] = Streamer(config)
        running = asyncio.create_task(self.crew[number].run(stop, on_ready=ready.set))
        self._running[number] = stop, running
        await ready.wait()

    async def stop_streamer(self, number: int) -> None:
        stop, running = self._running.pop(number)
        stop.set()
        await running

    async def _film(self, camera: Camera) -> None:
        """30 pictures a second into the camera's ring."""
        ring = RingWriter(ring_path(camera), payload_bytes=4 * 1024 * 1024)
        try:
            for unit in units(count=3000):
                now_ns = time.monotonic_ns()
                ring.write(replace(unit, capture_ns=now_ns, pts_90k=media_time_90k(now_ns)))
                await asyncio.sleep(1 / 30)
        finally:
            ring.close()

    async def page(
        self, user: AbstractBaseUser | AnonymousUser | None = None, slug: str = "living-room"
    ) -> Page:
        """A page of `user` (vera, who may only watch) whose socket has been accepted."""
        live = LiveConsumer.as_asgi(
            rights=Rights(),
            ice=self.peer.ice,
            transports=["webrtc", "mse"],
            picker=self.picker,
        )
        router = URLRouter([path("ws/cameras/<slug:slug>/live/", live)])
        socket = WebsocketCommunicator(router, f"/ws/cameras/{slug}/live/")
        socket.scope["user"] = user or self.cast.vera
        browser = AsyncClient()
        if socket.scope["user"].is_authenticated:
            await browser.aforce_login(socket.scope["user"])
        socket.scope["session"] = await browser.asession()
        connected, _ = await socket.connect(timeout=5)
        self.assertTrue(connected)
        page = Page(socket)
        self.pages.append(page)
        return page

    async def in_database(self, work, *args, **kwargs):
        return await database_sync_to_async(work)(*args, **kwargs)

    async def tell(self, group: str, message: dict) -> None:
        await get_channel_layer().group_send(group, message)

    async def until(self, condition, *, seconds: float = 5.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 (states of foreign objects: nothing to await)
                await asyncio.sleep(0.005)
