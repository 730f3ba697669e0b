import asyncio
from dataclasses import replace
from pathlib import Path
from unittest import IsolatedAsyncioTestCase

from streaming.delivery import PATIENCE_S, Delivery, TooSlow
from streaming.feeds import FragmentFeed, FragmentPlace
from streaming.media.credit import CREDIT_LIMIT, FREE_MESSAGES, IN_FLIGHT_BYTES
from streaming.media.problems import DISABLED
from tests.streaming.media.moving_picture import encoded_units

UNITS = encoded_units(120, gop=30)


class DeliveryTests(IsolatedAsyncioTestCase):
    """A viewer's socket is a list here, and time stands still unless a test moves it."""

    def setUp(self):
        self.now_s = 100.0
        self.sent: list[dict | bytes] = []
        self.feed = FragmentFeed(Path("/nonexistent.ring"))

    async def asyncTearDown(self):
        self.running.cancel()
        await asyncio.wait([self.running])

    def start(self, credit: int) -> Delivery:
        async def send(message):
            self.sent.append(message)

        delivery = Delivery(send, credit=credit, now=lambda: self.now_s)
        self.feed.listeners.add(delivery.notice)
        self.running = asyncio.create_task(delivery.run(self.feed, FragmentPlace(self.feed)))
        return delivery

    async def take_in(self, units):
        """One unit at a time, each with time enough to be sent."""
        for unit in units:
            self.feed.take_in(unit)
            await self.settle()

    async def settle(self):
        for _ in range(5):
            await asyncio.sleep(0)

    def binary(self) -> list[bytes]:
        return [message for message in self.sent if isinstance(message, bytes)]

    async def test_the_first_message_tells_what_comes_and_the_second_is_the_init_segment(self):
        self.start(credit=10)
        await self.take_in(UNITS[:3])

        self.assertEqual(
            self.sent[0],
            {
                "type": "media.init",
                "codec": "avc1.64000d",
                "width": 320,
                "height": 240,
                "pts_origin": 0,
            },
        )
        self.assertEqual(self.binary()[0][4:8], b"ftyp")
        self.assertEqual([data[4:8] for data in self.binary()[1:]], [b"moof"] * 3)

    async def test_each_binary_message_uses_one_credit_and_without_credit_nothing_is_sent(self):
        delivery = self.start(credit=3)
        await self.take_in(UNITS[:10])
        self.assertEqual(len(self.binary()), 3)

        delivery.grant(1)
        await self.settle()

        self.assertEqual(len(self.binary()), 4)
        self.assertEqual(self.binary()[3].count(b"moof"), 8)

    async def test_a_viewer_without_credit_drops_to_the_newest_keyframe_and_nothing_queues(self):
        delivery = self.start(credit=5)
        await self.take_in(UNITS[:95])
        before = len(self.sent)

        delivery.grant(CREDIT_LIMIT)
        await self.settle()

        skip, data = self.sent[before:]
        self.assertEqual(skip, {"type": "media.skip"})
        self.assertEqual(data.count(b"moof"), 5)

    async def test_a_viewer_that_gives_credit_for_each_message_gets_every_frame(self):
        delivery = self.start(credit=4)
        acknowledged = 0
        for unit in UNITS:
            await self.take_in([unit])
            delivery.grant(len(self.binary()) - acknowledged)
            acknowledged = len(self.binary())

        self.assertEqual(sum(data.count(b"moof") for data in self.binary()), len(UNITS))
        self.assertNotIn({"type": "media.skip"}, self.sent)

    async def test_a_viewer_that_gives_no_credit_for_too_long_is_given_up(self):
        self.start(credit=1)
        await self.take_in(UNITS[:2])
        self.now_s += PATIENCE_S + 1

        await self.take_in(UNITS[2:3])

        self.assertIsInstance(self.running.exception(), TooSlow)

    async def test_at_a_high_bit_rate_no_more_than_the_window_is_given_to_a_viewer_that_stops(self):
        self.start(credit=CREDIT_LIMIT)
        padding = b"\xff" * 40_000

        await self.take_in([replace(unit, data=unit.data + padding) for unit in UNITS])

        handed_over = sum(len(data) for data in self.binary())
        self.assertLess(handed_over, IN_FLIGHT_BYTES + FREE_MESSAGES * 50_000)

    async def test_credit_now_and_then_keeps_even_a_slow_viewer(self):
        delivery = self.start(credit=1)
        for unit in UNITS[:20]:
            await self.take_in([unit])
            self.now_s += PATIENCE_S - 1
            delivery.grant(1)
            await self.settle()

        self.assertFalse(self.running.done())

    async def test_a_camera_that_sends_nothing_makes_nobody_slow(self):
        self.start(credit=2)
        await self.take_in(UNITS[:1])
        self.now_s += 10 * PATIENCE_S

        await self.take_in(UNITS[1:2])

        self.assertFalse(self.running.done())

    async def test_it_ends_with_the_problem_of_the_camera_in_words(self):
        delivery = self.start(credit=10)
        await self.settle()
        delivery.end(DISABLED)

        self.assertEqual(await self.running, DISABLED)

    async def test_b_frames_end_it_as_well(self):
        self.start(credit=10)
        await self.take_in(encoded_units(15, b_frames=2))

        self.assertEqual((await self.running).code, "b-frames")
