import random
from datetime import UTC, datetime, timedelta

from django.test import TestCase

from detections.building import Builder
from detections.clocks import MachineClock
from detections.counts import kept_counts, recount
from detections.models import DayCount, DeletedVisit, Place, Sighting, Unreviewed, Visit
from detections.services import (
    correct_visit,
    delete_visits,
    star_visits,
    take_sightings,
)
from detections.storing import Picture
from detections.vision.boxes import Box
from detections.vision.path import unpack
from detections.vision.rules import CHUNK_90K
from detections.vision.seen import SeenFrame
from tests.builders import make_camera
from tests.cast import make_cast
from tests.detections.scenes import SECOND_90K, frames_of, household_day, visit_rows

ZERO = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
LYING = Box(0.7, 0.6, 0.2, 0.2)
LEFT = Box(0.05, 0.5, 0.15, 0.2)
BOWL = [[0.0, 0.5], [0.4, 0.5], [0.4, 1.0], [0.0, 1.0]]


class BuildingTestCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home)

    def setUp(self):
        self.builder = Builder()

    def clock(self, at_s: float, boot: str = "boot") -> MachineClock:
        return MachineClock(boot, round(at_s * SECOND_90K), ZERO + timedelta(seconds=at_s))

    def tell(self, *frames: SeenFrame, at_s: float = 80_000, source: str = "detector") -> None:
        take_sightings(self.camera, source=source, frames=frames, clock=self.clock(at_s))

    def build(self, at_s: float = 80_000) -> list[Visit]:
        return self.builder.run_once(ZERO + timedelta(seconds=at_s))

    def tell_and_build(self, *frames: SeenFrame, at_s: float = 80_000) -> None:
        self.tell(*frames, at_s=at_s)
        self.build(at_s)

    def spans(self) -> list[tuple[float, float]]:
        """Start and end in seconds of media time, oldest first."""
        visits = Visit.objects.order_by("start_90k", "pk").values_list("start_90k", "end_90k")
        return [(start / SECOND_90K, end / SECOND_90K) for start, end in visits]

    def assert_counts_are_right(self) -> None:
        home = self.cast.home
        self.assertEqual(kept_counts(home.pk), recount(Visit.objects.filter(household=home)))


