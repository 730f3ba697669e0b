import time

from streaming.media.access_unit import AccessUnit
from streaming.media.annexb import is_keyframe
from streaming.media.clock import media_time_90k
from streaming.media.feed import CameraFeed
from tests.streaming.media.h264 import IDR, PPS, SLICE, SPS, encoded, unit
from tests.streaming.media.test_follow import FollowerCase


def access_unit(data, *, sensor=0, pts=None, capture_ns=None, width=0, height=0):
    capture_ns = capture_ns or time.monotonic_ns()
    pts = media_time_90k(capture_ns) if pts is None else pts
    return AccessUnit(data, capture_ns, pts, is_keyframe(data), width, height, sensor)


class CameraFeedTests(FollowerCase):
    async def feed(self):
        feed = CameraFeed(self.path, on_unit=self.note, on_status=self.note_status)
        await self.start(feed)
        return feed

    async def through(self, *written, expected):
        """Write these units and give what came out of a feed."""
        feed = await self.feed()
        writer = self.writer()
        await self.until(lambda: self.states[-1] == "starting")
        for each in written:
            writer.write(each)
        await self.until(lambda: len(self.units) == expected)
        writer.write(access_unit(unit(SPS, PPS, IDR), sensor=7))
        await self.until(lambda: self.units[-1].sensor == 7)
        self.units.pop()
        self.assertEqual(len(self.units), expected)
        return feed

    async def test_a_clean_stream_comes_through_with_its_size_and_growing_times(self):
        written = [access_unit(data) for data in encoded()]
        feed = await self.through(*written, expected=30)

        self.assertEqual([each.sequence for each in self.units], list(range(30)))
        self.assertEqual({(each.width, each.height) for each in self.units}, {(320, 240)})
        self.assertEqual([each.is_keyframe for each in self.units].count(True), 3)
        times = [each.pts_90k for each in self.units]
        self.assertEqual(times, sorted(set(times)))
        self.assertEqual(feed.counters.units, 31)
        self.assertEqual(feed.counters.keyframes, 4)
        self.assertEqual(feed.counters.dropped_units, 0)

    async def test_a_late_viewer_gets_the_newest_keyframe_and_all_after_it(self):
        feed = await self.feed()
        writer = self.writer()
        await self.until(lambda: self.states[-1] == "starting")
        for data in encoded()[:17]:
            writer.write(access_unit(data))
        await self.until(lambda: len(self.units) == 17)

        self.assertEqual(feed.units_since_keyframe(), self.units[10:])

    async def test_after_a_damaged_unit_nothing_comes_until_the_next_keyframe(self):
        key, other, damaged = unit(SPS, PPS, IDR), unit(SLICE), unit(b"\xc1damage")
        feed = await self.through(
            *map(access_unit, [key, other, damaged, other, unit(IDR), other]), expected=4
        )

        self.assertEqual([each.data for each in self.units], [key, other, key, other])
        self.assertEqual(feed.counters.dropped_units, 2)
        self.assertEqual(feed.counters.dropped_nals, 1)

    async def test_a_sensor_is_taken_over_at_its_keyframe_with_its_own_parameter_sets(self):
        night = encoded()
        key, other = unit(SPS, PPS, IDR), unit(SLICE)
        written = [
            access_unit(key),
            access_unit(night[1], sensor=1),
            access_unit(other),
            access_unit(night[0], sensor=1),
            access_unit(other),
            access_unit(night[1], sensor=1),
            access_unit(unit(IDR)),
            access_unit(other),
        ]
        await self.through(*written, expected=6)

        self.assertEqual([each.sensor for each in self.units], [0, 0, 1, 1, 0, 0])
        self.assertEqual(self.units[2].width, 320)
        self.assertEqual(self.units[4].data, key)
        self.assertEqual(self.units[4].width, 1280)

    async def test_times_that_stand_still_or_go_back_grow_all_the_same(self):
        now = time.monotonic_ns()
        data = unit(SPS, PPS, IDR)
        written = [access_unit(data, capture_ns=now + step * 1000) for step in (0, 0, -9, 3, 40)]
        await self.through(*written, expected=5)

        times = [each.pts_90k for each in self.units]
        self.assertEqual(times, sorted(set(times)))

    async def test_media_time_comes_from_the_capture_time_when_the_producer_counts_from_zero(self):
        written = [access_unit(unit(SPS, PPS, IDR), pts=n * 3000) for n in range(3)]
        await self.through(*written, expected=3)

        for each in self.units:
            self.assertAlmostEqual(each.pts_90k, media_time_90k(each.capture_ns), delta=3)

    async def test_a_capture_time_of_the_future_does_not_hold_up_what_follows(self):
        data = unit(SPS, PPS, IDR)
        written = [access_unit(data, capture_ns=2**62), access_unit(data)]
        await self.through(*written, expected=2)

        self.assertLess(self.units[1].pts_90k, media_time_90k(time.monotonic_ns() + 1))

    async def test_what_was_kept_of_a_writer_that_is_gone_is_forgotten(self):
        feed = await self.feed()
        writer = self.writer()
        writer.write(access_unit(unit(SPS, PPS, IDR)))
        await self.until(lambda: self.units)
        self.assertEqual(feed.units_since_keyframe(), self.units)
        writer.close()
        await self.until(lambda: self.states[-1] == "missing")

        self.assertEqual(feed.units_since_keyframe(), [])
