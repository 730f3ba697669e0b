"""The detector process: looks at every camera's pictures, and builds visits of what was seen."""

import asyncio
import logging
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import av
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import Error as DatabaseAway
from django.utils import timezone
from redis.exceptions import RedisError

from detections.building import Builder
from detections.live_pets import LivePets
from detections.live_tracks import LiveTracks
from detections.motion import keep_motion
from detections.pictures import clear_lost_pictures, keep_picture
from detections.pushing import Pusher
from detections.segments import follow_segment, segment_beside
from detections.services import SightingRefused, take_sightings
from detections.vision.detector import Detector
from detections.vision.eyes import Eyes, Glimpse
from detections.vision.motion_levels import MotionLevels
from detections.vision.seen import SeenFrame
from detections.watching import CameraWatch
from streaming.media.clock import VIDEO_CLOCK_RATE, media_time_90k
from streaming.media.config import CameraConfig
from streaming.media.priority import step_back
from streaming.media.repeating import again
from streaming.messages import CAMERAS_GROUP
from streaming.models import Camera
from streaming.services import enabled_cameras

log = logging.getLogger(__name__)

T = TypeVar("T")

# What sightings say where they come from: our own detector, or one beside the camera's ring.
SOURCE, SEGMENT_SOURCE = "detector", "segment"
# A camera whose own detector tells something is left to it for so long.
SPARED_S = 10.0
LOOK_UP_S = 5.0
BUILD_S = 0.5
TELL_S = 0.8
# Motion of all cameras is one write, and nobody waits for it.
TELL_MOTION_S = 10.0
BROKER_RETRY_S = 2.0
CLEAR_S = 24 * 3600.0
# While the database is away, the newest of a camera's pictures are remembered.
MOST_UNTOLD = 600
MOST_WAITING = 16
# Below that of everything that people wait for.
WORKER_NICENESS = 10


@dataclass(slots=True)
class _Watched:
    """A camera, who watches it, and by source what was seen and is not in the database yet.

    `waiting` are frames of the camera's own detector that nobody has been shown yet.
    """

    watch: CameraWatch
    is_blind: bool
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    untold: defaultdict[str, list[SeenFrame]] = field(default_factory=lambda: defaultdict(list))
    motion: MotionLevels = field(default_factory=MotionLevels)
    waiting: deque[SeenFrame] = field(default_factory=lambda: deque(maxlen=MOST_WAITING))
    has_waiting: asyncio.Event = field(default_factory=asyncio.Event)
    noted_90k: int = 0

    def note(self, source: str, frame: SeenFrame) -> None:
        """Remember it for the database."""
        frames = self.untold[source]
        frames.append(frame)
        self.noted_90k = frame.t_90k
        del frames[:-MOST_UNTOLD]