class ComingTests(BuildingTestCase):
    """Sightings in the order in which they were made."""

    def test_a_cat_that_comes_and_goes_is_one_visit_with_its_path_and_best_moment(self):
        frames = [
            *frames_of(LEFT, start_s=100, seconds=10, speed=(0.05, 0)),
            *frames_of(LEFT._replace(x=0.6), start_s=112, seconds=3, score=0.95),
        ]

        self.tell_and_build(*frames)

        visit = Visit.objects.get()
        self.assertEqual(self.spans(), [(100, 115)])
        self.assertEqual(visit.started_at, ZERO + timedelta(seconds=100))
        self.assertEqual(visit.ended_at, ZERO + timedelta(seconds=115))
        self.assertEqual((visit.label, visit.place, visit.is_open), ("cat", None, False))
        self.assertEqual((visit.best_score, visit.best_90k), (0.95, 112 * SECOND_90K))
        self.assertEqual(visit.best_box, [0.6, 0.5, 0.15, 0.2])
        path = unpack(visit.path)
        self.assertEqual((path[0][0], path[-1][0]), (visit.start_90k, visit.end_90k))
        self.assertFalse(Sighting.objects.filter(is_built=False).exists())

    def test_it_is_open_while_it_goes_on_and_closes_by_time_alone(self):
        frames = list(frames_of(LYING, start_s=100, seconds=20))
        self.tell_and_build(*frames[:12], at_s=104)
        self.assertTrue(Visit.objects.get().is_open)
        self.tell_and_build(*frames[12:], at_s=120)
        self.assertTrue(Visit.objects.get().is_open)

        self.build(at_s=245)

        visit = Visit.objects.get()
        self.assertEqual((visit.is_open, self.spans()), (False, [(100, 120)]))
        self.assert_counts_are_right()

    def test_told_second_by_second_it_is_the_same_as_told_at_once(self):
        frames = household_day(600, seed=1)
        for at in range(0, 600, 5):
            part = frames[at : at + 5]
            self.tell_and_build(*part, at_s=part[-1].t_90k / SECOND_90K + 0.2)
        self.build()
        piece_by_piece = visit_rows()

        Visit.objects.all().delete()
        Sighting.objects.update(is_built=False)
        self.builder = Builder()
        self.build()

        self.assertGreater(len(piece_by_piece), 5)
        self.assertEqual(visit_rows(), piece_by_piece)

    def test_a_cat_asleep_for_hours_is_one_visit_however_rarely_it_is_looked_at(self):
        self.tell_and_build(*frames_of(LYING, start_s=100, seconds=4 * 3600, fps=0.2))

        self.assertEqual(self.spans(), [(100, 100 + 4 * 3600)])
        self.assertLess(len(unpack(Visit.objects.get().path)), 10)

    def test_who_is_seen_only_now_and_then_is_no_visit(self):
        for at_s in range(100, 2000, 200):
            self.tell(*frames_of(LEFT, start_s=at_s, seconds=0.4))

        self.build()

        self.assertEqual(self.spans(), [])

    def test_what_is_in_every_home_and_visits_nobody_is_none(self):
        self.tell_and_build(*frames_of(LYING, start_s=100, seconds=60, label="couch"))

        self.assertEqual(self.spans(), [])

    def test_news_and_rows_to_review_for_everybody_of_the_household(self):
        told = []
        self.builder = Builder(lambda visit, is_new: told.append((visit.pk, is_new)))
        frames = list(frames_of(LYING, start_s=100, seconds=60))
        self.tell_and_build(*frames[:90], at_s=130)
        self.tell_and_build(*frames[90:], at_s=160)
        self.tell_and_build(at_s=500)

        pk = Visit.objects.get().pk
        self.assertEqual(told, [(pk, True), (pk, False), (pk, False)])
        self.assertEqual(
            set(Unreviewed.objects.values_list("user__username", flat=True)),
            {"alice", "bob", "vera"},
        )

    def test_a_process_that_was_killed_leaves_nothing_open_for_ever(self):
        self.tell_and_build(*frames_of(LYING, start_s=100, seconds=60), at_s=160)
        self.builder = Builder()

        self.build(at_s=170)
        self.assertTrue(Visit.objects.get().is_open)
        self.builder = Builder()
        self.build(at_s=1000)
        self.assertFalse(Visit.objects.get().is_open)

        Visit.objects.update(is_open=True)
        Sighting.objects.all().delete()
        self.builder = Builder()
        self.build(at_s=1000)
        self.assertFalse(Visit.objects.get().is_open)

    def test_after_a_pause_the_next_one_ends_what_was_open_before(self):
        self.tell_and_build(*frames_of(LYING, start_s=100, seconds=60), at_s=160)
        self.assertTrue(Visit.objects.get().is_open)

        self.tell_and_build(*frames_of(LEFT, start_s=900, seconds=60), at_s=960)

        self.assertEqual(
            list(Visit.objects.order_by("start_90k").values_list("is_open", flat=True)),
            [False, True],
        )

    def test_pictures_are_kept_of_the_best_moment_where_they_are_at_hand(self):
        asked = []

        def keep(camera_id: int, t_90k: int, box: Box) -> Picture | None:
            asked.append((camera_id, t_90k / SECOND_90K))
            return Picture(f"{t_90k}.jpg", b"look") if t_90k < 110 * SECOND_90K else None

        self.builder = Builder(keep_picture=keep)
        self.tell_and_build(*frames_of(LYING, start_s=100, seconds=8, score=0.7), at_s=108)
        self.tell_and_build(*frames_of(LYING, start_s=109, seconds=8, score=0.8), at_s=117)
        self.tell_and_build(*frames_of(LYING, start_s=118, seconds=8, score=0.9), at_s=126)

        visit = Visit.objects.get()
        self.assertEqual(asked, [(self.camera.pk, at_s) for at_s in (100, 109, 118)])
        self.assertEqual((visit.picture, bytes(visit.look)), (f"{109 * SECOND_90K}.jpg", b"look"))
        self.assertEqual((visit.best_90k, visit.best_score), (109 * SECOND_90K, 0.8))


