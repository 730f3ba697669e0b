"""The detector process at work: real rings and real decoding, a detector that is easy to please."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import get_native_id

import pytest
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.test import TransactionTestCase, override_settings
from django.utils import timezone

from detections import photos
from detections.detecting import SEGMENT_SOURCE, SOURCE, WORKER_NICENESS, Detecting
from detections.models import Visit
from detections.motion import STEP, motion_between
from detections.services import delete_visits, take_sightings
from detections.vision.boxes import Box, overlap
from detections.vision.detector import Detector
from detections.vision.motion_levels import level_of
from detections.vision.seen import Seen, SeenFrame
from streaming.media.access_unit import AccessUnit
from streaming.media.clock import media_time_90k
from streaming.media.priority import step_back
from streaming.media.ring import RingWriter
from streaming.messages import boxes_group
from streaming.models import Camera
from streaming.services import ring_path, save_camera
from tests.builders import make_camera
from tests.cast import make_cast
from tests.detections.segment_writer import SegmentWriter
from tests.detections.vision.films import CAT, FPS, BrightDetector, film

DEADLINE_S = 20
MINUTE = timedelta(minutes=1)


class Broken:
    """Fails, as an owner's program may."""

    labels = ("cat",)

    def __init__(self) -> None:
        self.asked = 0

    def detect(self, picture):
        self.asked += 1
        raise OSError("no camera card")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere priorities are of processes")
def test_whoever_waits_for_something_comes_before_the_thread_that_looks():
    with ThreadPoolExecutor(1, initializer=step_back, initargs=(WORKER_NICENESS,)) as looking:
        priority = looking.submit(lambda: os.getpriority(os.PRIO_PROCESS, get_native_id()))
        policy = looking.submit(os.sched_getscheduler, 0)

    assert (priority.result(), policy.result()) == (WORKER_NICENESS, os.SCHED_IDLE)
    assert os.getpriority(os.PRIO_PROCESS, get_native_id()) < WORKER_NICENESS


