"""What programs tell goes on to those who watch, with tracks and speeds."""

from django.test import SimpleTestCase

from detections.live_tracks import LiveTracks
from detections.vision.boxes import Box
from detections.vision.seen import Seen, SeenFrame

NOW = 1000 * 90_000


def frame(age_s: float, x: float = 0.1) -> SeenFrame:
    return SeenFrame(NOW - round(age_s * 90_000), (Seen("cat", 0.9, Box(x, 0.2, 0.2, 0.2)),))


class LiveTracksTests(SimpleTestCase):
    def setUp(self):
        self.live = LiveTracks()

    def follow(self, *frames: SeenFrame, camera_id: int = 7, source: str = "token-1"):
        return self.live.follow(camera_id, source, frames, now_90k=NOW)

    def ages(self, *frames: SeenFrame) -> list[float]:
        return [round((NOW - message["t"]) / 90_000, 2) for message in self.follow(*frames)]

    def test_a_cat_keeps_its_track_and_gets_its_speed(self):
        self.follow(frame(0.4, 0.1), frame(0.3, 0.12))

        (message,) = self.follow(frame(0.2, 0.14))

        (track,) = message["tracks"]
        self.assertEqual((message["camera_id"], message["source"]), (7, "token-1"))
        self.assertEqual((track["id"], track["label"]), (1, "cat"))
        self.assertAlmostEqual(track["v"][0], 0.2, places=2)

    def test_batches_are_told_in_order(self):
        self.assertEqual(self.ages(frame(0.1), frame(0.3), frame(0.2)), [0.3, 0.2, 0.1])

    def test_what_is_old_is_not_for_those_who_watch(self):
        self.assertEqual(self.ages(frame(3.1), frame(2.9)), [2.9])

    def test_what_comes_again_or_late_is_not_told_again(self):
        self.follow(frame(0.5))

        self.assertEqual(self.ages(frame(0.5), frame(0.6), frame(0.4)), [0.4])

    def test_more_pictures_than_a_second_has_are_left_out(self):
        ages = self.ages(*(frame(0.5 + step / 100) for step in range(100)))
        half = self.ages(*(frame(0.48 - step / 50) for step in range(20)))

        self.assertEqual((len(ages), len(half)), (50, 20))

    def test_sources_and_cameras_are_followed_apart(self):
        self.follow(frame(0.5))

        for other in ({"source": "token-2"}, {"camera_id": 8}):
            (message,) = self.follow(frame(0.5), **other)
            self.assertEqual(message["tracks"][0]["v"], [0, 0, 0, 0])

    def test_many_sources_leave_nothing_behind(self):
        for number in range(300):
            self.follow(frame(0.5), source=f"token-{number}")

        self.assertEqual(len(self.live._followings), 64)
