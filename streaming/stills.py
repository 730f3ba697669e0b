"""JPEG pictures on demand: made by the streamer for everybody, and only while somebody looks."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import av

from streaming.media.access_unit import AccessUnit
from streaming.media.annexb import Sanitiser
from streaming.media.config import CameraConfig
from streaming.media.feed import CameraFeed
from streaming.media.jpeg import Picture, PictureDecoder, encode_jpeg
from streaming.media.ring import (
    Codec,
    RingBusy,
    RingReader,
    RingStatus,
    RingWriter,
    UnitTooBig,
    open_ring,
)

log = logging.getLogger(__name__)

MAX_FPS = 10
# A wish for pictures holds for so long; one for a single picture until it can be made.
WISH_S = 5.0
# Who asks again sooner finds the picture just made.
SINGLE_INTERVAL_S = 0.5
# Two decoders at once leave the rest of the machine to those who watch live.
WORKERS = 2
# A keyframe older than this is no picture of now: what followed it is decoded as well.
FRESH_NS = 500_000_000
# While there is nothing to make a single picture of.
RETRY_S = 0.2
# When the decoder falls further behind, it goes on at the next keyframe.
PENDING_UNITS = 600
RING_BYTES = 4 * 1024 * 1024
RING_SLOTS = 64


class CameraStills:
    """One camera's JPEG ring and the job that fills it; on the event loop unless it says so."""

    def __init__(
        self, config: CameraConfig, threads: ThreadPoolExecutor, now: Callable[[], float]
    ) -> None:
        self.config = config
        self.decoded_frames = 0
        self._threads, self._now = threads, now
        self._one_until = self._many_until = self._next_at = 0.0
        self._fps = 1
        self._pending: list[AccessUnit] = []
        self._skips_to_keyframe = False
        self._arrived = asyncio.Event()
        self._ring: RingWriter | None = None
        self._job: asyncio.Future[bool] | None = None

    def want(self, fps: int) -> None:
        """One picture for `fps` 0, else that many a second for WISH_S."""
        now = self._now()
        if fps > 0:
            self._fps = min(fps, MAX_FPS)
            self._many_until = now + WISH_S
        elif now >= self._next_at:
            self._one_until = now + WISH_S

    @property
    def is_wanted(self) -> bool:
        return self._now() < max(self._one_until, self._many_until)

    async def run(self) -> None:
        """Make pictures while they are wanted."""
        try:
            while self.is_wanted:
                if self._now() < self._many_until:
                    await self._make_many()
                elif not await self._in_thread(self._make_one):
                    await asyncio.sleep(RETRY_S)
                else:
                    self._one_until = 0.0
                    self._next_at = self._now() + SINGLE_INTERVAL_S
        finally:
            if self._job is not None:
                await asyncio.wait([self._job])

    def close(self) -> None:
        """Takes the ring away; only when `run` has ended."""
        if self._ring is not None:
            self._ring.close()
            self._ring = None

    def _take_in(self, unit: AccessUnit) -> None:
        if len(self._pending) >= PENDING_UNITS:
            self._pending.clear()
            self._skips_to_keyframe = True
        if self._skips_to_keyframe and not unit.is_keyframe:
            return
        self._skips_to_keyframe = False
        self._pending.append(unit)
        self._arrived.set()

    def _on_status(self, status: RingStatus) -> None:
        """The live socket tells how the camera is; pictures simply stop coming."""

    async def _make_many(self) -> None:
        """Decode every frame, and write as many pictures a second as are wanted."""
        decoder = PictureDecoder()
        feed = CameraFeed(self.config.ring_path, on_unit=self._take_in, on_status=self._on_status)
        following = asyncio.create_task(feed.run(), name=f"frames for {self.config.slug}")
        try:
            while self._now() < self._many_until and not following.done():
                self._arrived.clear()
                if not self._pending:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(1.0):
                            await self._arrived.wait()
                    continue
                units, self._pending = self._pending, []
                is_due = self._is_due()
                await self._in_thread(partial(self._make_next, decoder, units, is_due))
        finally:
            following.cancel()
            await asyncio.wait([following])
            self._pending.clear()
        if not following.cancelled():
            following.result()

    def _is_due(self) -> bool:
        """Whether the next picture's time has come; if so, sets the time of the one after it."""
        now, interval = self._now(), 1 / self._fps
        if now < self._next_at:
            return False
        is_in_step = now - self._next_at < interval
        self._next_at = (self._next_at if is_in_step else now) + interval
        return True

    async def _in_thread(self, make: Callable[[], bool]) -> bool:
        """Shielded: only when the thread is done with decoder and ring may they be closed."""
        self._job = asyncio.get_running_loop().run_in_executor(self._threads, make)
        return await asyncio.shield(self._job)

    def _make_one(self) -> bool:
        """Whether the newest picture in the frame ring could be written. In a worker thread."""
        reader = open_ring(self.config.ring_path)
        units = _needed_for_one(reader.units_since_keyframe())
        reader.close()
        sanitiser, decoder = Sanitiser(), PictureDecoder()
        clean = [(unit, sanitiser.clean(unit.data)) for unit in units]
        picture = decoder.decode(replace(unit, data=data, nals=()) for unit, data in clean if data)
        picture = decoder.flush() or picture
        self.decoded_frames += decoder.decoded_frames
        return picture is not None and self._write(picture)

    def _make_next(self, decoder: PictureDecoder, units: list[AccessUnit], is_due: bool) -> bool:
        """Decode `units`, write the newest picture if one is due. In a worker thread."""
        decoded_before = decoder.decoded_frames
        picture = decoder.decode(units)
        self.decoded_frames += decoder.decoded_frames - decoded_before
        return picture is not None and is_due and self._write(picture)

    def _write(self, picture: Picture) -> bool:
        try:
            jpeg = encode_jpeg(picture.frame)
            if self._ring is None:
                self._ring = self._open_ring()
            self._ring.write(replace(picture.unit, data=jpeg, nals=(), is_keyframe=True))
        except (av.FFmpegError, OSError, RingBusy, UnitTooBig) as error:
            log.warning("%s: no JPEG picture: %s", self.config.slug, error)
            return False
        return True

    def _open_ring(self) -> RingWriter:
        """A new ring; the last picture of the one before, if there was one, goes into it."""
        reader = RingReader(self.config.jpeg_ring_path)
        last = reader.units_since_keyframe()[-1:]
        reader.close()
        ring = RingWriter(
            self.config.jpeg_ring_path,
            payload_bytes=RING_BYTES,
            camera_number=self.config.camera_id,
            codec=Codec.JPEG,
            slots=RING_SLOTS,
        )
        for unit in last:
            ring.write(unit)
        return ring


