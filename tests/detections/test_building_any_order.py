"""Building against itself: whatever comes first, the same visits come out."""

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from hypothesis.extra.django import TestCase

from detections.building import Builder
from detections.clocks import MachineClock
from detections.counts import kept_counts, recount
from detections.models import DayCount, Place, Sighting, Visit
from detections.services import correct_visit, delete_visits, star_visits, take_sightings
from detections.vision.boxes import Box
from detections.vision.rules import CHUNK_90K, CLOCK_RATE
from detections.vision.seen import Seen, SeenFrame
from tests.builders import make_camera
from tests.cast import make_cast
from tests.detections.scenes import visit_rows

ZERO = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
# Around the end of a chunk of media time, in steps of a second; some steps are long.
STEPS_S = (0, 1, 1, 1, 2, 3, 14, 16, 29, 31, 119, 121)
BOXES = (Box(0.1, 0.5, 0.2, 0.3), Box(0.15, 0.5, 0.2, 0.3), Box(0.7, 0.1, 0.1, 0.2))


@some.composite
def messages(draw) -> list[SeenFrame]:
    """Up to 40, some of them of the same moment."""
    t_90k = CHUNK_90K - draw(some.integers(0, 60)) * CLOCK_RATE
    frames = []
    for step_s in draw(some.lists(some.sampled_from(STEPS_S), min_size=5, max_size=40)):
        t_90k += step_s * CLOCK_RATE
        boxes = draw(some.lists(some.sampled_from(BOXES), min_size=1, max_size=2))
        label = draw(some.sampled_from(("cat", "cat", "cat", "dog", "person")))
        score = draw(some.sampled_from((0.3, 0.5, 0.8, 0.9)))
        frames.append(SeenFrame(t_90k, tuple(Seen(label, score, box) for box in boxes)))
    return frames


class AnyOrderTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home)
        outline = [[0.0, 0.6], [0.5, 0.6], [0.5, 1.0], [0.0, 1.0]]
        Place.objects.create(
            camera=cls.camera, name="Bowl", outline=outline, min_stay_s=1, end_grace_s=20
        )

    def tell(self, frames: list[SeenFrame]) -> None:
        now_90k = CHUNK_90K + 7200 * CLOCK_RATE
        now = ZERO + timedelta(seconds=now_90k / CLOCK_RATE)
        clock = MachineClock("boot", now_90k, now)
        take_sightings(self.camera, source="detector", frames=frames, clock=clock)

    def build(self, builder: Builder, at_s: float = 7200) -> None:
        builder.run_once(ZERO + timedelta(seconds=CHUNK_90K / CLOCK_RATE + at_s))

    def assert_counts_are_right(self) -> None:
        home = self.cast.home
        self.assertEqual(kept_counts(home.pk), recount(Visit.objects.filter(household=home)))

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(messages(), some.data())
    def test_told_in_any_order_in_any_pieces_and_built_at_any_time(self, frames, data):
        self.tell(frames)
        self.build(Builder())
        expected = visit_rows()
        for model in (Visit, Sighting, DayCount):
            model.objects.all().delete()

        builder = Builder()
        told = data.draw(some.permutations(frames + frames[::3]))
        while told:
            size = data.draw(some.integers(1, 9))
            self.tell(told[:size])
            told = told[size:]
            if data.draw(some.booleans()):
                self.build(builder, data.draw(some.integers(-100, 3000)))
                self.assert_counts_are_right()
            if data.draw(some.integers(0, 5)) == 0:
                builder = Builder()
        self.build(builder)

        self.assertEqual(visit_rows(), expected)
        self.assert_counts_are_right()

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(messages(), some.data())
    def test_the_counts_are_right_whatever_people_say_meanwhile(self, frames, data):
        builder = Builder()
        miso = self.cast.home.pets.create(name="Miso")
        told = data.draw(some.permutations(frames))
        while told:
            self.tell(told[:5])
            told = told[5:]
            self.build(builder, data.draw(some.integers(-100, 3000)))
            visits = list(Visit.objects.order_by("key"))
            if visits:
                visit = data.draw(some.sampled_from(visits))
                say = data.draw(some.sampled_from(("pet", "label", "refuted", "star", "delete")))
                self.say(say, visit)
            self.assert_counts_are_right()
        self.assertEqual(Visit.objects.exclude(pet=None).exclude(pet=miso).count(), 0)

    def say(self, what: str, visit: Visit) -> None:
        if what == "delete":
            delete_visits([visit])
        elif what == "star":
            star_visits([visit])
        else:
            told = {"pet": self.cast.home.pets.get(), "label": "bird", "refuted": True}
            correct_visit(visit, by=self.cast.bob, **{what: told[what]})