class PlaceTests(BuildingTestCase):
    def place(self, **fields: object) -> Place:
        fields = {"name": "Bowl", "kind": "food", "outline": BOWL} | fields
        return Place.objects.create(camera=self.camera, **fields)

    def at_places(self) -> list[tuple[str, float, float]]:
        visits = Visit.objects.exclude(place=None).order_by("start_90k")
        return [
            (visit.place.name, visit.start_90k / SECOND_90K, visit.end_90k / SECOND_90K)
            for visit in visits
        ]

    def test_a_stay_at_a_place_is_a_visit_of_its_own_beside_that_of_the_picture(self):
        self.place()
        across = LEFT._replace(x=0.05)

        self.tell_and_build(*frames_of(across, start_s=100, seconds=20, speed=(0.03, 0)))

        (at_bowl,) = self.at_places()
        self.assertEqual(at_bowl[:2], ("Bowl", 100))
        self.assertAlmostEqual(at_bowl[2], 109, delta=0.7)
        self.assertIn((100, 120), self.spans())

    def test_passing_by_is_none_and_coming_back_soon_is_the_same(self):
        self.place(min_stay_s=5, end_grace_s=8)
        away = LEFT._replace(x=0.5)

        self.tell_and_build(
            *frames_of(LEFT, start_s=100, seconds=3),
            *frames_of(away, start_s=104, seconds=20),
            *frames_of(LEFT, start_s=125, seconds=6),
            *frames_of(away, start_s=132, seconds=5),
            *frames_of(LEFT, start_s=138, seconds=6),
        )

        self.assertEqual(self.at_places(), [("Bowl", 125, 144)])

    def test_where_nothing_counts_nothing_is_visited(self):
        self.place(kind="ignore")

        self.tell_and_build(*frames_of(LEFT, start_s=100, seconds=20))

        self.assertEqual(self.spans(), [])

    def test_a_place_that_changes_is_true_for_what_goes_on(self):
        place = self.place(outline=[[0.6, 0], [1, 0], [1, 1]])
        self.tell_and_build(*frames_of(LEFT, start_s=100, seconds=20), at_s=120)
        pk = Visit.objects.get().pk
        place.outline = BOWL
        place.save()

        self.tell_and_build(*frames_of(LEFT, start_s=120.5, seconds=20), at_s=141)

        self.assertEqual(self.at_places(), [("Bowl", 100, 140.5)])
        self.assertTrue(Visit.objects.filter(pk=pk, place=None).exists())

    def test_a_place_that_changes_after_everybody_left_leaves_nothing_open(self):
        self.tell_and_build(*frames_of(LEFT, start_s=100, seconds=20), at_s=120)
        self.place()

        self.build(at_s=300)

        self.assertEqual(set(Visit.objects.values_list("is_open", flat=True)), {False})

    def test_who_is_at_a_pets_own_place_is_that_pet(self):
        miso = self.cast.home.pets.create(name="Miso")
        self.place(pet=miso)

        self.tell_and_build(*frames_of(LEFT, start_s=100, seconds=20))

        at_bowl = Visit.objects.exclude(place=None).get()
        self.assertEqual((at_bowl.pet, at_bowl.pet_by), (miso, Visit.PetBy.PLACE))
        self.assertIsNone(Visit.objects.get(place=None).pet)
        self.assert_counts_are_right()


