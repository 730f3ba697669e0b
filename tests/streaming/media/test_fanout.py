"""One stream, N viewers."""

import asyncio
from unittest import IsolatedAsyncioTestCase

from streaming.media.access_unit import AccessUnit
from streaming.media.fanout import Fanout
from streaming.media.packetise import PacketisedUnit
from tests.streaming.media.viewer import units, until
from tests.streaming.media.watcher import Watcher


class Broken(Watcher):
    def put(self, unit: PacketisedUnit) -> bool:
        raise OSError("this one's network is a strange one")


class FanoutTests(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.recent: list[AccessUnit] = []
        self.fanout = Fanout(lambda: self.recent)
        self.viewers: list[Watcher] = []

    async def asyncTearDown(self) -> None:
        for viewer in self.viewers:
            self.fanout.leave(viewer)

    def join(self, viewer: Watcher) -> Watcher:
        self.viewers.append(viewer)
        self.fanout.join(viewer)
        return viewer

    def play(self, *more: AccessUnit) -> None:
        for unit in more:
            if unit.is_keyframe:
                self.recent.clear()
            self.recent.append(unit)
            self.fanout.publish(unit)

    async def test_a_new_viewer_starts_with_the_newest_keyframe(self):
        self.play(*units(count=15))

        viewer = self.join(Watcher())

        self.assertEqual(
            [[unit.pts_90k for unit in start] for start in viewer.starts],
            [[unit.pts_90k for unit in units(10, 5)]],
        )

    async def test_what_is_packetised_is_shared_by_those_who_come_later(self):
        first = self.join(Watcher())
        self.play(*units(count=5))

        second = self.join(Watcher())

        self.assertEqual([id(unit) for unit in first.taken], [id(u) for u in second.starts[0]])

    async def test_who_is_behind_is_helped_on_until_done(self):
        slow, quick = self.join(Watcher(slices=5)), self.join(Watcher())

        self.play(*units(count=1))

        await until(lambda: slow.advanced == 5)
        self.assertEqual(quick.advanced, 0)

    async def test_who_left_is_sent_nothing_and_no_timer_stays(self):
        viewer = self.join(Watcher(slices=1000))
        self.play(*units(count=1))
        await until(lambda: viewer.advanced)

        self.fanout.leave(viewer)
        before = viewer.advanced
        self.play(*units(first=1, count=5))
        await asyncio.sleep(0.02)

        self.assertEqual((len(viewer.taken), viewer.advanced), (1, before))

    async def test_one_that_breaks_is_left_alone_and_the_others_go_on(self):
        broken, fine = self.join(Broken()), self.join(Watcher())

        with self.assertLogs("streaming.media.fanout", "ERROR"):
            self.play(*units(count=3))

        self.assertEqual((len(broken.taken), len(fine.taken)), (0, 3))
        self.assertEqual(self.fanout.viewers, 1)
