"""The earlier pet camera's stream is recorded whole: each layout of its shared memory, and what
happens when night falls."""

import asyncio
import os
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from uuid import uuid4

from recordings.models import Segment
from streaming.media.access_unit import AccessUnit
from streaming.media.clock import media_time_90k
from streaming.models import Camera
from tests.builders import make_camera
from tests.recordings.at_work import RecorderTestCase
from tests.streaming.media.moving_picture import encoded_units
from tests.streaming.media.seed_writer import SIZES, SeedWriter

GOP = 14
# As the seed had it: 640x480, a keyframe each 14 pictures. The night camera's are smaller.
DAY = encoded_units(4 * GOP, width=640, height=480, gop=GOP)
NIGHT = encoded_units(2 * GOP, width=320, height=240, gop=GOP)
DAY_CAMERA, NIGHT_CAMERA = 0, 1


class SeedRecordingTests(RecorderTestCase):
    def setUp(self):
        super().setUp()
        self.written_90k: list[int] = []

    def seed_camera(self) -> tuple[Camera, Path]:
        """One that is recorded, and where its shared memory is to be."""
        name = f"petcam-test-{uuid4()}"
        path = Path("/dev/shm") / name
        self.addCleanup(path.unlink, missing_ok=True)
        camera = make_camera(self.cast.home, source_kind="shared_memory", source_address=name)
        self.record(camera, "always")
        return camera, path

    async def film(
        self,
        seed: SeedWriter,
        units: Iterable[AccessUnit],
        *,
        camera: int = DAY_CAMERA,
        size: tuple[int, int] = (640, 480),
    ) -> None:
        """In time, as a camera does; what was written is kept in mind."""
        for number, unit in enumerate(units):
            stamp_ns = time.monotonic_ns()
            seed.write(unit.data, number, camera=camera, stamp_ns=stamp_ns, size=size)
            self.written_90k.append(media_time_90k(stamp_ns))
            await asyncio.sleep(1 / 30)

    async def warm_up(self, seed: SeedWriter) -> None:
        """Until the recorder follows: what comes then, from the first keyframe on, counts."""
        while not await self.rows(Segment.objects.filter(frames__gt=0).exists):
            await self.film(seed, DAY[:GOP])

    def assert_whole(self, *, left: int = 0) -> None:
        """All that was written from some keyframe on is recorded, but for the `left` last ones."""
        recorded = self.recorded_90k()
        begin = self.written_90k.index(recorded[0])
        self.assertEqual(begin % GOP, 0)
        end = len(self.written_90k) - left
        self.assertEqual(recorded, self.written_90k[begin:end])
        frames = sum(Segment.objects.values_list("frames", flat=True))
        self.assertEqual(frames, end - begin)

    async def test_each_layout(self):
        for names in SIZES:
            with self.subTest(layout=names):
                await self.rows(Segment.objects.all().delete)
                await self.rows(Camera.objects.all().delete)
                self.written_90k.clear()
                _, path = await self.rows(self.seed_camera)
                with closing(SeedWriter(path, names)) as seed:
                    async with self.at_work():
                        await self.warm_up(seed)
                        await self.film(seed, DAY)
                    # Where the index is counted first, nobody can know that the last one is whole.
                    left = int(seed.layout.is_index_first)
                await self.rows(lambda left=left: self.assert_whole(left=left))
                os.unlink(path)

    async def test_day_and_night_and_day_again(self):
        _, path = await self.rows(self.seed_camera)
        with closing(SeedWriter(path, "E")) as seed:
            async with self.at_work():
                await self.warm_up(seed)
                await self.film(seed, DAY[: 2 * GOP])
                await self.film(seed, NIGHT, camera=NIGHT_CAMERA, size=(320, 240))
                await self.film(seed, DAY[2 * GOP :])

        await self.rows(self.assert_whole)
        rows = await self.rows(lambda: list(Segment.objects.order_by("start_90k")))
        self.assertEqual([row.width for row in rows], [640, 320, 640])
        # Nothing is missing between them.
        self.assertEqual([row.is_after_gap for row in rows], [True, False, False])
        self.assertEqual([row.end_90k for row in rows[:-1]], [row.start_90k for row in rows[1:]])

    async def test_a_camera_that_takes_over_amid_a_group_of_pictures_is_recorded_from_its_keyframe(
        self,
    ):
        """Who was not recorded so far shows pictures at first that nobody could decode."""
        _, path = await self.rows(self.seed_camera)
        with closing(SeedWriter(path, "E")) as seed:
            async with self.at_work():
                await self.warm_up(seed)
                await self.film(seed, NIGHT[3:GOP], camera=NIGHT_CAMERA, size=(320, 240))
                undecodable = self.written_90k[3 - GOP :]
                await self.film(seed, NIGHT[GOP:], camera=NIGHT_CAMERA, size=(320, 240))

        self.written_90k = [each for each in self.written_90k if each not in undecodable]
        await self.rows(self.assert_whole)
