"""Every camera's pictures for all its viewers."""

import asyncio
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from unittest import IsolatedAsyncioTestCase

from streaming.media.clock import media_time_90k
from streaming.media.config import CameraConfig
from streaming.media.hub import OLD_KEYFRAME_NS, Hub
from streaming.media.ring import RingWriter
from tests.streaming.media.viewer import units, until
from tests.streaming.media.watcher import Watcher


class HubTests(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)
        self.news = 0
        self.hub = Hub(on_news=self.count_news)

    async def asyncTearDown(self) -> None:
        await self.hub.close()
        self.assertEqual(len(asyncio.all_tasks()), 1)

    def count_news(self) -> None:
        self.news += 1

    def config(self, camera_id: int, ring: str = "ring") -> CameraConfig:
        path = self.directory / f"{ring}-{camera_id}"
        return CameraConfig(camera_id, "sofa", "Sofa", "demo", "", "tcp", False, path, 4096, path)

    def write(self, ring: RingWriter, *pictures) -> None:
        for unit in pictures:
            now_ns = time.monotonic_ns()
            ring.write(replace(unit, capture_ns=now_ns, pts_90k=media_time_90k(now_ns)))

    async def test_a_camera_is_asked_for_a_keyframe_when_the_newest_is_old_once_a_second(self):
        asked: list[int] = []
        self.hub = Hub(on_news=self.count_news, on_keyframe_wanted=asked.append)
        config = self.config(1)
        ring = RingWriter(config.ring_path, payload_bytes=1024 * 1024)
        self.addCleanup(ring.close)
        await self.hub.set_cameras([config])
        source, viewer = self.hub.sources[1], Watcher()
        source.join(viewer)
        self.write(ring, *units(count=1))
        await until(lambda: viewer.taken)

        source.restart(viewer)
        self.assertEqual(asked, [])

        await until(lambda: source.rates().age_ms > OLD_KEYFRAME_NS / 1e6)
        source.restart(viewer)
        source.restart(viewer)
        self.assertEqual(asked, [1])

    async def test_each_picture_is_packetised_once_for_all_viewers(self):
        config = self.config(1)
        ring = RingWriter(config.ring_path, payload_bytes=1024 * 1024)
        self.addCleanup(ring.close)
        await self.hub.set_cameras([config])
        source = self.hub.sources[1]
        viewers = [Watcher(), Watcher()]
        for viewer in viewers:
            source.join(viewer)

        self.write(ring, *units(count=3))
        await until(lambda: all(len(viewer.taken) == 3 for viewer in viewers))

        self.assertIs(viewers[0].taken[0], viewers[1].taken[0])
        self.assertTrue(source.is_live)
        self.assertGreater(self.news, 0)
        await until(lambda: len(source.units_since_keyframe()) == 3)
        self.assertGreater(source.rates().fps, 0)
        for viewer in viewers:
            source.leave(viewer)

    async def test_what_is_no_longer_wanted_is_gone_and_the_rest_stays(self):
        await self.hub.set_cameras([self.config(1), self.config(2)])
        first, second = self.hub.sources[1], self.hub.sources[2]

        gone = await self.hub.set_cameras([self.config(2)])

        self.assertEqual(gone, [first])
        self.assertEqual(self.hub.sources, {2: second})

    async def test_a_camera_whose_ring_lies_elsewhere_is_a_new_source(self):
        await self.hub.set_cameras([self.config(1)])
        old = self.hub.sources[1]

        gone = await self.hub.set_cameras([self.config(1, ring="moved")])

        self.assertEqual(gone, [old])
        self.assertIsNot(self.hub.sources[1], old)

    async def test_other_changes_keep_the_source(self):
        await self.hub.set_cameras([self.config(1)])
        source = self.hub.sources[1]

        gone = await self.hub.set_cameras([replace(self.config(1), name="Kitchen")])

        self.assertEqual((gone, self.hub.sources[1]), ([], source))
        self.assertEqual(source.config.name, "Kitchen")

    async def test_one_that_follows_only_what_is_watched_rests_otherwise(self):
        self.hub = Hub(on_news=self.count_news, only_watched=True)
        config = self.config(1)
        ring = RingWriter(config.ring_path, payload_bytes=1024 * 1024)
        self.addCleanup(ring.close)
        self.write(ring, *units(count=3))
        await self.hub.set_cameras([config])
        tasks = len(asyncio.all_tasks())

        self.hub.follow(1)
        self.hub.follow(1)
        self.hub.follow(2)
        await until(lambda: len(self.hub.sources[1].units_since_keyframe()) == 3)
        self.assertEqual(len(asyncio.all_tasks()), tasks + 1)
        await self.hub.rest({1})
        self.assertTrue(self.hub.sources[1].is_live)

        await self.hub.rest(set())
        self.assertEqual(len(asyncio.all_tasks()), tasks)
        self.assertEqual(self.hub.sources[1].units_since_keyframe(), [])
        self.hub.follow(1)
        await until(lambda: len(self.hub.sources[1].units_since_keyframe()) == 3)