def _needed_for_one(units: list[AccessUnit]) -> list[AccessUnit]:
    """Of the keyframe and all that followed: the keyframe if it shows the present, else all."""
    # A camera with a day and a night sensor may send both at once; one decodes only its own.
    units = [unit for unit in units if unit.sensor == units[0].sensor]
    is_fresh = bool(units) and time.monotonic_ns() - units[0].capture_ns < FRESH_NS
    return units[:1] if is_fresh else units


class Stills:
    """The JPEG rings of one streamer's cameras. On the event loop; decodes in WORKERS threads.

    One job per camera at a time. A camera's last picture stays in its ring when the camera has
    stopped.
    """

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._threads = ThreadPoolExecutor(WORKERS, thread_name_prefix="still")
        self._cameras: dict[int, CameraStills] = {}
        self._tasks: dict[CameraStills, asyncio.Task[None]] = {}

    async def set_cameras(self, configs: Iterable[CameraConfig]) -> None:
        """The cameras that pictures may be asked of; one that is gone loses its ring."""
        wanted = {config.camera_id: config for config in configs}
        for camera_id, config in wanted.items():
            known = self._cameras.get(camera_id)
            if known is None:
                self._cameras[camera_id] = CameraStills(config, self._threads, self._now)
            elif known.config != config:
                known.config = config
                await self._stop(known)
        for camera_id in self._cameras.keys() - wanted.keys():
            gone = self._cameras.pop(camera_id)
            await self._stop(gone)
            gone.close()

    def want(self, camera_id: int, fps: int) -> None:
        """Somebody looks: one picture for `fps` 0, else up to MAX_FPS a second for WISH_S."""
        camera = self._cameras.get(camera_id)
        if camera is not None:
            camera.want(fps)
            self._start_if_wanted(camera)

    def decoded_frames(self, camera_id: int) -> int:
        """How many frames were decoded for pictures of this camera."""
        camera = self._cameras.get(camera_id)
        return camera.decoded_frames if camera else 0

    @property
    def is_busy(self) -> bool:
        """Whether pictures of any camera are being made."""
        return bool(self._tasks)

    async def close(self) -> None:
        """Ends all work and takes the rings away; returns when the threads have ended."""
        await self.set_cameras([])
        await asyncio.to_thread(self._threads.shutdown)

    def _start_if_wanted(self, camera: CameraStills) -> None:
        is_known = self._cameras.get(camera.config.camera_id) is camera
        if is_known and camera.is_wanted and camera not in self._tasks:
            task = asyncio.create_task(camera.run(), name=f"stills of {camera.config.slug}")
            self._tasks[camera] = task
            task.add_done_callback(partial(self._ended, camera))

    def _ended(self, camera: CameraStills, task: asyncio.Task[None]) -> None:
        del self._tasks[camera]
        if not task.cancelled() and task.exception() is not None:
            log.error("%s: stills broke", camera.config.slug, exc_info=task.exception())
        elif not task.cancelled():
            # A wish may have come while the job was ending.
            self._start_if_wanted(camera)

    async def _stop(self, camera: CameraStills) -> None:
        task = self._tasks.get(camera)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
