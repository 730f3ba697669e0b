import asyncio
import contextlib
import tempfile
import time
from pathlib import Path
from unittest import IsolatedAsyncioTestCase

from streaming.media.access_unit import AccessUnit
from streaming.media.follow import RingFollower
from streaming.media.pacer import Pacer
from streaming.media.ring import RingWriter


def picture(number, *, is_keyframe=True):
    return AccessUnit(
        b"picture %d" % number, time.monotonic_ns(), number * 3000, is_keyframe, 64, 48, 0, number
    )


class FollowerCase(IsolatedAsyncioTestCase):
    """A ring's path, and a follower that notes what it is told."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir="/dev/shm")
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "camera-1.ring"
        self.units = []
        self.latencies = []
        self.states = []
        self.changed = asyncio.Event()

    def note_status(self, status):
        self.states.append(status.state)
        self.changed.set()

    def note(self, unit):
        self.latencies.append(time.monotonic_ns() - unit.capture_ns)
        self.units.append(unit)
        self.changed.set()

    def writer(self, **more):
        writer = RingWriter(self.path, payload_bytes=1 << 20, **more)
        self.addCleanup(writer.close)
        return writer

    async def follow(self, on_unit=None, **more):
        follower = RingFollower(
            self.path,
            on_unit=on_unit or self.note,
            on_status=self.note_status,
            **more,
        )
        await self.start(follower)
        return follower

    async def start(self, follower):
        task = asyncio.create_task(follower.run())

        async def stop():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

        self.addAsyncCleanup(stop)
        await self.until(lambda: self.states)

    async def until(self, condition, seconds=5):
        async with asyncio.timeout(seconds):
            while not condition():
                self.changed.clear()
                await self.changed.wait()


class RingFollowerTests(FollowerCase):
    async def test_who_is_in_no_hurry_gets_every_unit_and_many_at_once(self):
        writer = self.writer()
        await self.follow(look_every_s=0.2)
        await self.until(lambda: self.states[-1] == "starting")
        heard = []
        for number in range(40):
            writer.write(picture(number))
            await asyncio.sleep(0.01)
            if len(self.units) not in heard:
                heard.append(len(self.units))
        await self.until(lambda: len(self.units) == 40)

        self.assertEqual([unit.sequence for unit in self.units], list(range(40)))
        # It is not woken for each of the 40.
        self.assertLess(len(heard), 10)

    async def test_units_arrive_in_order_and_the_state_is_told_as_it_changes(self):
        await self.follow()
        writer = self.writer()
        await self.until(lambda: self.states[-1] == "starting")
        written = [picture(n) for n in range(5)]
        for unit in written:
            writer.write(unit)
        await self.until(lambda: len(self.units) == 5)

        self.assertEqual(self.units, written)
        writer.close()
        await self.until(lambda: self.states[-1] == "missing")
        self.assertEqual(self.states, ["missing", "starting", "live", "missing"])

    async def test_more_units_than_one_poll_gives_arrive_all(self):
        await self.follow()
        writer = self.writer()
        await self.until(lambda: self.states[-1] == "starting")
        for number in range(300):
            writer.write(picture(number))

        await self.until(lambda: len(self.units) == 300)

    async def test_a_callback_that_fails_is_logged_and_the_next_unit_comes(self):
        def fail(unit):
            self.note(unit)
            raise ValueError("a bad viewer")

        writer = self.writer()
        with self.assertLogs("streaming.media.follow", "ERROR") as logs:
            await self.follow(fail)
            writer.write(picture(0))
            writer.write(picture(1))
            await self.until(lambda: len(self.units) == 2)

        self.assertEqual(len(logs.records), 2)

    async def test_a_new_writer_is_followed_at_once(self):
        first = self.writer()
        await self.follow()
        first.write(picture(0))
        await self.until(lambda: len(self.units) == 1)
        first.close()
        second = self.writer()
        second.write(picture(1))

        await self.until(lambda: len(self.units) == 2, seconds=1)

    async def test_who_is_in_no_hurry_gets_all_that_a_writer_wrote_before_the_next(self):
        first = self.writer()
        await self.follow(look_every_s=0.2)
        await self.until(lambda: self.states[-1] == "starting")
        written = [picture(n) for n in range(6)]
        first.write(written[0])
        await self.until(lambda: self.units)
        for unit in written[1:5]:
            first.write(unit)
        first.close()
        self.writer().write(written[5])
        await self.until(lambda: len(self.units) == 6)

        self.assertEqual([u.pts_90k for u in self.units], [u.pts_90k for u in written])

    async def test_a_silent_writer_is_noticed_within_three_seconds(self):
        writer = self.writer()
        await self.follow()
        writer.write(picture(0))
        await self.until(lambda: self.states[-1] == "live")

        await self.until(lambda: self.states[-1] == "stalled", seconds=3)

    async def test_the_keyframe_and_what_followed_have_no_gap_to_the_live_units(self):
        writer = self.writer()
        follower = await self.follow()
        self.assertEqual(follower.units_since_keyframe(), [])
        for number in range(7):
            writer.write(picture(number, is_keyframe=number % 4 == 0))
        await self.until(lambda: len(self.units) == 7)
        writer.write(picture(7, is_keyframe=False))

        self.assertEqual(follower.units_since_keyframe(), self.units[4:])


def test_the_pacer_sleeps_through_most_of_a_frame_time_and_looks_often_around_its_end():
    pacer, now_s, looks = Pacer(), 0.0, 0
    worst_s = 0.0
    for number in range(1, 301):
        due_s = number / 30 + (number % 3) * 0.001
        while now_s < due_s:
            now_s += max(pacer.delay_s(now_s), 0.001)
            looks += 1
        pacer.arrived(now_s, 1)
        if number > 30:
            worst_s = max(worst_s, now_s - due_s)

    assert worst_s < 0.0025
    assert looks / 300 < 8


def test_the_pacer_looks_a_few_times_a_second_for_a_producer_that_has_stopped():
    pacer = Pacer()
    for number in range(100):
        pacer.arrived(number / 30, 1)

    assert pacer.delay_s(10.0) == 0.25
