import asyncio
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from unittest import IsolatedAsyncioTestCase

from streaming.media.access_unit import AccessUnit
from streaming.media.clock import media_time_90k
from streaming.media.config import CameraConfig
from streaming.media.ring import Codec, RingReader, RingWriter
from streaming.stills import MAX_FPS, SINGLE_INTERVAL_S, WISH_S, Stills
from tests.streaming.media.moving_picture import encoded_units

UNITS = encoded_units(60, gop=20)


class StillsTests(IsolatedAsyncioTestCase):
    """Real rings and real decoding; only the clock of the wishes is the test's own."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.dir = Path(directory.name)
        self.now_s = 1000.0
        self.ring: RingWriter | None = None
        self.pictures = RingReader(self.config().jpeg_ring_path)
        self.addCleanup(self.pictures.close)

    async def asyncSetUp(self):
        self.stills = await self.stills_of([self.config()])

    async def stills_of(self, configs: list[CameraConfig]) -> Stills:
        stills = Stills(now=lambda: self.now_s)
        self.addAsyncCleanup(stills.close)
        await stills.set_cameras(configs)
        return stills

    def config(self) -> CameraConfig:
        return CameraConfig(
            camera_id=7,
            slug="kitchen",
            name="Kitchen",
            kind="demo",
            address="",
            rtsp_transport="tcp",
            allows_transcoding=False,
            ring_path=self.dir / "camera-7.ring",
            ring_bytes=4 * 1024 * 1024,
            jpeg_ring_path=self.dir / "camera-7.jpeg",
        )

    def write(self, units: list[AccessUnit], *, age_s: float = 0.0) -> list[AccessUnit]:
        """The camera sends; what it sent, with the times given to it."""
        if self.ring is None:
            self.ring = RingWriter(self.config().ring_path, payload_bytes=4 * 1024 * 1024)
            self.addCleanup(self.ring.close)
        sent = []
        for unit in units:
            at_ns = time.monotonic_ns() - round(age_s * 1e9)
            sent.append(replace(unit, capture_ns=at_ns, pts_90k=media_time_90k(at_ns)))
            self.ring.write(sent[-1])
        return sent

    def newest(self) -> AccessUnit | None:
        return next(iter(self.pictures.units_since_keyframe()), None)

    async def until(self, condition):
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110 (written by another thread)
                await asyncio.sleep(0.01)

    async def test_when_nobody_asks_nothing_is_decoded(self):
        self.write(UNITS)
        await asyncio.sleep(0.1)

        self.assertEqual(self.stills.decoded_frames(7), 0)
        self.assertIsNone(self.newest())

    async def test_a_wish_makes_one_picture_that_carries_its_capture_time(self):
        (keyframe,) = self.write(UNITS[:1])

        self.stills.want(7, 0)
        await self.until(self.newest)

        picture = self.newest()
        self.assertEqual(picture.capture_ns, keyframe.capture_ns)
        self.assertEqual(picture.data[:2], b"\xff\xd8")
        self.assertEqual(self.stills.decoded_frames(7), 1)

    async def test_when_the_keyframe_is_old_the_picture_is_of_what_followed(self):
        self.write(UNITS[:1], age_s=3)
        *_, last = self.write(UNITS[1:8])

        self.stills.want(7, 0)
        await self.until(self.newest)

        self.assertEqual(self.newest().capture_ns, last.capture_ns)
        self.assertEqual(self.stills.decoded_frames(7), 8)

    async def test_a_wish_waits_for_a_camera_that_is_starting(self):
        self.stills.want(7, 0)
        await asyncio.sleep(0.05)
        self.write(UNITS[1:3])
        self.write(UNITS[20:21])

        await self.until(self.newest)

    async def test_many_wishes_at_once_make_one_picture(self):
        self.write(UNITS[:1])
        for _ in range(20):
            self.stills.want(7, 0)
        await self.until(self.newest)
        for _ in range(20):
            self.stills.want(7, 0)
        await self.until(lambda: not self.stills.is_busy)
        self.assertEqual(self.stills.decoded_frames(7), 1)

        self.now_s += SINGLE_INTERVAL_S
        self.stills.want(7, 0)
        await self.until(lambda: self.stills.decoded_frames(7) == 2)

    async def test_who_keeps_looking_gets_no_more_pictures_a_second_than_allowed(self):
        self.write(UNITS[:1])
        self.stills.want(7, 1000)
        await self.until(self.newest)
        for number, unit in enumerate(UNITS[1:60], start=2):
            self.now_s += 1 / 30
            self.write([unit])
            await self.until(lambda number=number: self.stills.decoded_frames(7) == number)

        pictures = self.newest().sequence + 1
        self.assertLessEqual(abs(pictures - 2 * MAX_FPS), 1)

    async def test_it_stops_when_nobody_has_asked_for_a_while(self):
        self.write(UNITS[:1])
        self.stills.want(7, 10)
        await self.until(self.newest)

        self.now_s += WISH_S + 0.1
        await self.until(lambda: not self.stills.is_busy)
        self.write(UNITS[1:10])
        await asyncio.sleep(0.1)

        self.assertEqual(self.stills.decoded_frames(7), 1)

    async def test_the_last_picture_stays_when_the_camera_is_gone(self):
        (keyframe,) = self.write(UNITS[:1])
        self.stills.want(7, 0)
        await self.until(self.newest)
        self.ring.close()
        self.now_s += SINGLE_INTERVAL_S

        self.stills.want(7, 0)
        self.now_s += WISH_S + 0.1
        await self.until(lambda: not self.stills.is_busy)

        self.assertEqual(self.newest().capture_ns, keyframe.capture_ns)

    async def test_a_camera_that_is_removed_loses_its_pictures(self):
        self.write(UNITS[:1])
        self.stills.want(7, 10)
        await self.until(self.newest)

        await self.stills.set_cameras([])

        self.assertFalse(self.config().jpeg_ring_path.exists())
        self.assertFalse(self.stills.is_busy)

    async def test_a_changed_camera_is_followed_where_it_is_now(self):
        self.write(UNITS[:1])
        self.stills.want(7, 10)
        await self.until(self.newest)
        self.ring.close()
        self.ring = None
        moved = self.dir / "elsewhere.ring"
        with_ring_elsewhere = replace(self.config(), ring_path=moved)

        self.now_s += 1
        await self.stills.set_cameras([with_ring_elsewhere])
        writer = RingWriter(moved, payload_bytes=4 * 1024 * 1024)
        self.addCleanup(writer.close)
        writer.write(replace(UNITS[0], capture_ns=time.monotonic_ns()))
        self.stills.want(7, 10)

        await self.until(lambda: self.newest().sequence == 1)

    async def test_garbage_makes_no_picture_and_breaks_nothing(self):
        self.write([replace(UNITS[0], data=b"\0\0\1\x67garbage\0\0\1\x68\0\0\1\x65" + b"x" * 500)])
        self.stills.want(7, 10)
        await self.until(lambda: self.stills.is_busy)
        self.assertIsNone(self.newest())

        self.write(UNITS[:1])

        await self.until(self.newest)

    async def test_wishes_for_cameras_it_does_not_have_are_ignored(self):
        self.stills.want(8, 10)

        self.assertFalse(self.stills.is_busy)
        self.assertEqual(self.stills.decoded_frames(8), 0)

    async def test_a_killed_streamer_leaves_its_last_picture_to_the_next_one(self):
        self.write(UNITS[:1])
        path = self.config().jpeg_ring_path
        left = RingWriter(path, payload_bytes=10**6, codec=Codec.JPEG, slots=8)
        left.write(replace(UNITS[0], data=b"\xff\xd8 of yesterday", capture_ns=1))
        bytes_left = path.read_bytes()
        left.close()
        path.write_bytes(bytes_left)

        self.stills.want(7, 0)
        await self.until(lambda: self.newest() and self.newest().capture_ns > 1)

        self.assertEqual(self.newest().sequence, 1)