class DetectingTests(TransactionTestCase):
    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = Path(folder.name)
        self.enterContext(override_settings(PETCAM_RUN_DIR=self.dir, PETCAM_DATA_DIR=self.dir))
        self.home = make_cast().home
        self.camera = make_camera(self.home, name="Kitchen")
        self.rings: dict[int, RingWriter] = {}
        self.addCleanup(lambda: [ring.close() for ring in self.rings.values()])

    @asynccontextmanager
    async def at_work(self, detector: Detector | None) -> AsyncIterator[Detecting]:
        detecting, stop, ready = Detecting(detector, fps=FPS), asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(detecting.run(stop, on_ready=ready.set))
        try:
            await asyncio.wait_for(ready.wait(), DEADLINE_S)
            yield detecting
        finally:
            stop.set()
            await asyncio.wait_for(task, DEADLINE_S)

    async def play(self, units: list[AccessUnit], camera: Camera | None = None) -> None:
        """The camera sends these pictures, as fast as the times between them are."""
        camera = camera or self.camera
        if camera.pk not in self.rings:
            self.rings[camera.pk] = RingWriter(ring_path(camera), payload_bytes=4 * 1024 * 1024)
        shift = media_time_90k(time.monotonic_ns()) - units[0].pts_90k
        for unit in units:
            pts = unit.pts_90k + shift
            late_s = pts / 90_000 - time.monotonic()
            await asyncio.sleep(max(late_s, 0))
            self.rings[camera.pk].write(replace(unit, pts_90k=pts, capture_ns=pts * 100_000 // 9))

    async def until(self, condition: Callable[[], object]) -> object:
        async with asyncio.timeout(DEADLINE_S):
            # Rows have no event to wait for.
            while not (found := await database_sync_to_async(condition)()):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return found

    async def hear(self, camera: Camera) -> str:
        channel = await get_channel_layer().new_channel()
        await get_channel_layer().group_add(boxes_group(camera.pk), channel)
        return channel

    async def boxes(self, channel: str) -> dict:
        async with asyncio.timeout(DEADLINE_S):
            while True:
                message = await get_channel_layer().receive(channel)
                if message["type"] == "boxes.seen" and message["tracks"]:
                    return message

    async def test_who_watches_gets_the_boxes_and_history_the_visit_with_its_picture(self):
        channel = await self.hear(self.camera)
        async with self.at_work(BrightDetector()):
            playing = asyncio.create_task(self.play(film([CAT] * 4 * FPS)))
            message = await self.boxes(channel)
            await playing
            visit = await self.until(Visit.objects.exclude(picture="").first)

        self.assertEqual((message["camera_id"], message["source"]), (self.camera.pk, SOURCE))
        self.assertGreater(overlap(Box(*message["tracks"][0]["box"]), CAT), 0.9)
        self.assertLess(abs(message["t"] - media_time_90k(time.monotonic_ns())), 5 * 90_000)
        self.assertEqual((visit.label, visit.household_id), ("cat", self.home.pk))
        self.assertGreater(overlap(Box(*visit.best_box), CAT), 0.9)
        self.assertEqual(photos.read(visit.picture)[:2], b"\xff\xd8")
        self.assertTrue(visit.look)

    async def test_what_moved_is_kept_by_the_time_of_its_pictures(self):
        walking = [CAT._replace(x=0.1 + 0.02 * n) for n in range(2 * FPS)]
        async with self.at_work(BrightDetector()) as detecting:
            await self.play(film([None] * 2 * FPS + walking))
            async with asyncio.timeout(DEADLINE_S):
                while detecting.watches[self.camera.pk].costs.judged < 3 * FPS:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)

        # The newest step of media time may be told of one of the clock that is about to begin.
        since, until = timezone.now() - 2 * MINUTE, timezone.now() + STEP
        told = await database_sync_to_async(motion_between)(self.camera, since, until)
        self.assertTrue(
            all(at >= len(told.levels) - 2 for at, level in enumerate(told.levels) if level)
        )
        self.assertGreater(max(told.levels), level_of(0.02))

    async def test_a_picture_goes_with_its_visit(self):
        async with self.at_work(BrightDetector()):
            await self.play(film([CAT] * 4 * FPS))
            visit = await self.until(Visit.objects.exclude(picture="").first)
        visit = await database_sync_to_async(Visit.objects.get)()

        await database_sync_to_async(delete_visits)([visit])

        self.assertIsNone(photos.read(visit.picture))

    async def test_pets_are_looked_for_where_that_is_switched_on(self):
        self.camera.finds_pets = False
        await database_sync_to_async(save_camera)(self.camera)
        channel = await self.hear(self.camera)
        async with self.at_work(BrightDetector()) as detecting:
            blind = detecting.watches[self.camera.pk]
            await self.play(film([CAT] * 2 * FPS))
            self.assertNotIn(channel, get_channel_layer().channels)

            self.camera.finds_pets = True
            await database_sync_to_async(save_camera)(self.camera)
            async with asyncio.timeout(DEADLINE_S):
                while detecting.watches[self.camera.pk] is blind:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            playing = asyncio.create_task(self.play(film([CAT] * 4 * FPS)))
            message = await self.boxes(channel)
            await playing

        self.assertEqual(message["source"], SOURCE)

    async def test_a_camera_that_comes_later_is_followed_and_one_that_goes_is_not(self):
        async with self.at_work(BrightDetector()) as detecting:
            self.assertEqual(set(detecting.watches), {self.camera.pk})

            other = await database_sync_to_async(make_camera)(self.home, name="Garden")
            await self.until(lambda: other.pk in detecting.watches)
            other.is_enabled = False
            await database_sync_to_async(save_camera)(other)

            await self.until(lambda: other.pk not in detecting.watches)
            self.assertEqual(set(detecting.watches), {self.camera.pk})

    async def test_a_detector_that_fails_stops_neither_pictures_nor_visits(self):
        broken = Broken()
        with self.assertLogs("detections.watching", "ERROR"):
            async with self.at_work(broken):
                playing = asyncio.create_task(self.play(film([CAT] * 6 * FPS)))
                await self.until(lambda: broken.asked >= 2)
                await self.tell(self.now_90k() - 2 * 90_000)
                visit = await self.until(Visit.objects.first)
                await playing

        self.assertEqual(visit.source, "outside")

    async def test_without_a_detector_what_others_tell_becomes_visits_with_pictures(self):
        async with self.at_work(None) as detecting:
            await self.play(film([CAT] * 2 * FPS))
            await self.tell(self.now_90k() - 3 * 90_000 // 2)
            visit = await self.until(Visit.objects.exclude(picture="").first)

            self.assertEqual((visit.source, visit.label), ("outside", "cat"))
            self.assertEqual(detecting.watches[self.camera.pk].costs.decoded, 0)

    async def test_a_camera_with_a_detector_of_its_own_is_left_to_it(self):
        folder = Path(self.enterContext(TemporaryDirectory(dir="/dev/shm")))
        camera = await database_sync_to_async(make_camera)(
            self.home, source_kind="shared_memory", source_address=f"{folder.name}/cat_stream"
        )
        segment = SegmentWriter(folder / "cat_detections", 576)
        self.addCleanup(segment.close)
        channel, ours = await self.hear(camera), BrightDetector()
        async with self.at_work(ours) as detecting:
            telling = asyncio.create_task(self.tell_by(segment))
            message = await self.boxes(channel)
            await self.play(film([CAT] * 2 * FPS), camera)
            visit = await self.until(Visit.objects.first)
            telling.cancel()
            costs = detecting.watches[camera.pk].costs

        self.assertEqual((message["source"], visit.source), (SEGMENT_SOURCE, SEGMENT_SOURCE))
        self.assertEqual((ours.asked, costs.decoded), (0, 0))

    async def tell_by(self, segment: SegmentWriter) -> None:
        """The camera's own detector, ten results a second."""
        while True:
            segment.write(time.monotonic_ns())
            await asyncio.sleep(0.1)

    async def tell(self, first_90k: int) -> None:
        """Another program tells what it saw in 1.5 s."""
        seen = (Seen("cat", 0.9, CAT),)
        frames = [SeenFrame(first_90k + 9000 * number, seen) for number in range(16)]
        await database_sync_to_async(take_sightings)(self.camera, source="outside", frames=frames)

    def now_90k(self) -> int:
        return media_time_90k(time.monotonic_ns())
