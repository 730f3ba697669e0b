"""The socket of players that cannot use WebRTC: fragments for MSE, or JPEG pictures."""

import asyncio
import contextlib
import logging
from typing import Literal

from channels.db import database_sync_to_async
from django.db import Error as DatabaseAway

from streaming.access import CameraNotFound, camera_for
from streaming.consumers.base import CameraConsumer
from streaming.consumers.guarded import ACCESS_WITHDRAWN, BAD_MESSAGE, TOO_MANY_MESSAGES
from streaming.delivery import Delivery, TooSlow
from streaming.feeds import (
    Feeds,
    FragmentFeed,
    FragmentPlace,
    PictureFeed,
    PicturePlace,
)
from streaming.media.problems import CHANGED, DISABLED, CameraProblem, Problem
from streaming.media.rate import RateLimit
from streaming.messages import CameraChanged
from streaming.services import jpeg_ring_path, ring_path
from streaming.wishes import tell_view, wish_for_pictures

log = logging.getLogger(__name__)

Transport = Literal["mse", "mjpeg"]

MJPEG_FPS = 10
# Wishes hold for 5 s. At the same pace the camera is seen to be still what it was.
ATTEND_EVERY_S = 2.0
# A page gives credit for each picture, at up to 60 a second.
MESSAGES_PER_S = 100
OPENS_PER_S = 2
TOO_SLOW, BROKEN = 4408, 1011


class MediaConsumer(CameraConsumer):
    """Hands on ready-made bytes out of the rings, as many as the page gives credit for."""

    def __init__(self, *args, feeds: Feeds, **kwargs):
        super().__init__(*args, **kwargs)
        self._limit, self._opens = RateLimit(MESSAGES_PER_S), RateLimit(OPENS_PER_S)
        self._feeds = feeds
        self._delivery: Delivery | None = None
        self._delivering: asyncio.Task | None = None
        self._changed = asyncio.Event()

    # The socket

    async def receive_command(self, command: dict) -> None:
        match command:
            case {"type": "media.credit", "n": int(credit)} if credit > 0:
                if self._delivery is not None:
                    self._delivery.grant(credit)
            case {
                "type": "media.open",
                "transport": "mse" | "mjpeg" as transport,
                "credit": int(credit),
            } if credit >= 0:
                if not self._opens.allows():
                    await self.close(code=TOO_MANY_MESSAGES)
                    return
                await self._stop()
                self._delivery = Delivery(self._send_out, credit=credit)
                self._delivering = asyncio.create_task(self._deliver(transport, self._delivery))
            case {"type": "media.close"}:
                await self._stop()
            case _:
                await self.close(code=BAD_MESSAGE)

    async def disconnect(self, code: int) -> None:
        await self._stop()
        await super().disconnect(code)

    async def camera_changed(self, event: CameraChanged) -> None:
        await super().camera_changed(event)
        self._changed.set()

    async def _send_out(self, message: dict | bytes) -> None:
        if isinstance(message, dict):
            await self.send_json(message)
        elif not self.is_closing:
            await self.send(bytes_data=message)

    # The delivery

    async def _stop(self) -> None:
        if self._delivering is not None:
            self._delivering.cancel()
            await asyncio.wait([self._delivering])
        self._delivering = self._delivery = None

    async def _deliver(self, transport: Transport, delivery: Delivery) -> None:
        """One task from media.open to the end of what it asked for."""
        attending = None
        try:
            await self._look_at_camera(delivery)
            attending = asyncio.create_task(self._attend(transport, delivery))
            problem = await self._relay(transport, delivery)
        except CameraNotFound:
            await self.close(code=ACCESS_WITHDRAWN)
        except TooSlow:
            await self.close(code=TOO_SLOW)
        except Exception:
            # One viewer's boundary: nobody else shall suffer.
            log.exception("a media socket broke")
            await self.close(code=BROKEN)
        else:
            await self.send_json(
                {"type": "media.ended", "code": problem.code, "text": problem.text}
            )
        finally:
            if attending is not None:
                attending.cancel()
                await asyncio.wait([attending])

    async def _relay(self, transport: Transport, delivery: Delivery) -> Problem:
        kind, path, place = {
            "mse": (FragmentFeed, ring_path(self.camera), FragmentPlace),
            "mjpeg": (PictureFeed, jpeg_ring_path(self.camera.pk), PicturePlace),
        }[transport]
        try:
            with self._feeds.subscribed(
                kind, path, user_id=self.user.pk, listener=delivery.notice
            ) as feed:
                return await delivery.run(feed, place(feed))
        except CameraProblem as refusal:
            return refusal.problem

    async def _attend(self, transport: Transport, delivery: Delivery) -> None:
        """Keep wishing for pictures; see that the camera stays enabled and where it was."""
        while True:
            await tell_view(self.camera.pk, self.channel_name)
            if transport == "mjpeg":
                await wish_for_pictures(self.camera.pk, MJPEG_FPS)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ATTEND_EVERY_S):
                    await self._changed.wait()
            self._changed.clear()
            # Rights are the base's business; here the camera only may have changed.
            with contextlib.suppress(CameraNotFound):
                await self._look_at_camera(delivery)

    async def _look_at_camera(self, delivery: Delivery) -> None:
        try:
            camera = await database_sync_to_async(camera_for)(self.user, self.camera.slug)
        except DatabaseAway as error:
            log.warning("the camera cannot be looked up: %s", error)
            return
        if not camera.is_enabled:
            delivery.end(DISABLED)
        elif ring_path(camera) != ring_path(self.camera):
            delivery.end(CHANGED)
        self.camera = camera