class Detecting:
    """Runs until told to stop. Live boxes go out whatever the database does, visits are built
    whatever the broker does.

    All decoding and looking happens in one thread of low priority: it takes one core at most, and
    only what nobody else wants. Without a `detector` nothing is looked at, but what other
    programs tell becomes visits all the same.
    """

    def __init__(self, detector: Detector | None, *, fps: int) -> None:
        self._detector, self._fps = detector, fps
        self._worker = _Looker()
        self._watched: dict[int, _Watched] = {}
        self._live, self._pets, self._pusher = LiveTracks(), LivePets(), Pusher()
        self._builder = Builder(
            self._pets.on_visit, keep_picture=partial(keep_picture, self.picture_at)
        )
        self._news = asyncio.Event()

    async def run(self, stop: asyncio.Event, *, on_ready: Callable[[], None]) -> None:
        """Until `stop` is set; `on_ready` is called when every camera is being followed."""
        await self._look_up()
        on_ready()
        work = (
            again(self._look_up, LOOK_UP_S, self._news),
            again(self._tell, TELL_S),
            again(self._tell_motion, TELL_MOTION_S),
            again(self._build, BUILD_S),
            again(self._clear, CLEAR_S),
            again(self._listen, BROKER_RETRY_S),
        )
        tasks = [asyncio.create_task(each) for each in work]
        try:
            await stop.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._watch_these([])
            await asyncio.to_thread(self._worker.shutdown)

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
            blind = await database_sync_to_async(_not_looked_at)()
        except DatabaseAway as error:
            log.warning("the database cannot be read now: %s", error)
            return
        await self._watch_these(configs, blind)

    async def _watch_these(
        self, configs: Iterable[CameraConfig], blind: Set[int] = frozenset()
    ) -> None:
        """These cameras and no others; in the pictures of the `blind` ones nothing is looked for,
        but they are remembered for the visits that other programs tell of."""
        wanted = {config.camera_id: config for config in configs}
        going = [
            camera_id
            for camera_id, watched in self._watched.items()
            if camera_id not in wanted
            or wanted[camera_id].ring_path != watched.watch.config.ring_path
            or watched.is_blind is not (camera_id in blind)
        ]
        await asyncio.gather(*(self._end(self._watched.pop(camera_id)) for camera_id in going))
        for camera_id, config in wanted.items():
            if camera_id in self._watched:
                self._watched[camera_id].watch.config = config
            else:
                self._watched[camera_id] = self._begin(config, is_blind=camera_id in blind)

    def _begin(self, config: CameraConfig, *, is_blind: bool) -> _Watched:
        watch = CameraWatch(
            config,
            Eyes(self._detector) if self._detector and not is_blind else None,
            fps=self._fps,
            worker=self._worker,
            on_glimpse=self._on_glimpse,
        )
        watched, work = _Watched(watch, is_blind), [watch.run()]
        segment = segment_beside(config.ring_path) if config.kind == "shared_memory" else None
        if segment is not None:
            work += [
                follow_segment(segment, partial(self._on_segment, watched)),
                self._show_segment(watched),
            ]
        watched.tasks = [asyncio.create_task(each, name=f"watch {config.slug}") for each in work]
        return watched

    async def _end(self, watched: _Watched) -> None:
        for task in watched.tasks:
            task.cancel()
        await asyncio.gather(*watched.tasks, return_exceptions=True)
        await self._tell_of(watched)
        await self._tell_motion_of([watched])

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
        if watched is not None:
            watched.motion.note(glimpse.frame.t_90k, glimpse.moving)
        if watched is not None and glimpse.frame.seen:
            # Who lies still is there all the time, but every second says so.
            is_due = glimpse.frame.t_90k - watched.noted_90k >= VIDEO_CLOCK_RATE
            if glimpse.was_looked_at or is_due:
                watched.note(SOURCE, glimpse.frame)
        await self._show(config.camera_id, SOURCE, [glimpse.frame])

    def _on_segment(self, watched: _Watched, frame: SeenFrame) -> None:
        """The camera has a detector of its own, which spares us the work."""
        watched.watch.spare(SPARED_S)
        if frame.seen:
            watched.note(SEGMENT_SOURCE, frame)
        watched.waiting.append(frame)
        watched.has_waiting.set()

    async def _show_segment(self, watched: _Watched) -> None:
        while True:
            await watched.has_waiting.wait()
            watched.has_waiting.clear()
            frames = list(watched.waiting)
            watched.waiting.clear()
            await self._show(watched.watch.config.camera_id, SEGMENT_SOURCE, frames)

    async def _show(self, camera_id: int, source: str, frames: Sequence[SeenFrame]) -> None:
        now_90k = media_time_90k(time.monotonic_ns())
        messages = self._live.follow(camera_id, source, frames, now_90k=now_90k)
        self._pets.mark(messages)
        await self._pusher.push(messages)

    async def _tell(self) -> None:
        for watched in list(self._watched.values()):
            await self._tell_of(watched)

    async def _tell_of(self, watched: _Watched) -> None:
        told, watched.untold = watched.untold, defaultdict(list)
        for source, frames in told.items():
            try:
                tell = partial(_tell_sightings, watched.watch.config.camera_id, source, frames)
                await database_sync_to_async(self._worker.paused)(tell)
            except DatabaseAway as error:
                log.warning("sightings wait, the database cannot be written now: %s", error)
                watched.untold[source][:0] = frames

    async def _tell_motion(self) -> None:
        await self._tell_motion_of(list(self._watched.values()))

    async def _tell_motion_of(self, some: Sequence[_Watched]) -> None:
        told = [(watched, watched.motion.take()) for watched in some]
        by_camera = {watched.watch.config.camera_id: levels for watched, levels in told if levels}
        try:
            keep = partial(keep_motion, by_camera)
            await database_sync_to_async(self._worker.paused)(keep)
        except DatabaseAway as error:
            log.warning("motion waits, the database cannot be written now: %s", error)
            for watched, levels in told:
                watched.motion.give_back(levels)

    # What becomes of it

    async def _build(self) -> None:
        build = partial(self._builder.run_once, timezone.now())
        await _in_database_thread(partial(self._worker.paused, build))

    async def _clear(self) -> None:
        await _in_database_thread(clear_lost_pictures)


class _Looker(ThreadPoolExecutor):
    """The one thread that decodes and looks, of low priority.

    It stands still while rows are written. Otherwise, on a busy machine, it might be put aside
    holding the interpreter's lock, the thread that writes would wait for that, and everybody else
    who writes for a database that is locked meanwhile.
    """

    def __init__(self) -> None:
        super().__init__(1, "looking", initializer=step_back, initargs=(WORKER_NICENESS,))
        self._turn = threading.Lock()

    def submit(self, work: Callable[..., T], /, *args: object) -> Future[T]:
        return super().submit(self.paused, partial(work, *args))

    def paused(self, work: Callable[[], T]) -> T:
        """Does `work` in the calling thread, after what is being looked at now."""
        with self._turn:
            return work()


async def _in_database_thread(work: Callable[[], object]) -> None:
    """The one thread for all rows: SQLite has one writer at a time, so this process is one."""
    try:
        await database_sync_to_async(work)()
    except DatabaseAway as error:
        log.warning("the database is away: %s", error)


def _not_looked_at() -> set[int]:
    return set(Camera.objects.filter(finds_pets=False).values_list("pk", flat=True))


def _tell_sightings(camera_id: int, source: str, frames: list[SeenFrame]) -> None:
    camera = Camera.objects.filter(pk=camera_id).first()
    if camera is None:
        return
    try:
        take_sightings(camera, source=source, frames=frames)
    except SightingRefused as error:
        log.warning("%s: sightings refused: %s", camera.slug, error)
