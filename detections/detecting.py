"""The detector process: looks at every camera's pictures, and builds visits of what was seen."""

import asyncio
import contextlib
import logging
import os
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import av
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import Error as DatabaseAway
from django.utils import timezone
from redis.exceptions import RedisError

from detections.building import Builder
from detections.live_tracks import LiveTracks
from detections.pictures import clear_lost_pictures, keep_picture
from detections.pushing import Pusher
from detections.services import SightingRefused, take_sightings
from detections.vision.detector import Detector
from detections.vision.eyes import Eyes, Glimpse
from detections.vision.seen import SeenFrame
from detections.watching import CameraWatch
from streaming.media.clock import media_time_90k
from streaming.media.config import CameraConfig
from streaming.messages import CAMERAS_GROUP
from streaming.models import Camera
from streaming.services import enabled_cameras

log = logging.getLogger(__name__)

SOURCE = "detector"
LOOK_UP_S = 5.0
BUILD_S = 0.5
TELL_S = 0.8
BROKER_RETRY_S = 2.0
CLEAR_S = 24 * 3600.0
# While the database is away, the newest of a camera's pictures are remembered.
MOST_UNTOLD = 600
# Below that of everything that people wait for.
WORKER_NICENESS = 10


@dataclass(slots=True)
class _Watched:
    """A camera, who watches it, and what was seen and is not in the database yet."""

    watch: CameraWatch
    task: asyncio.Task[None]
    untold: list[SeenFrame] = field(default_factory=list)


