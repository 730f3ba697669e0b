"""Boxes go to the camera's group: no more than a page can use, whatever sources send."""

from dataclasses import dataclass

from channels.layers import get_channel_layer
from django.test import SimpleTestCase, override_settings

from detections.pushing import MOST_TRACKS, Pusher, boxes_seen, send_boxes
from detections.vision.boxes import Box
from streaming.messages import PUSHES_PER_S, boxes_group

IN_MEMORY = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}


@dataclass(frozen=True)
class Cat:
    track: int = 4
    label: str = "cat"
    score: float = 0.91234
    box: Box = Box(0.1, 0.2, 0.3, 0.1234567)
    velocity: Box = Box(0.5, 0, 0, 0)


class BoxesSeenTests(SimpleTestCase):
    def test_a_message_holds_what_a_page_draws(self):
        mark = {"name": "Miso", "colour": "#c2570c"}

        message = boxes_seen(7, 2**40, "detector", [Cat(), Cat(track=5)], {5: mark})

        track = {
            "id": 4,
            "label": "cat",
            "score": 0.912,
            "box": [0.1, 0.2, 0.3, 0.12346],
            "v": [0.5, 0, 0, 0],
        }
        self.assertEqual(
            message,
            {
                "type": "boxes.seen",
                "camera_id": 7,
                "t": 2**40,
                "source": "detector",
                "tracks": [track, track | {"id": 5, "pet": mark}],
            },
        )

    def test_of_too_many_boxes_the_surest_stay(self):
        cats = [Cat(score=number / 1000) for number in range(MOST_TRACKS + 9)]

        message = boxes_seen(7, 1, "detector", cats)

        scores = [track["score"] for track in message["tracks"]]
        self.assertEqual(len(scores), MOST_TRACKS)
        self.assertEqual(min(scores), 0.009)


@override_settings(CHANNEL_LAYERS=IN_MEMORY)
class PusherTests(SimpleTestCase):
    async def listen(self, camera_id: int = 7) -> None:
        self.layer = get_channel_layer()
        await self.layer.group_add(boxes_group(camera_id), "page")

    async def heard(self) -> list[int]:
        await self.layer.send("page", {"type": "end"})
        times = []
        while (message := await self.layer.receive("page"))["type"] != "end":
            times.append(message["t"])
        return times

    async def test_boxes_reach_those_who_watch_the_camera(self):
        await self.listen()
        await send_boxes(7, 123, "detector", [Cat()])
        await send_boxes(8, 124, "detector", [Cat()])

        self.assertEqual(await self.heard(), [123])

    async def test_of_too_many_pictures_the_newest_go_out_in_order(self):
        await self.listen()
        pusher = Pusher()
        flood = [boxes_seen(7, t, "flood", []) for t in range(10 * PUSHES_PER_S)]

        sent = await pusher.push(flood)

        newest = list(range(10 * PUSHES_PER_S))[-2 * PUSHES_PER_S :]
        self.assertEqual(await self.heard(), newest)
        self.assertEqual((sent, pusher.dropped), (2 * PUSHES_PER_S, 8 * PUSHES_PER_S))

    async def test_a_flood_of_one_source_leaves_the_others_alone(self):
        await self.listen()
        pusher = Pusher()
        await pusher.push([boxes_seen(7, t, "flood", []) for t in range(10 * PUSHES_PER_S)])
        await self.heard()

        await pusher.push([boxes_seen(7, 5, "quiet", [])])

        self.assertEqual(await self.heard(), [5])

    @override_settings(
        CHANNEL_LAYERS={
            "default": {
                "BACKEND": "petcam_site.channel_layer.PatientPubSubLayer",
                "CONFIG": {"hosts": ["unix:///nonexistent/valkey.sock"]},
            }
        }
    )
    async def test_without_a_broker_boxes_are_dropped_and_counted(self):
        pusher = Pusher()

        with self.assertLogs("detections.pushing", "INFO"):
            sent = await pusher.push([boxes_seen(7, 1, "detector", [])])

        self.assertEqual((sent, pusher.dropped), (0, 1))
