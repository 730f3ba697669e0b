from datetime import UTC, datetime, timedelta

from django.test import TestCase

from detections.clocks import MachineClock
from detections.models import Boot, Sighting
from detections.services import (
    SightingFromFuture,
    SightingRefused,
    SightingTooOld,
    Taken,
    purge_sightings,
    take_sightings,
)
from detections.vision.boxes import Box
from detections.vision.seen import Seen, SeenFrame
from tests.builders import make_camera
from tests.cast import make_cast

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
HOUR_90K = 3600 * 90_000
CAT = Seen("cat", 0.9, Box(0.1, 0.2, 0.3, 0.4))
DOG = Seen("dog", 0.8, Box(0.5, 0.2, 0.3, 0.4))


class TakingTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.camera = make_camera(make_cast().home)
        cls.clock = MachineClock("first", 100 * HOUR_90K, NOW)

    def take(self, *frames: SeenFrame, source: str = "detector", clock=None) -> Taken:
        return take_sightings(self.camera, source=source, frames=frames, clock=clock or self.clock)

    def at(self, hours: float, *seen: Seen) -> SeenFrame:
        return SeenFrame(round(hours * HOUR_90K), seen or (CAT,))

    def test_the_same_message_again_is_known_whatever_its_order(self):
        self.assertEqual(self.take(self.at(99, CAT, DOG), self.at(98)), Taken(2, 0))

        self.assertEqual(self.take(self.at(98), self.at(99, DOG, CAT)), Taken(0, 2))
        self.assertEqual(Sighting.objects.count(), 2)

    def test_a_message_twice_in_a_batch_is_one(self):
        self.assertEqual(self.take(self.at(99), self.at(99)), Taken(1, 1))

    def test_another_source_and_another_word_about_a_picture_are_their_own(self):
        self.take(self.at(99))

        self.assertEqual(self.take(self.at(99), source="else"), Taken(1, 0))
        self.assertEqual(self.take(self.at(99, DOG)), Taken(1, 0))

    def test_a_picture_without_anything_needs_no_row(self):
        self.assertEqual(self.take(SeenFrame(99 * HOUR_90K)), Taken(0, 1))
        self.assertFalse(Sighting.objects.exists())

    def test_what_is_late_by_less_than_a_day_is_taken_and_what_is_later_refuses_the_batch(self):
        self.assertEqual(self.take(self.at(76.01)), Taken(1, 0))

        with self.assertRaises(SightingTooOld) as caught:
            self.take(self.at(99), self.at(75.99))
        self.assertEqual(caught.exception.at, 1)
        self.assertEqual(Sighting.objects.count(), 1)

    def test_a_picture_of_the_future_is_refused(self):
        with self.assertRaises(SightingFromFuture):
            self.take(self.at(100.01))

    def test_labels_and_numbers_must_make_sense(self):
        for seen in (
            Seen("", 0.5, CAT.box),
            Seen("x" * 21, 0.5, CAT.box),
            Seen("cat", float("nan"), CAT.box),
            Seen("cat", 0.5, Box(0, 0, float("inf"), 1)),
        ):
            with self.assertRaises(SightingRefused):
                self.take(self.at(99, seen))
        for source in ("", "s" * 41):
            with self.assertRaises(ValueError):
                self.take(self.at(99), source=source)

    def test_a_restarted_machine_counts_anew_and_its_times_are_told_apart(self):
        self.take(self.at(99))
        again = MachineClock("second", HOUR_90K, NOW + timedelta(hours=2))
        later = MachineClock("second", 100 * HOUR_90K, NOW + timedelta(hours=101))

        self.take(self.at(0.5), clock=again)
        self.assertEqual(self.take(self.at(99), clock=later), Taken(1, 0))

        self.assertEqual(Boot.objects.count(), 2)
        self.assertEqual(Sighting.objects.filter(t_90k=99 * HOUR_90K).count(), 2)

    def test_a_message_from_before_the_restart_is_still_the_same_message(self):
        self.take(self.at(99))
        again = MachineClock("second", HOUR_90K, NOW + timedelta(hours=2))

        self.assertEqual(self.take(self.at(99), self.at(99.5), clock=again), Taken(1, 1))
        self.assertEqual(set(Sighting.objects.values_list("boot__name", flat=True)), {"first"})
        with self.assertRaises(SightingTooOld):
            self.take(self.at(70), clock=again)
        with self.assertRaises(SightingFromFuture):
            self.take(self.at(101.5), clock=again)

    def test_a_clock_that_is_set_moves_the_boot(self):
        self.take(self.at(99))

        self.take(self.at(99), clock=MachineClock("first", 100 * HOUR_90K, NOW + HOURS_3))

        self.assertEqual(Boot.objects.get().zero_at, NOW + HOURS_3 - timedelta(hours=100))

    def test_they_go_a_day_after_their_chunk_of_time(self):
        self.take(self.at(99), self.at(80))

        self.assertEqual(purge_sightings(now=NOW + timedelta(hours=7.9)), 0)
        self.assertEqual(purge_sightings(now=NOW + timedelta(hours=8)), 1)
        self.assertEqual(purge_sightings(now=NOW + timedelta(hours=31.9)), 0)
        self.assertEqual(purge_sightings(now=NOW + timedelta(hours=32)), 1)

    def test_a_batch_of_a_hundred_takes_few_queries(self):
        frames = [self.at(99 + n / 1000) for n in range(100)]
        self.take(self.at(1 + 98))

        with self.assertNumQueries(5):  # savepoint, boot, known, insert, release
            self.take(*frames)


HOURS_3 = timedelta(hours=3)
