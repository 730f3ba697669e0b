"""Boxes reach a page as its credit allows, the newest of each source first of all."""

import unittest

from streaming.consumers.boxes import MOST_WAITING, BoxesOut
from streaming.media.credit import CREDIT_LIMIT
from streaming.messages import BoxesSeen


def boxes(t: int, source: str = "detector", tracks: int = 1) -> BoxesSeen:
    track = {"id": 1, "label": "cat", "score": 0.9, "box": [0, 0, 1, 1], "v": [0, 0, 0, 0]}
    return {
        "type": "boxes.seen",
        "camera_id": 7,
        "t": t,
        "source": source,
        "tracks": [track] * tracks,
    }


class BoxesOutTests(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.sent: list[dict] = []
        self.out = BoxesOut(self.send)

    async def send(self, message: dict) -> None:
        self.sent.append(message)

    def sent_times(self) -> list[tuple[str, int]]:
        return [(message["source"], message["t"]) for message in self.sent]

    async def put(self, *times: int, source: str = "detector") -> None:
        for t in times:
            await self.out.put(boxes(t, source))

    async def test_a_page_that_does_not_want_boxes_gets_none(self):
        await self.put(1)
        await self.out.grant(5)
        await self.put(2)

        self.assertEqual(self.sent, [])

    async def test_a_page_gets_the_message_without_what_only_servers_need(self):
        self.out.want(1)
        await self.put(1)

        (message,) = self.sent
        self.assertEqual(
            message,
            {"type": "boxes", "t": 1, "source": "detector", "tracks": boxes(1)["tracks"]},
        )

    async def test_without_credit_only_the_newest_of_each_source_waits(self):
        self.out.want(1)
        await self.put(1, 2, 4, 3)
        await self.put(9, source="other")
        self.assertEqual(self.sent_times(), [("detector", 1)])

        await self.out.grant(5)
        self.assertEqual(self.sent_times(), [("detector", 1), ("detector", 4), ("other", 9)])
        self.assertEqual(self.out.dropped, 2)

    async def test_wanting_anew_forgets_what_waited(self):
        self.out.want(0)
        await self.put(1)
        self.out.want(3)
        await self.put(2)

        self.assertEqual(self.sent_times(), [("detector", 2)])

    async def test_sources_that_wait_are_bounded(self):
        self.out.want(0)
        for number in range(MOST_WAITING + 3):
            await self.put(number, source=str(number))
        await self.out.grant(CREDIT_LIMIT)

        self.assertEqual(self.sent_times(), [(str(n), n) for n in range(3, MOST_WAITING + 3)])

    async def test_no_page_can_give_credit_without_limit(self):
        self.out.want(10**9)
        await self.put(*range(CREDIT_LIMIT + 20))

        self.assertEqual(len(self.sent), CREDIT_LIMIT)

    async def test_large_messages_wait_until_earlier_ones_have_arrived(self):
        self.out.want(CREDIT_LIMIT)
        for t in range(CREDIT_LIMIT):
            await self.out.put(boxes(t, tracks=200))
        self.assertLess(len(self.sent), 10)

        await self.out.grant(3)
        self.assertEqual(self.sent[-1]["t"], CREDIT_LIMIT - 1)
