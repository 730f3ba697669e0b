import json

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from detections.models import DayCount, Pet, Place, Visit
from detections.places import (
    HABITS,
    MOST_PLACES,
    MOST_POINTS,
    NameTaken,
    free_name,
    lately_at,
    save_place,
    take_place_away,
)
from detections.vision.boxes import Box
from detections.vision.path import pack
from streaming.messages import CAMERAS_GROUP
from tests.builders import make_camera, make_visit
from tests.cast import make_cast

BOX = [[0.1, 0.1], [0.3, 0.1], [0.3, 0.3], [0.1, 0.3]]
LIST = "/cameras/kitchen/places/"
NEW = f"{LIST}add/"


def make_place(camera, **overrides) -> Place:
    fields = {"name": "Bowl", "kind": "food", "outline": BOX} | overrides
    return Place.objects.create(camera=camera, **fields)


class PlaceTestCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home, name="Kitchen", slug="kitchen")

    def setUp(self):
        self.client.force_login(self.cast.alice)

    def send(self, url: str = NEW, outline: object = BOX, **told):
        text = outline if isinstance(outline, str) else json.dumps(outline)
        return self.client.post(url, {"kind": "food", "outline": text} | told)

    def error(self, **told) -> str:
        answer = self.send(**told)
        self.assertEqual(answer.status_code, 200)
        (errors,) = answer.context["form"].errors.values()
        return errors[0]


