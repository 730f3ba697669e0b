"""One connection's life, with aiortc in the browser's place."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace
from unittest import IsolatedAsyncioTestCase

from streaming.media import stock
from streaming.media.access_unit import AccessUnit
from streaming.media.adapter.srtp import Scratch
from streaming.media.fanout import Fanout
from streaming.media.ice import IceConfig
from streaming.media.packetise import PacketisedUnit
from streaming.media.peer import Peer, PeerConfig
from streaming.media.problems import ACCESS_WITHDRAWN, Problem
from streaming.media.sdp import clean_offer
from streaming.media.stock import PacketQueue
from tests.streaming.media.viewer import TICKS_PER_FRAME, Viewer, units, until

LOOPBACK = IceConfig(addresses=("127.0.0.1",))


class Tape:
    """A source whose frames the test plays by hand."""

    def __init__(self) -> None:
        self.is_live = True
        self.scratch = Scratch()
        self.played: list[AccessUnit] = []
        self.fanout = Fanout(self.units_since_keyframe)
        self.join, self.leave = self.fanout.join, self.fanout.leave
        self.restart = self.fanout.restart

    def units_since_keyframe(self) -> Sequence[AccessUnit]:
        starts = [n for n, unit in enumerate(self.played) if unit.is_keyframe]
        return self.played[starts[-1] :] if starts else []

    def play(self, *more: AccessUnit) -> None:
        for unit in more:
            self.played.append(unit)
            self.fanout.publish(unit)


class PeerCase(IsolatedAsyncioTestCase):
    is_fast = True

    async def asyncSetUp(self) -> None:
        self.tape = Tape()
        self.viewer = Viewer()
        self.clocks: list[int] = []
        self.refusal: Problem | None = None
        self.tasks: list[asyncio.Task[Problem]] = []

    async def asyncTearDown(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.viewer.close()

    async def why_not(self) -> Problem | None:
        return self.refusal

    async def watch(self, viewer: Viewer | None = None, **config: float) -> asyncio.Task[Problem]:
        """A peer that has answered `viewer`, and the task that it lives in."""
        viewer = viewer or self.viewer
        self.peer = Peer(
            PeerConfig(LOOPBACK, watch_every_s=0.05, is_fast=self.is_fast, **config),
            self.tape,
            servers=[],
            why_not=self.why_not,
            on_clock=self.clocks.append,
        )
        offer = clean_offer(await viewer.offer())
        task = asyncio.create_task(self.peer.run(offer, on_answer=viewer.take))
        self.tasks.append(task)
        return task


class CommonTests:
    """What holds whoever does the sending."""

    async def test_a_viewer_starts_with_the_cached_keyframe_and_goes_on_live(self):
        self.tape.play(*units(count=15))

        await self.watch()
        await until(lambda: len(self.viewer.timestamps) == 5)
        self.tape.play(*units(first=15, count=5))
        await until(lambda: len(self.viewer.timestamps) == 10)

        first, *others = self.viewer.timestamps
        expected = [(first + n * TICKS_PER_FRAME) & 0xFFFFFFFF for n in range(1, 10)]
        self.assertEqual(others, expected)

    async def test_the_clock_tells_which_frame_is_shown(self):
        self.tape.play(*units(count=12))

        await self.watch()
        await until(lambda: self.clocks and len(self.viewer.timestamps) == 2)

        shown = {(stamp - self.clocks[0]) & 0xFFFFFFFF for stamp in self.viewer.timestamps}
        self.assertEqual(shown, {unit.pts_90k & 0xFFFFFFFF for unit in units(10, 2)})

    async def test_a_lost_picture_is_sent_again_once_a_second_from_its_keyframe(self):
        self.tape.play(*units(count=15))
        await self.watch()
        before = sum(len(PacketisedUnit(unit).payloads) for unit in units(10, 5))
        await until(lambda: len(self.viewer.packets) == before)

        await self.viewer.ask_for_keyframe()
        await self.viewer.ask_for_keyframe()
        await until(lambda: len(self.viewer.packets) == 2 * before)

        again = [packet.timestamp for packet in self.viewer.packets[before:]]
        self.assertEqual(again, [packet.timestamp for packet in self.viewer.packets[:before]])


class StockPeerTests(CommonTests, PeerCase):
    is_fast = False


class PeerTests(CommonTests, PeerCase):
    async def test_h264_is_chosen_though_the_offer_lists_vp8_first(self):
        await self.watch()
        await until(lambda: self.viewer.answer)

        codecs = [line for line in self.viewer.answer.split("\r\n") if "rtpmap" in line]
        self.assertEqual([line.split(" ")[1] for line in codecs], ["H264/90000", "rtx/90000"])
        self.assertIn("profile-level-id=42e01f", self.viewer.answer)

    async def test_nothing_is_sent_when_access_is_gone_at_the_first_packet(self):
        self.tape.play(*units(count=15))
        self.refusal = ACCESS_WITHDRAWN

        task = await self.watch()

        self.assertEqual((await task).code, "access-withdrawn")
        self.assertEqual(self.viewer.packets, [])

    async def test_a_candidate_with_a_name_in_it_is_not_looked_up(self):
        await self.watch()
        await until(lambda: self.viewer.answer)

        name = "candidate:1 1 udp 2113937151 0d9ff3c6.local 50000 typ host"
        async with asyncio.timeout(0.2):
            await self.peer.add_candidate(name, "0")

    async def test_ending_stops_the_media_and_tells_the_browser(self):
        self.tape.play(*units(count=15))
        task = await self.watch()
        await until(lambda: self.viewer.packets)

        self.peer.end(ACCESS_WITHDRAWN)
        self.tape.play(*units(first=15))

        self.assertEqual((await task).code, "access-withdrawn")
        await until(lambda: self.viewer.pc.connectionState == "closed")
        self.assertLess(len(self.viewer.timestamps), 15)
        self.assertEqual(self.tape.fanout.viewers, 0)

    async def test_a_browser_that_says_goodbye_ends_it_at_once(self):
        self.tape.play(*units(count=15))
        task = await self.watch()
        await until(lambda: self.viewer.packets)

        await self.viewer.close()

        async with asyncio.timeout(1):
            self.assertEqual((await task).code, "closed")

    async def test_a_sender_that_died_is_ended_while_the_camera_is_live(self):
        self.tape.play(*units(count=15))
        task = await self.watch(silence_s=0.3)
        await until(lambda: self.viewer.packets)

        with self.assertLogs("streaming.media.fanout", "ERROR"):
            self.tape.play(replace(units(first=20, count=1)[0], pts_90k=None))
            self.assertEqual((await task).code, "silent")

    async def test_a_camera_without_pictures_ends_nothing(self):
        self.tape.is_live = False
        task = await self.watch(silence_s=0.1)
        await until(lambda: self.peer.is_connected)

        done, _ = await asyncio.wait([task], timeout=0.4)

        self.assertEqual(done, set())

    async def test_one_broken_viewer_does_not_touch_another(self):
        self.tape.play(*units(count=15))
        await self.watch()
        await until(lambda: self.viewer.packets)
        other = Viewer()
        task = await self.watch(other)
        await until(lambda: other.packets)

        await other.close()
        await task
        self.tape.play(*units(first=15, count=15))

        await until(lambda: len(self.viewer.timestamps) == 20)

    async def test_fifty_connections_leave_nothing_behind(self):
        self.tape.play(*units(count=12))
        baseline = None
        for cycle in range(51):
            viewer = Viewer()
            task = await self.watch(viewer)
            await until(lambda viewer=viewer: len(viewer.timestamps) == 2)
            await viewer.close()
            await task
            self.tasks.clear()
            if cycle == 0:
                await until(lambda: len(asyncio.all_tasks()) == 1)
                baseline = len(os.listdir("/proc/self/fd"))

        await until(lambda: len(asyncio.all_tasks()) == 1)
        self.assertEqual(len(os.listdir("/proc/self/fd")), baseline)
        self.assertEqual(self.tape.fanout.viewers, 0)


class AbandonedOffersTests(IsolatedAsyncioTestCase):
    async def test_fifty_abandoned_offers_are_gone_after_the_deadline(self):
        viewer = Viewer()
        offer = clean_offer(await viewer.offer())
        await viewer.close()
        files = len(os.listdir("/proc/self/fd"))
        config = PeerConfig(LOOPBACK, connect_s=0.3, watch_every_s=0.05)

        async def ignore(*_: object) -> None:
            """The browser is gone: nobody takes the answer."""

        offers = [
            Peer(config, Tape(), servers=[], why_not=ignore, on_clock=print) for _ in range(50)
        ]
        ends = await asyncio.gather(*(one.run(offer, on_answer=ignore) for one in offers))

        self.assertEqual({end.code for end in ends}, {"timeout"})
        await until(lambda: len(asyncio.all_tasks()) == 1)
        self.assertEqual(len(os.listdir("/proc/self/fd")), files)


class PacketQueueTests(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.queue = PacketQueue()

    def put(self, *more: AccessUnit) -> None:
        for unit in more:
            self.queue.put(PacketisedUnit(unit))

    async def taken(self, count: int) -> list[int]:
        return [(await self.queue.get()).pts_90k for _ in range(count)]

    async def test_it_begins_with_a_keyframe(self):
        self.put(*units(first=5, count=10))

        self.assertEqual(await self.taken(5), [unit.pts_90k for unit in units(10, 5)])
        self.assertEqual(self.queue.dropped, 5)

    async def test_what_the_cache_had_already_is_not_sent_twice(self):
        self.queue.restart(PacketisedUnit(unit) for unit in units(count=8))
        self.put(*units(first=5, count=5))

        self.assertEqual(await self.taken(10), [unit.pts_90k for unit in units(count=10)])

    async def test_a_viewer_that_falls_behind_drops_to_the_next_keyframe(self):
        self.put(*units(count=stock.MAX_QUEUED_UNITS + 5))
        self.put(*units(first=stock.MAX_QUEUED_UNITS + 5, count=10))

        expected = [unit.pts_90k for unit in units(stock.MAX_QUEUED_UNITS, 15)]
        self.assertEqual(await self.taken(15), expected)
        self.assertEqual(self.queue.dropped, stock.MAX_QUEUED_UNITS)
