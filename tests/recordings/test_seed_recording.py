"""The earlier pet camera's stream is recorded whole: each layout of its shared memory, and what
happens when night falls."""

import asyncio
import time
from collections.abc import Iterable
from functools import partial
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


class Seed:
    """A camera of the earlier pet camera, and what it wrote."""

    def __init__(self, camera: Camera, path: Path, layout: str) -> None:
        self.camera, self._writer = camera, SeedWriter(path, layout)
        self.written_90k: list[int] = []

    def close(self) -> None:
        self._writer.close()

    @property
    def left(self) -> int:
        """How many of the last pictures nobody can know to be whole: where the index is counted
        first."""
        return int(self._writer.layout.is_index_first)

    async def film(
        self,
        units: Iterable[AccessUnit],
        *,
        camera: int = DAY_CAMERA,
        size: tuple[int, int] = (640, 480),
    ) -> None:
        """In time, as a camera does; what was written is kept in mind."""
        for number, unit in enumerate(units):
            stamp_ns = time.monotonic_ns()
            self._writer.write(unit.data, number, camera=camera, stamp_ns=stamp_ns, size=size)
            self.written_90k.append(media_time_90k(stamp_ns))
            await asyncio.sleep(1 / 30)


class SeedRecordingTests(RecorderTestCase):
    def seed(self, layout: str) -> Seed:
        """One that is recorded."""
        name = f"petcam-test-{uuid4()}"
        path = Path("/dev/shm") / name
        self.addCleanup(path.unlink, missing_ok=True)
        camera = make_camera(self.cast.home, source_kind="shared_memory", source_address=name)
        self.record(camera, "always")
        seed = Seed(camera, path, layout)
        self.addCleanup(seed.close)
        return seed

    async def warm_up(self, seed: Seed) -> None:
        """Until the recorder follows: what comes then, from the first keyframe on, counts."""
        begun = Segment.objects.filter(camera=seed.camera, frames__gt=0)
        while not await self.rows(begun.exists):
            await seed.film(DAY[:GOP])

    def assert_whole(self, seed: Seed, *, left: int = 0) -> None:
        """All that it wrote from some keyframe on is recorded, but for the `left` last ones."""
        recorded = self.recorded_90k(camera=seed.camera)
        begin = seed.written_90k.index(recorded[0])
        self.assertEqual(begin % GOP, 0)
        end = len(seed.written_90k) - left
        self.assertEqual(recorded, seed.written_90k[begin:end])
        frames = Segment.objects.filter(camera=seed.camera).values_list("frames", flat=True)
        self.assertEqual(sum(frames), end - begin)

    async def test_each_layout(self):
        """All at once, each by a camera of its own."""

        async def write(seed: Seed) -> None:
            await self.warm_up(seed)
            await seed.film(DAY)

        seeds = {layout: await self.rows(partial(self.seed, layout)) for layout in SIZES}
        async with self.at_work():
            await asyncio.gather(*(write(seed) for seed in seeds.values()))
        for layout, seed in seeds.items():
            with self.subTest(layout=layout):
                await self.rows(partial(self.assert_whole, seed, left=seed.left))

    async def test_day_and_night_and_day_again(self):
        seed = await self.rows(partial(self.seed, "E"))
        async with self.at_work():
            await self.warm_up(seed)
            await seed.film(DAY[: 2 * GOP])
            await seed.film(NIGHT, camera=NIGHT_CAMERA, size=(320, 240))
            await seed.film(DAY[2 * GOP :])

        await self.rows(partial(self.assert_whole, seed))
        rows = await self.rows(lambda: list(Segment.objects.order_by("start_90k")))
        self.assertEqual([row.width for row in rows], [640, 320, 640])
        # Nothing is missing between them.
        self.assertEqual([row.is_after_gap for row in rows], [True, False, False])
        self.assertEqual([row.end_90k for row in rows[:-1]], [row.start_90k for row in rows[1:]])

    async def test_a_camera_that_takes_over_amid_a_group_of_pictures_is_recorded_from_its_keyframe(
        self,
    ):
        """Who was not recorded so far shows pictures at first that nobody could decode."""
        seed = await self.rows(partial(self.seed, "E"))
        async with self.at_work():
            await self.warm_up(seed)
            await seed.film(NIGHT[3:GOP], camera=NIGHT_CAMERA, size=(320, 240))
            undecodable = seed.written_90k[3 - GOP :]
            await seed.film(NIGHT[GOP:], camera=NIGHT_CAMERA, size=(320, 240))

        seed.written_90k = [each for each in seed.written_90k if each not in undecodable]
        await self.rows(partial(self.assert_whole, seed))