class DrawingTests(PlaceTestCase):
    def test_an_owner_draws_a_place_and_finds_it_in_the_list(self):
        self.assertRedirects(self.send(name="Miso's bowl", min_stay_s="4", end_grace_s="25"), LIST)

        place = Place.objects.get()
        self.assertEqual(
            (place.camera, place.name, place.kind, place.outline),
            (self.camera, "Miso's bowl", "food", BOX),
        )
        self.assertEqual((place.min_stay_s, place.end_grace_s), (4, 25))
        self.assertContains(self.client.get(LIST), "Miso&#x27;s bowl")

    def test_what_is_left_empty_is_as_usual_for_the_kind(self):
        for kind, habit in HABITS.items():
            with self.subTest(kind):
                self.send(kind=kind)
                place = Place.objects.get(kind=kind)
                self.assertEqual((place.name, place.min_stay_s, place.end_grace_s), habit)

    def test_every_kind_has_its_habit(self):
        self.assertEqual(set(HABITS), set(Place.Kind.values))

    def test_the_form_begins_with_what_the_kind_suggests(self):
        make_place(self.camera, name="food bowl")

        initial = self.client.get(NEW).context["form"].initial

        self.assertEqual(
            (initial["kind"], initial["name"], initial["min_stay_s"], initial["end_grace_s"]),
            ("food", "Food bowl 2", 3, 20),
        )

    def test_a_second_bowl_gets_a_number(self):
        for _ in range(3):
            self.send()

        names = set(Place.objects.values_list("name", flat=True))
        self.assertEqual(names, {"Food bowl", "Food bowl 2", "Food bowl 3"})

    def test_a_place_is_changed(self):
        place = make_place(self.camera)

        self.send(f"{LIST}{place.pk}/", kind="water", name="Fountain", outline=BOX[:3])

        place.refresh_from_db()
        self.assertEqual((place.kind, place.name, place.outline), ("water", "Fountain", BOX[:3]))

    def test_a_place_may_be_one_pets_own_and_never_a_foreign_one(self):
        miso = Pet.objects.create(household=self.cast.home, name="Miso")
        foreign = Pet.objects.create(household=self.cast.elsewhere, name="Rex")

        self.assertIn("not one of the available", self.error(pet=foreign.pk))
        self.send(pet=miso.pk)

        self.assertEqual(Place.objects.get().pet, miso)
        self.assertNotContains(self.client.get(NEW), "Rex")

    def test_removing_a_place_takes_the_visits_to_it_along_and_no_others(self):
        place, other = make_place(self.camera), make_place(self.camera, name="Sofa")
        make_visit(self.camera, place=place)
        kept = {make_visit(self.camera), make_visit(self.camera, place=other)}

        self.assertRedirects(self.client.post(f"{LIST}{place.pk}/delete/"), LIST)

        self.assertEqual(set(Place.objects.all()), {other})
        self.assertEqual(set(Visit.objects.all()), kept)
        counted = set(DayCount.objects.values_list("place_id", "visits"))
        self.assertEqual(counted, {(0, 1), (other.pk, 1)})

    def test_the_editor_shows_where_somebody_stood_lately(self):
        path = [(n * 90_000, Box(n / 10, 0.2, 0.1, 0.3)) for n in range(5)]
        make_visit(self.camera, path=pack(path))
        make_visit(self.camera, path=pack(path), is_refuted=True)
        make_visit(make_camera(self.cast.home), path=pack(path))

        shown = lately_at(self.camera)

        # A straight way needs no points between its ends.
        self.assertEqual(shown, [(0.05, 0.5), (0.45, 0.5)])
        self.assertContains(self.client.get(NEW), "&quot;lately&quot;: [[0.05, 0.5]")

    def test_long_ways_are_shown_by_some_of_their_points(self):
        way = [(n * 90_000, Box((n % 2) / 2, 0.2, 0.1, 0.3)) for n in range(1000)]
        for _ in range(2):
            make_visit(self.camera, path=pack(way))

        self.assertEqual(len(lately_at(self.camera)), MOST_POINTS)

    def test_each_change_is_told_to_the_processes_after_it(self):
        layer = get_channel_layer()
        async_to_sync(layer.group_add)(CAMERAS_GROUP, "listener")
        place = Place(camera=self.camera, name="Bowl", outline=BOX)

        for change in (save_place, take_place_away):
            with self.captureOnCommitCallbacks(execute=True):
                change(place)
            self.assertEqual(
                async_to_sync(layer.receive)("listener"),
                {"type": "camera.changed", "camera_id": self.camera.pk},
            )

    def test_two_who_save_the_same_name_at_once_cannot_both(self):
        make_place(self.camera)

        with self.assertRaises(NameTaken):
            save_place(Place(camera=self.camera, name="Bowl", outline=BOX))

        self.assertEqual(free_name(self.camera, "food"), "Food bowl")

    def test_the_list_takes_as_many_queries_for_three_places_as_for_one(self):
        def queries(url: str) -> int:
            with CaptureQueriesContext(connection) as captured:
                self.assertEqual(self.client.get(url).status_code, 200)
            return len(captured)

        make_place(self.camera)
        one = [queries(LIST), queries(NEW)]
        make_place(self.camera, name="Sofa")
        make_place(self.camera, name="Door")

        self.assertEqual([queries(LIST), queries(NEW)], one)


