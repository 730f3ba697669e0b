import asyncio
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest import IsolatedAsyncioTestCase

from detections.vision.eyes import Eyes, Glimpse
from detections.watching import CameraWatch
from streaming.media.access_unit import AccessUnit
from streaming.media.config import CameraConfig
from streaming.media.ring import RingWriter
from tests.detections.vision.films import CAT, FPS, BrightDetector, film
from tests.streaming.media.cameras import make_config

DEADLINE_S = 20


class Patient(BrightDetector):
    """Takes its time: until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.was_asked, self.go = threading.Event(), threading.Event()

    def detect(self, picture):
        self.was_asked.set()
        self.go.wait(DEADLINE_S)
        return super().detect(picture)


class WatchingTests(IsolatedAsyncioTestCase):
    """A real ring; what counts is media time, so that films play as fast as they are taken in."""

    async def asyncSetUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.config = make_config(Path(folder.name))
        self.ring = RingWriter(self.config.ring_path, payload_bytes=8 * 1024 * 1024)
        self.addCleanup(self.ring.close)
        self.worker = ThreadPoolExecutor(1)
        self.addCleanup(self.worker.shutdown)
        self.glimpses: list[Glimpse] = []

    async def watch(self, detector: BrightDetector | None, fps: int = 100) -> CameraWatch:
        watch = CameraWatch(
            self.config,
            Eyes(detector) if detector else None,
            fps=fps,
            worker=self.worker,
            on_glimpse=self.on_glimpse,
        )
        task = asyncio.create_task(watch.run())
        self.addAsyncCleanup(self.end, task)
        return watch

    async def end(self, task: asyncio.Task) -> None:
        task.cancel()
        await asyncio.wait([task])

    async def on_glimpse(self, config: CameraConfig, glimpse: Glimpse) -> None:
        self.glimpses.append(glimpse)

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not condition():  # noqa: ASYNC110  (done by a thread)
                await asyncio.sleep(0.005)

    def newest(self) -> int:
        """The media time of the newest picture that was judged."""
        return self.glimpses[-1].frame.t_90k if self.glimpses else 0

    async def play(self, units: list[AccessUnit]) -> None:
        """Some pictures at a time, each time until the last of them is judged."""
        for start in range(0, len(units), 5):
            part = units[start : start + 5]
            for unit in part:
                self.ring.write(unit)
            await self.until(lambda part=part: self.newest() >= part[-1].pts_90k)

    async def test_an_empty_room_costs_one_decoded_picture_a_second(self):
        watch = await self.watch(BrightDetector())
        units = film([None] * 16 * FPS)
        await self.play(units[: 10 * FPS])
        rest = iter(units[10 * FPS :])
        while not watch.is_idle:
            await self.play([next(rest)])
        before = watch.costs.decoded

        for unit in rest:
            self.ring.write(unit)
            if unit.is_keyframe:
                await self.until(lambda unit=unit: self.newest() >= unit.pts_90k)

        self.assertEqual(watch.costs.decoded - before, 5)

    async def test_who_comes_into_an_empty_room_is_followed_from_the_next_keyframe(self):
        await self.watch(BrightDetector())
        units = film([None] * 12 * FPS + [CAT] * 2 * FPS)
        await self.play(units[: 10 * FPS])
        for unit in units[10 * FPS :]:
            self.ring.write(unit)

        await self.until(lambda: self.newest() == units[-1].pts_90k)

        self.assertTrue(self.glimpses[-1].frame.seen)

    async def test_a_detector_that_falls_behind_goes_on_at_a_keyframe(self):
        detector = Patient()
        watch = await self.watch(detector)
        units = film([CAT] * 45 * FPS)
        with self.assertLogs("detections.watching", "WARNING") as logged:
            self.ring.write(units[0])
            await asyncio.to_thread(detector.was_asked.wait, DEADLINE_S)
            for unit in units[1:]:
                self.ring.write(unit)
            await self.until(lambda: watch.skipped)
        detector.go.set()

        await self.until(lambda: self.newest() == units[-1].pts_90k)
        self.assertEqual(len(logged.records), 1)
        self.assertEqual(watch.costs.decoded, len(units) - watch.skipped)

    async def test_no_more_pictures_are_judged_than_were_asked_for(self):
        await self.watch(BrightDetector(), fps=1)
        units = film([CAT] * 3 * FPS)
        self.ring.write(units[0])
        await self.until(lambda: self.glimpses)
        for unit in units[1:]:
            self.ring.write(unit)

        await self.until(lambda: self.newest() == units[-1].pts_90k)

        self.assertEqual(len(self.glimpses), 2)

    async def test_a_camera_that_somebody_else_looks_at_is_spared(self):
        watch = await self.watch(BrightDetector())
        watch.spare(DEADLINE_S)
        units = film([CAT] * 2 * FPS)
        for unit in units:
            self.ring.write(unit)

        await self.until(lambda: watch.recall.picture(units[-1].pts_90k) is not None)
        self.assertEqual((self.glimpses, watch.costs.decoded), ([], 0))

    async def test_without_eyes_pictures_are_kept_and_nothing_is_decoded(self):
        watch = await self.watch(None)
        units = film([CAT] * FPS)
        for unit in units:
            self.ring.write(unit)

        await self.until(lambda: watch.recall.picture(units[-1].pts_90k) is not None)
        self.assertEqual(watch.costs.decoded, 0)

    async def test_pictures_of_a_camera_that_went_away_are_forgotten(self):
        watch = await self.watch(None)
        units = film([CAT] * FPS)
        for unit in units:
            self.ring.write(unit)
        await self.until(lambda: watch.recall.picture(units[-1].pts_90k) is not None)

        self.ring.close()

        await self.until(lambda: watch.recall.picture(units[-1].pts_90k) is None)