class Detecting:
    """Runs until told to stop. Live boxes go out whatever the database does, visits are built
    whatever the broker does.

    All decoding and looking happens in one thread of low priority: it takes one core at most, and
    only what nobody else wants. Without a `detector` nothing is looked at, but what other
    programs tell becomes visits all the same.
    """

    def __init__(self, detector: Detector | None, *, fps: int) -> None:
        self._detector, self._fps = detector, fps
        self._worker = ThreadPoolExecutor(1, "looking", initializer=step_back)
        self._building = ThreadPoolExecutor(1, "building")
        self._watched: dict[int, _Watched] = {}
        self._live, self._pusher = LiveTracks(), Pusher()
        self._builder = Builder(keep_picture=partial(keep_picture, self.picture_at))
        self._news = asyncio.Event()

    async def run(self, stop: asyncio.Event, *, on_ready: Callable[[], None]) -> None:
        """Until `stop` is set; `on_ready` is called when every camera is being followed."""
        await self._look_up()
        on_ready()
        work = (
            _again(self._look_up, LOOK_UP_S, self._news),
            _again(self._tell, TELL_S),
            _again(self._build, BUILD_S),
            _again(self._clear, CLEAR_S),
            self._listen(),
        )
        tasks = [asyncio.create_task(each) for each in work]
        try:
            await stop.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._watch_these([])
            for threads in (self._worker, self._building):
                await asyncio.to_thread(threads.shutdown)

    @property
    def watches(self) -> dict[int, CameraWatch]:
        """Who watches which camera."""
        return {camera_id: one.watch for camera_id, one in self._watched.items()}

    def picture_at(self, camera_id: int, t_90k: int) -> av.VideoFrame | None:
        """The camera's picture of that media time, if it was taken just now. Any thread."""
        watched = self._watched.get(camera_id)
        return watched.watch.recall.picture(t_90k) if watched else None

    # Cameras

    async def _look_up(self) -> None:
        try:
            configs = await database_sync_to_async(enabled_cameras)()
        except DatabaseAway as error:
            log.warning("the database cannot be read now: %s", error)
            return
        await self._watch_these(configs)

    async def _watch_these(self, configs: Iterable[CameraConfig]) -> None:
        wanted = {config.camera_id: config for config in configs}
        going = [
            camera_id
            for camera_id, watched in self._watched.items()
            if camera_id not in wanted
            or wanted[camera_id].ring_path != watched.watch.config.ring_path
        ]
        await asyncio.gather(*(self._end(self._watched.pop(camera_id)) for camera_id in going))
        for camera_id, config in wanted.items():
            if camera_id in self._watched:
                self._watched[camera_id].watch.config = config
            else:
                self._watched[camera_id] = self._begin(config)

    def _begin(self, config: CameraConfig) -> _Watched:
        watch = CameraWatch(
            config,
            Eyes(self._detector) if self._detector else None,
            fps=self._fps,
            worker=self._worker,
            on_glimpse=self._on_glimpse,
        )
        return _Watched(watch, asyncio.create_task(watch.run(), name=f"watch {config.slug}"))

    async def _end(self, watched: _Watched) -> None:
        watched.task.cancel()
        await asyncio.wait([watched.task])
        await self._tell_of(watched)

    async def _listen(self) -> None:
        """Wakes up at news of changed cameras; the broker may come and go."""
        while True:
            try:
                layer = get_channel_layer()
                channel = await layer.new_channel()
                await layer.group_add(CAMERAS_GROUP, channel)
                while True:
                    await layer.receive(channel)
                    self._news.set()
            except (OSError, RedisError) as error:
                log.info("no news of cameras from the broker now: %s", error)
                await asyncio.sleep(BROKER_RETRY_S)

    # What is seen

    async def _on_glimpse(self, config: CameraConfig, glimpse: Glimpse) -> None:
        """To those who watch now at once; to the database soon."""
        watched = self._watched.get(config.camera_id)
        # Who lies still is told of as often as somebody really looks.
        if watched is not None and glimpse.was_looked_at and glimpse.frame.seen:
            watched.untold.append(glimpse.frame)
            del watched.untold[:-MOST_UNTOLD]
        now_90k = media_time_90k(time.monotonic_ns())
        frames = [glimpse.frame]
        await self._pusher.push(
            self._live.follow(config.camera_id, SOURCE, frames, now_90k=now_90k)
        )

    async def _tell(self) -> None:
        for watched in list(self._watched.values()):
            await self._tell_of(watched)

    async def _tell_of(self, watched: _Watched) -> None:
        frames, watched.untold = watched.untold, []
        if not frames:
            return
        try:
            await database_sync_to_async(_tell_sightings)(watched.watch.config.camera_id, frames)
        except DatabaseAway as error:
            log.warning("sightings wait, the database cannot be written now: %s", error)
            watched.untold = [*frames, *watched.untold][-MOST_UNTOLD:]

    # What becomes of it

    async def _build(self) -> None:
        await self._in_building_thread(partial(self._builder.run_once, timezone.now()))

    async def _clear(self) -> None:
        await self._in_building_thread(clear_lost_pictures)

    async def _in_building_thread(self, work: Callable[[], object]) -> None:
        run = database_sync_to_async(work, thread_sensitive=False, executor=self._building)
        try:
            await run()
        except DatabaseAway as error:
            log.warning("no visits are built, the database is away: %s", error)


def _tell_sightings(camera_id: int, frames: list[SeenFrame]) -> None:
    camera = Camera.objects.filter(pk=camera_id).first()
    if camera is None:
        return
    try:
        take_sightings(camera, source=SOURCE, frames=frames)
    except SightingRefused as error:
        log.warning("%s: sightings refused: %s", camera.slug, error)


def step_back() -> None:
    """Gives this thread a lower priority than everything that people wait for."""
    # On Linux both are each thread's own, whatever POSIX says of processes.
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), WORKER_NICENESS)
    if hasattr(os, "SCHED_BATCH"):
        with contextlib.suppress(OSError):
            # Waking up, it takes the core from nobody.
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


async def _again(
    work: Callable[[], Awaitable[None]], every_s: float, wake: asyncio.Event | None = None
) -> None:
    """Does `work` every `every_s` seconds, and when woken; failing stops it never."""
    wake = wake or asyncio.Event()
    while True:
        try:
            await work()
        except Exception:
            # One thing that fails must not stop the others.
            log.exception("%s failed", work.__name__)
        # Not wait_for: in Python 3.11 it swallows a cancellation that comes with the event.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(every_s):
                await wake.wait()
        wake.clear()
