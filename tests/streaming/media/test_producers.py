import time
from contextlib import closing

import av

from streaming.media.feed import CameraFeed
from streaming.media.ring import open_ring
from streaming.media.seed_ring import is_seed_ring
from tests.streaming.media.h264 import encoded
from tests.streaming.media.producers import compiled, producing
from tests.streaming.media.test_follow import FollowerCase

FRAME_NS = 1_000_000_000 // 30


def decoded(units):
    """How many of the units a decoder makes pictures of. Raises on a damaged one."""
    decoder = av.CodecContext.create("h264", "r")
    decoder.options = {"err_detect": "explode"}
    count = 0
    for each in units:
        count += len(decoder.decode(av.Packet(each.data)))
    return count + len(decoder.decode(None))


class ProducerTests(FollowerCase):
    def setUp(self):
        super().setUp()
        self.video = self.write_video("day.h264", encoded())
        for name in ("ours", "layout_a"):
            compiled(name)

    def write_video(self, name, units):
        path = self.path.with_name(name)
        path.write_bytes(b"".join(units))
        return path

    async def play(self, count):
        """Follow the ring through a feed until there are this many units."""
        feed = CameraFeed(self.path, on_unit=self.note, on_status=self.note_status)
        await self.start(feed)
        await self.until(lambda: len(self.units) >= count, seconds=20)
        return feed

    def latency_ns(self):
        """Of the faster pictures: the others tell what else this machine does."""
        return sorted(self.latencies)[len(self.latencies) // 10]

    async def test_a_c_program_written_from_the_document_plays(self):
        with producing("ours", self.path, self.video, 60):
            feed = await self.play(75)

        self.assertEqual(decoded(self.units), len(self.units))
        self.assertEqual({(each.width, each.height) for each in self.units}, {(320, 240)})
        self.assertEqual(feed.counters.dropped_units, 0)
        self.assertEqual((feed.status.torn, feed.status.overruns), (0, 0))
        self.assertLess(self.latency_ns(), 4_000_000)
        await self.until(lambda: self.states[-1] == "missing")

    async def test_a_c_program_that_wakes_nobody_plays_nearly_as_promptly(self):
        with producing("ours", self.path, self.video, 60, 0, "map"):
            await self.play(75)

        self.assertEqual(decoded(self.units), len(self.units))
        self.assertLess(self.latency_ns(), 5_000_000)

    async def test_a_daemon_of_layout_a_plays_with_each_picture_once(self):
        with producing("layout_a", self.path, self.video, 30, 3):
            feed = await self.play(40)

        self.assertEqual(decoded(self.units), len(self.units))
        self.assertEqual({(each.width, each.height) for each in self.units}, {(640, 480)})
        self.assertEqual(feed.counters.dropped_units, 0)
        # Three copies of each picture: the next index comes at once.
        self.assertLess(self.latency_ns(), FRAME_NS)

    async def test_the_newest_slot_of_layout_a_costs_one_frame_time(self):
        with producing("layout_a", self.path, self.video, 30):
            await self.play(40)

        self.assertEqual(decoded(self.units), len(self.units))
        self.assertLess(self.latency_ns(), 2 * FRAME_NS)

    def test_nothing_half_copied_comes_out_of_a_fast_daemon_of_layout_a(self):
        whole = set(encoded())
        units, deadline = [], time.monotonic() + 20
        with producing("layout_a", self.path, self.video, 300):
            while not is_seed_ring(self.path) and time.monotonic() < deadline:
                time.sleep(0.01)
            with closing(open_ring(self.path)) as reader:
                while len(units) < 200 and time.monotonic() < deadline:
                    units += reader.poll()

        self.assertGreaterEqual(len(units), 200)
        self.assertLessEqual({each.data for each in units}, whole)

    async def test_a_change_of_sensor_shows_whole_pictures_only(self):
        night = self.write_video("night.h264", encoded(20, 640, 480, 20))
        with producing("layout_a", self.path, self.video, 30, 1, night):
            await self.play(0)
            await self.until(lambda: {0, 1} == {each.sensor for each in self.units}, seconds=10)
            count = len(self.units)
            await self.until(lambda: len(self.units) > count + 30)

        changes = [
            after
            for before, after in zip(self.units, self.units[1:], strict=False)
            if before.sensor != after.sensor
        ]
        self.assertTrue(all(each.is_keyframe for each in changes))
        self.assertEqual(decoded(self.units), len(self.units))
        times = [each.pts_90k for each in self.units]
        self.assertEqual(times, sorted(set(times)))

    async def test_a_killed_daemon_shows_as_stalled_within_three_seconds(self):
        with producing("ours", self.path, self.video, 60) as process:
            await self.play(5)
            process.kill()
            await self.until(lambda: self.states[-1] == "stalled", seconds=3.2)