class RefusalTests(PlaceTestCase):
    def test_nothing_drawn(self):
        for outline in ("", "[]", " "):
            with self.subTest(outline):
                self.assertIn("Draw the place", self.error(outline=outline))

    def test_what_is_no_outline_at_all(self):
        corners = "[[0.1,0.1],[0.5,0.1],{}]"
        for outline in (
            "nonsense",
            "{}",
            "null",
            "7",
            '"[[0,0]]"',
            "[1,2,3]",
            corners.format("[0.5]"),
            corners.format("[0.5,0.5,0.5]"),
            corners.format('["0.5","0.5"]'),
            corners.format("[true,false]"),
            corners.format("[NaN,0.5]"),
            corners.format("[Infinity,0.5]"),
            corners.format("[0.5,1e999]"),
            corners.format("[0.5,1.01]"),
            corners.format("[0.5,-0.01]"),
            corners.format(f"[0.5,{10**3000}]"),
            corners.format("null"),
            "[" * 3900,
        ):
            with self.subTest(outline[:40]):
                self.assertIn("This is no outline", self.error(outline=outline))

    def test_too_few_and_too_many_corners(self):
        zigzag = [[n / 40, 0.1 if n % 2 else 0.2] for n in range(32)]

        self.assertIn("at least 3", self.error(outline=BOX[:2]))
        self.assertIn("at most 32", self.error(outline=[*zigzag, [0.5, 0.9]]))
        self.assertIn("at most 32", self.error(outline="[" + "[0.25,0.75]," * 4000 + "]"))
        self.assertRedirects(self.send(outline=[*zigzag[:31], [0.5, 0.9]]), LIST)

    def test_an_outline_that_crosses_itself(self):
        bow_tie = [BOX[0], BOX[2], BOX[1], BOX[3]]

        self.assertIn("crosses itself", self.error(outline=bow_tie))
        self.assertIn("crosses itself", self.error(outline=[*BOX, BOX[0]]))

    def test_a_place_too_small_to_stand_in(self):
        self.assertIn("too small", self.error(outline=[[0, 0], [0.01, 0], [0, 0.1]]))
        self.assertRedirects(self.send(outline=[[0, 0], [0.01, 0], [0, 0.1002]]), LIST)

    def test_a_name_that_another_place_of_the_camera_has(self):
        make_place(self.camera)
        make_place(make_camera(self.cast.home), name="Sofa")

        self.assertIn("has a place of this name", self.error(name="BOWL"))
        self.assertRedirects(self.send(name="Sofa"), LIST)

    def test_times_that_make_no_sense(self):
        self.assertIn("Ten minutes", self.error(min_stay_s="601"))
        self.assertIn("Zero seconds", self.error(end_grace_s="-1"))
        for text in ("soon", "nan", "inf"):
            self.assertIn("number", self.error(min_stay_s=text))

    def test_more_places_than_a_camera_can_have(self):
        for number in range(MOST_PLACES):
            make_place(self.camera, name=f"Place {number}")

        self.assertIn("Remove one first", self.error())

    def test_nothing_typed_or_drawn_is_lost(self):
        bow_tie = json.dumps([BOX[0], BOX[2], BOX[1], BOX[3]])

        answer = self.send(outline=bow_tie, name="Miso's bowl", min_stay_s="7", kind="water")

        self.assertContains(answer, f">\n{bow_tie}</textarea>")
        self.assertContains(answer, 'value="Miso&#x27;s bowl"')
        self.assertContains(answer, 'value="7"')
        self.assertContains(answer, 'value="water" required id="id_kind_1" checked')

    def test_a_refused_change_leaves_the_heading_and_the_row_as_they_were(self):
        place = make_place(self.camera)

        answer = self.send(f"{LIST}{place.pk}/", name="Fountain", outline="[]")

        self.assertEqual(answer.context["place"].name, "Bowl")
        self.assertContains(answer, "<h1>Bowl</h1>")

    def test_names_stay_text(self):
        payload = '"><script>alert(1)</script>'
        make_place(self.camera, name=payload)

        for url in (LIST, NEW, f"{LIST}{Place.objects.get().pk}/"):
            self.assertNotContains(self.client.get(url), "<script>alert")


class WhoMayDrawTests(PlaceTestCase):
    def urls(self, place: Place) -> list[str]:
        return [LIST, NEW, f"{LIST}{place.pk}/"]

    def test_only_owners_draw_and_everybody_else_gets_the_answer_for_a_missing_page(self):
        place = make_place(self.camera)

        for name in ("bob", "vera", "mallory", "root"):
            self.client.force_login(getattr(self.cast, name))
            for url in self.urls(place):
                with self.subTest(name, url=url):
                    self.assertEqual(self.client.get(url).status_code, 404)
            for url in (NEW, f"{LIST}{place.pk}/", f"{LIST}{place.pk}/delete/"):
                self.assertEqual(self.send(url, name="Mine").status_code, 404)

        self.assertEqual(list(Place.objects.values_list("name", flat=True)), ["Bowl"])

    def test_a_place_of_another_camera_is_not_found_under_this_one(self):
        foreign = make_place(make_camera(self.cast.elsewhere))

        for end in ("", "delete/"):
            self.assertEqual(self.send(f"{LIST}{foreign.pk}/{end}").status_code, 404)

        self.assertTrue(Place.objects.filter(pk=foreign.pk).exists())
