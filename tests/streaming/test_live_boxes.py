"""Boxes over the live socket of a page that asks for them."""

from channels.layers import get_channel_layer

from streaming.messages import boxes_group, camera_group
from tests.streaming.live import LiveTestCase

BOXES = {
    "type": "boxes.seen",
    "t": 2**40,
    "source": "detector",
    "tracks": [
        {"id": 3, "label": "cat", "score": 0.9, "box": [0.1, 0.2, 0.3, 0.4], "v": [0, 0, 0, 0]}
    ],
}


class LiveBoxesTests(LiveTestCase):
    async def tell(self, **changes: object) -> None:
        event = BOXES | {"camera_id": self.camera.pk} | changes
        group = boxes_group if event["type"] == "boxes.seen" else camera_group
        await get_channel_layer().group_send(group(self.camera.pk), event)

    async def test_a_page_that_asks_gets_boxes_as_long_as_it_gives_credit(self):
        async with self.portal(with_ring=False):
            page = await self.page()
            await page.say("boxes.want", credit=1)
            await page.say("ping")
            await page.hears("pong")

            await self.tell()
            first = await page.hears("boxes")
            await self.tell(t=5)
            await self.tell(t=6)
            # The group's messages come in order: when this one is here, the others were.
            await self.tell(type="camera.state", state="so far")
            await page.hears_state("so far")
            await page.say("boxes.credit", n=4)
            second = await page.hears("boxes")

        self.assertEqual(
            first,
            {"type": "boxes", "t": 2**40, "source": "detector", "tracks": BOXES["tracks"]},
        )
        self.assertEqual(second["t"], 6)

    async def test_a_page_without_boxes_has_none_come(self):
        async with self.portal(with_ring=False):
            page = await self.page()
            layer, group = get_channel_layer(), boxes_group(self.camera.pk)
            await page.say("ping")
            await page.hears("pong")
            self.assertNotIn(group, layer.groups)

            await page.say("boxes.want", credit=8)
            await self.until(lambda: group in layer.groups)
            await page.say("boxes.want", credit=0)
            await self.until(lambda: group not in layer.groups)

            await page.say("boxes.want", credit=8)
            await self.until(lambda: group in layer.groups)
            await page.leave()
            await self.until(lambda: group not in layer.groups)

    async def test_senseless_credit_closes_the_socket(self):
        for bad in ({"credit": -1}, {"credit": "9"}, {}, {"credit": 1.5}):
            with self.subTest(bad):
                async with self.portal(with_ring=False):
                    page = await self.page()
                    await page.say("boxes.want", **bad)
                    self.assertEqual(await page.close_code(), 4400)
