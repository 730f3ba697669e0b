"""What the viewer of a simulated line is sent."""

from dataclasses import replace
from unittest import TestCase

from streaming.media.throttle import LeastRtt, Throttle
from tests.streaming.media.line import FPS, Line

STREAM = 254_000  # bytes a second
NARROW = 150_000


class NarrowLineTests(TestCase):
    def setUp(self) -> None:
        self.line = Line()
        self.line.play(3)

    def assert_late_by_at_most(self, limit_s: float, seconds: float, *, fps: float) -> None:
        self.line.play(seconds)
        shown = self.line.shown_since(seconds)
        self.assertLess(max(one.late_s for one in shown), limit_s)
        self.assertGreater(len(shown) / seconds, fps)

    def assert_back_within(self, seconds: float) -> None:
        self.line.rate = float("inf")
        self.line.play(seconds)
        self.assertFalse(self.line.viewer.is_throttled)
        self.assert_late_by_at_most(0.1, 2, fps=FPS - 1)

    def test_pictures_keep_moving_and_are_late_by_less_than_a_second(self):
        self.line.rate = NARROW
        self.line.play(4)

        self.assert_late_by_at_most(1, 20, fps=4)
        self.assertTrue(self.line.viewer.is_throttled)

    def test_they_do_on_a_line_that_queues_for_seconds_as_well(self):
        self.line.rate, self.line.queue_bytes = NARROW, 600_000
        self.line.play(4)

        self.assert_late_by_at_most(1, 20, fps=4)

    def test_they_do_far_away_as_well(self):
        self.line.delay_s = 0.05
        self.line.play(5)
        self.line.rate = NARROW
        self.line.play(4)

        self.assert_late_by_at_most(1, 20, fps=4)
        self.assert_back_within(2)

    def test_everything_is_sent_again_soon_after_the_line_is_good(self):
        self.line.rate = NARROW
        self.line.play(10)

        self.assert_back_within(2)

    def test_a_line_that_takes_more_meanwhile_is_used(self):
        self.line.rate = NARROW / 2
        self.line.play(10)
        self.assertLess(self.line.viewer._throttle.rate, NARROW / 2 * 1.05)
        self.line.rate = NARROW
        self.line.play(8)

        self.assertGreater(self.line.viewer._throttle.rate, NARROW * 0.8)

    def test_the_pictures_are_not_held_back_for_what_the_queue_dropped(self):
        self.line.rate = NARROW
        self.line.play(5)

        self.assertEqual(self.line.viewer.delay_ms, 0)


class WideLineTests(TestCase):
    def setUp(self) -> None:
        self.line = Line()
        self.line.play(3)

    def assert_never_throttled(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.line.play(0.1)
            self.assertFalse(self.line.viewer.is_throttled)

    def test_a_good_line_is_not_pinged(self):
        self.line.play(10)

        self.assertEqual(self.line.pings, 0)
        self.assertEqual(self.line.delays_ms, [0])
        self.assertEqual(len(self.line.shown_since(5)), 5 * FPS)

    def test_keyframes_that_queue_for_a_moment_are_no_reason(self):
        self.line.rate, self.line.queue_bytes = 1.3 * STREAM, 100_000

        self.assert_never_throttled(15)

    def test_loss_alone_is_no_reason(self):
        for loss in (0.05, 0.2):
            self.line.loss, self.line.delay_s = loss, 0.05
            self.assert_never_throttled(15)

    def test_a_longer_way_is_no_reason(self):
        self.line.play(5)
        self.line.delay_s, self.line.loss = 0.2, 0.02

        self.assert_never_throttled(15)

    def test_most_losses_are_repaired_before_their_picture_is_due(self):
        self.line.delay_s, self.line.loss = 0.05, 0.05
        self.line.play(3)
        held_back_s = self.line.viewer.delay_ms / 1000
        self.line.play(60)

        self.assertGreater(len(self.line.shown_since(60)), 59 * FPS)
        self.assertLessEqual(self.line.freezes(60, held_back_s=held_back_s), 2)
        self.assertLess(held_back_s, 0.35)


class PolicedLineTests(TestCase):
    """Lines that drop what is too much at once, without a queue."""

    def test_heavy_loss_limits_to_what_came_through(self):
        throttle = Throttle()

        throttle.take_loss(0.5, usual_rate=200_000.0, now_s=100.0)

        self.assertLess(throttle.rate, 100_000)
        self.assertTrue(throttle.is_watching)

    def test_each_relapse_takes_longer_to_end(self):
        throttle, now_s, lasted_s = Throttle(), 100.0, []
        for _ in range(4):
            throttle.take_loss(0.5, usual_rate=200_000.0, now_s=now_s)
            since_s = now_s
            while throttle.rate is not None:
                now_s += 0.2
                before = throttle.ping(0, now_s=now_s)
                assert before is not None
                for ping in (before, replace(before, burst_bytes=30_000, before=before)):
                    throttle.pong(ping, lost_bytes=0, usual_rate=0.0, now_s=now_s + 0.001)
            lasted_s.append(now_s - since_s)

        self.assertEqual(lasted_s, sorted(lasted_s))
        self.assertGreater(lasted_s[-1], 4 * lasted_s[0])


def test_an_old_round_trip_is_forgotten_in_the_end():
    least, found = LeastRtt(), []
    for second in range(25):
        least.take(0.01 if second < 2 else 0.3, now_s=100.0 + second)
        found.append(least.value_s)

    assert found[:12] == [0.01] * 12
    assert found[-1] == 0.3