class LateTests(BuildingTestCase):
    """Sightings in another order, and again."""

    def test_any_order_and_any_repetition_gives_the_same_visits(self):
        Place.objects.create(camera=self.camera, name="Bowl", outline=BOWL)
        frames = household_day(1500, seed=2)
        self.tell_and_build(*frames)
        expected = visit_rows()
        self.assertGreater(len(expected), 20)

        for seed in range(6):
            dice = random.Random(seed)
            Visit.objects.all().delete()
            Sighting.objects.all().delete()
            DayCount.objects.all().delete()
            self.builder = Builder()
            told = frames + dice.sample(frames, 500)
            dice.shuffle(told)
            at = 0
            while at < len(told):
                size = dice.choice((1, 10, 100, 400))
                self.tell(*told[at : at + size])
                at += size
                if dice.random() < 0.3:
                    self.build(dice.uniform(0, 80_000))
            self.build()

            self.assertEqual(visit_rows(), expected, f"seed {seed}")
            self.assert_counts_are_right()

    def test_a_late_one_builds_its_episode_again_and_no_other(self):
        early = list(frames_of(LEFT, start_s=100, seconds=30))
        self.tell_and_build(*early[:30], *frames_of(LYING, start_s=2000, seconds=30))
        before = {visit.pk: visit for visit in Visit.objects.all()}

        self.tell(*early[30:])
        touched = self.build()

        self.assertEqual(len(touched), 1)
        self.assertEqual(self.spans(), [(100, 130), (2000, 2030)])
        self.assertEqual(set(before), set(Visit.objects.values_list("pk", flat=True)))

    def test_what_people_said_stays_when_a_visit_is_built_again(self):
        frames = list(frames_of(LEFT, start_s=100, seconds=30))
        self.tell_and_build(*frames[20:])
        visit = Visit.objects.get()
        miso = self.cast.home.pets.create(name="Miso")
        correct_visit(visit, by=self.cast.bob, pet=miso, label="bird")
        star_visits([visit])

        self.tell_and_build(*frames[:20])

        again = Visit.objects.get()
        self.assertEqual(again.pk, visit.pk)
        self.assertEqual((again.pet, again.label, again.is_starred), (miso, "bird", True))
        self.assertEqual(self.spans(), [(100, 130)])
        self.assert_counts_are_right()

    def test_two_that_turn_out_to_be_one_keep_what_was_said_of_either(self):
        frames = list(frames_of(LEFT, start_s=100, seconds=400))
        self.tell_and_build(*frames[:200], *frames[900:])
        first, second = Visit.objects.order_by("start_90k")
        miso = self.cast.home.pets.create(name="Miso")
        star_visits([first])
        correct_visit(second, by=self.cast.bob, pet=miso)

        self.tell_and_build(*frames[200:900])

        one = Visit.objects.get()
        self.assertIn(one.pk, (first.pk, second.pk))
        self.assertEqual((one.is_starred, one.pet), (True, miso))
        self.assert_counts_are_right()

    def test_what_was_deleted_stays_away_also_while_it_goes_on(self):
        frames = list(frames_of(LEFT, start_s=100, seconds=60))
        self.tell_and_build(*frames[20:100], at_s=135)
        delete_visits(Visit.objects.all())

        self.tell_and_build(*frames[100:], at_s=160)
        self.tell_and_build(*frames[:20])

        self.assertEqual(self.spans(), [])
        self.assertEqual(DeletedVisit.objects.get().start_90k, 100 * SECOND_90K)
        self.assert_counts_are_right()

    def test_a_deleted_piece_does_not_take_away_what_it_grows_together_with(self):
        frames = list(frames_of(LEFT, start_s=100, seconds=400))
        self.tell_and_build(*frames[:700], *frames[1100:])
        first, second = Visit.objects.order_by("start_90k")
        delete_visits([first])

        self.tell_and_build(*frames[700:1100])

        self.assertEqual(Visit.objects.get().pk, second.pk)
        self.assertEqual(self.spans(), [(100, 500)])

    def test_what_is_late_after_a_chunk_of_time_ended_leaves_the_visits_before_alone(self):
        end_s = CHUNK_90K // SECOND_90K
        frames = list(frames_of(LYING, start_s=end_s - 30, seconds=60))
        self.tell_and_build(*frames[:140], *frames[141:], at_s=end_s + 40)

        self.tell_and_build(frames[140], at_s=end_s + 600)

        self.assertEqual(len(self.spans()), 2)
        self.assertEqual(self.spans()[1][0], end_s)

    def test_the_same_media_times_after_a_restart_are_other_visits(self):
        self.tell_and_build(*frames_of(LEFT, start_s=100, seconds=30))
        again = MachineClock("again", 200 * SECOND_90K, ZERO + timedelta(seconds=80_200))

        take_sightings(
            self.camera,
            source="detector",
            frames=list(frames_of(LEFT, start_s=100, seconds=30)),
            clock=again,
        )
        self.build(81_000)

        old, new = Visit.objects.order_by("started_at")
        self.assertEqual(old.started_at, ZERO + timedelta(seconds=100))
        self.assertEqual(new.started_at, ZERO + timedelta(seconds=80_100))
        self.assertNotEqual(old.key, new.key)
