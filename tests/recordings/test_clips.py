"""Clips on pages: who may ask for which, and what comes of it."""

import shutil
from datetime import UTC, datetime, timedelta

from django.test import TestCase, override_settings
from django.utils import timezone

from recordings import services
from recordings.clips import MOST_TO_MAKE, file_of
from recordings.models import Clip
from recordings.thumbnails import thumbnailer
from tests.builders import make_camera, make_visit
from tests.cast import make_cast
from tests.recordings.answers import body_of
from tests.recordings.rows import folder_of_recordings

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = {"from": "2026-11-22T12:00:00Z", "to": "2026-11-22T12:01:00Z"}
ADD = "/cameras/kitchen/clips/add/"


class ClipTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home, name="Kitchen", slug="kitchen")
        cls.foreign = make_camera(cls.cast.elsewhere, slug="cellar")
        cls.addClassCleanup(thumbnailer.close)

    def setUp(self):
        self.enterContext(folder_of_recordings())
        self.store = services.open_store()
        self.client.force_login(self.cast.bob)

    def make_clip(self, **overrides: object) -> Clip:
        fields = {
            "household": self.cast.home,
            "camera": self.camera,
            "started_at": NOON,
            "ended_at": NOON + timedelta(minutes=1),
        }
        return Clip.objects.create(**fields | overrides)

    def make_ready(self, content: bytes = b"0123456789", **overrides: object) -> Clip:
        clip = self.make_clip(state=Clip.State.READY, bytes=len(content), **overrides)
        self.store.folder("clips")
        file_of(self.store, clip).write_bytes(content)
        return clip

    def test_a_clip_of_some_time_is_put_into_the_queue(self):
        answer = self.client.post(ADD, MINUTE | {"title": "Miso jumps", "is_exact": "on"})

        self.assertRedirects(answer, "/clips/")
        clip = Clip.objects.get()
        self.assertEqual((clip.started_at, clip.ended_at), (NOON, NOON + timedelta(minutes=1)))
        self.assertEqual((clip.title, clip.kind, clip.state), ("Miso jumps", "clip", "waiting"))
        self.assertTrue(clip.is_exact)
        self.assertEqual((clip.household, clip.created_by), (self.cast.home, self.cast.bob))

    @override_settings(TIME_ZONE="Europe/Berlin")
    def test_a_browsers_own_field_means_the_portals_time_zone(self):
        with timezone.override("Europe/Berlin"):
            self.client.post(ADD, {"from": "2026-11-22T13:00", "to": "2026-11-22T13:00:30"})

        self.assertEqual(Clip.objects.get().started_at, NOON)

    def test_a_script_gets_json(self):
        taken = self.client.post(ADD, MINUTE, headers={"accept": "application/json"})
        refused = self.client.post(ADD, {}, headers={"accept": "application/json"})

        clip = Clip.objects.get()
        self.assertEqual(
            (taken.status_code, taken.json()), (201, {"id": clip.pk, "url": "/clips/"})
        )
        self.assertEqual(refused.status_code, 400)
        self.assertIn("Say when.", refused.json()["error"])

    def test_the_next_seconds_are_a_recording_by_hand(self):
        before = timezone.now()
        self.client.post(ADD, {"next_s": "60"})

        clip = Clip.objects.get()
        self.assertEqual(clip.ended_at - clip.started_at, timedelta(minutes=1))
        self.assertTrue(before <= clip.started_at <= timezone.now())
        self.assertContains(self.client.get("/clips/"), "Being recorded until")

    def test_a_recording_by_hand_is_stopped_and_says_how_far_it_is(self):
        self.client.post(ADD, {"next_s": "60"})
        clip = Clip.objects.get()
        self.assertContains(self.client.get("/cameras/kitchen/"), f'data-clip="{clip.pk}"')

        stopped = self.client.post(
            f"/clips/{clip.pk}/change/", {"act": "stop"}, headers={"accept": "application/json"}
        )

        self.assertEqual(stopped.status_code, 204)
        told = self.client.get(f"/clips/{clip.pk}/state.json").json()
        self.assertEqual((told["state"], told["progress"], told["reason"]), ("waiting", 0, ""))
        self.assertLess(told["end_ms"] - told["start_ms"], 30_000)
        self.assertLessEqual(told["end_ms"], told["now_ms"])
        self.assertNotContains(self.client.get("/cameras/kitchen/"), "data-clip=")

    def test_nothing_else_is_stopped(self):
        later = timezone.now() + timedelta(minutes=1)
        clips = [
            self.make_clip(),
            self.make_clip(state=Clip.State.READY),
            self.make_clip(started_at=later, ended_at=later + timedelta(minutes=1)),
        ]
        for clip in clips:
            self.client.post(f"/clips/{clip.pk}/change/", {"act": "stop"})

            self.assertEqual(Clip.objects.get(pk=clip.pk).ended_at, clip.ended_at)

    def test_only_who_may_make_clips_sees_the_button(self):
        for name, expected in {"vera": False, "bob": True, "alice": True}.items():
            self.client.force_login(getattr(self.cast, name))
            page = self.client.get("/cameras/kitchen/").content.decode()
            self.assertEqual("data-record" in page, expected, name)

    def test_a_day_becomes_a_timelapse(self):
        yesterday = timezone.localdate() - timedelta(days=1)
        self.client.post(ADD, {"kind": "timelapse", "day": str(yesterday)})
        self.client.post(ADD, {"kind": "timelapse", "day": str(timezone.localdate())})

        today, day = Clip.objects.all()
        self.assertEqual((day.kind, timezone.localdate(day.started_at)), ("timelapse", yesterday))
        self.assertEqual(day.ended_at - day.started_at, timedelta(days=1))
        self.assertLessEqual(today.ended_at, timezone.now())

    def test_what_cannot_be_a_clip_is_refused_in_words(self):
        soon = timezone.now()
        cases = {
            "the wrong way round": ({"from": MINUTE["to"], "to": MINUTE["from"]}, "come after"),
            "too long": (MINUTE | {"to": "2026-11-22T14:00:01Z"}, "at most 2 hours"),
            "too long to encode": (
                MINUTE | {"to": "2026-11-22T12:15:01Z", "is_exact": "on"},
                "at most 15 minutes",
            ),
            "too far ahead": (
                {
                    "from": (soon + timedelta(minutes=59)).isoformat(),
                    "to": (soon + timedelta(minutes=62)).isoformat(),
                },
                "at most 1 hour from now",
            ),
            "no time": ({"to": MINUTE["to"]}, "Say when."),
            "no time at all": (MINUTE | {"from": "soon"}, "valid date/time"),
            "not of our time": (MINUTE | {"from": "0001-01-01T00:00:00Z"}, "of our time"),
            "a day to come": (
                {"kind": "timelapse", "day": str(timezone.localdate() + timedelta(days=2))},
                "has not begun",
            ),
            "a kind that is none": (MINUTE | {"kind": "film"}, "valid choice"),
        }
        for name, (told, words) in cases.items():
            with self.subTest(name):
                self.assertContains(self.client.post(ADD, told), words)
        self.assertFalse(Clip.objects.exists())

    def test_no_more_clips_may_wait_than_can_be_made(self):
        for _ in range(MOST_TO_MAKE):
            self.make_clip()
        self.make_clip(household=self.cast.elsewhere, camera=self.foreign)

        self.assertContains(self.client.post(ADD, MINUTE), "clips are waiting to be made")
        self.assertEqual(self.cast.home.clips.count(), MOST_TO_MAKE)

    def test_the_form_suggests_what_the_address_says(self):
        visit = make_visit(self.camera, started_at=NOON, ended_at=NOON + timedelta(minutes=1))

        by_time = self.client.get(ADD, MINUTE)
        by_visit = self.client.get(ADD, {"visit": visit.pk})
        by_day = self.client.get(ADD, {"day": "2026-11-21"})

        self.assertContains(by_time, 'value="2026-11-22T12:00:00"')
        self.assertContains(by_visit, 'value="2026-11-22T11:59:55"')
        self.assertContains(by_visit, f'name="visit" value="{visit.pk}"')
        self.assertContains(by_day, 'value="2026-11-21"')
        self.assertEqual(self.client.get(ADD).status_code, 200)

    def test_a_suggested_end_keeps_its_part_of_a_second(self):
        page = self.client.get(ADD, {"from": MINUTE["from"], "to": "2026-11-22T12:00:07.250Z"})

        self.assertContains(page, 'value="2026-11-22T12:00:08"')

    def test_a_visits_clip_knows_its_visit_and_no_foreign_one(self):
        visit = make_visit(self.camera)
        foreign = make_visit(self.foreign)

        self.client.post(ADD, MINUTE | {"visit": visit.pk})
        answer = self.client.post(ADD, MINUTE | {"visit": foreign.pk})

        self.assertEqual(answer.status_code, 404)
        self.assertEqual(Clip.objects.get().visit, visit)

    def test_a_visits_page_leads_to_its_clip_for_those_who_may_make_one(self):
        visit = make_visit(self.camera)
        link = f'href="{ADD}?visit={visit.pk}"'

        self.assertContains(self.client.get(f"/history/{visit.pk}/"), link)
        self.client.force_login(self.cast.vera)
        self.assertNotContains(self.client.get(f"/history/{visit.pk}/"), link)

    def test_the_day_offers_the_dialog_to_those_who_may_make_clips(self):
        day = "/cameras/kitchen/recordings/"

        self.assertContains(self.client.get(day), 'id="clip-dialog"')
        self.client.force_login(self.cast.vera)
        self.assertNotContains(self.client.get(day), 'id="clip-dialog"')

    def test_who_only_watches_makes_and_deletes_no_clips(self):
        clip = self.make_ready()
        self.client.force_login(self.cast.vera)

        answers = [
            self.client.get(ADD),
            self.client.post(ADD, MINUTE),
            self.client.post(f"/clips/{clip.pk}/change/", {"act": "delete"}),
        ]

        self.assertEqual([answer.status_code for answer in answers], [404] * 3)
        page = self.client.get("/clips/")
        self.assertContains(page, "Download")
        self.assertNotContains(page, "Make a clip")
        self.assertNotContains(page, 'name="act"')
        self.assertEqual(Clip.objects.count(), 1)

    def test_the_list_says_how_far_each_clip_is(self):
        self.make_ready(title="Miso jumps")
        self.make_clip(state="working", progress=42)
        self.make_clip(state="failed", reason="The disk is full.")
        self.make_clip(household=self.cast.elsewhere, camera=self.foreign, title="A secret")

        whole, piece = self.client.get("/clips/"), self.client.get("/clips/?part=1")

        for page in (whole, piece):
            for words in ("Miso jumps", "Being made: 42 %", "The disk is full.", "10\xa0bytes"):
                self.assertContains(page, words)
            self.assertContains(page, "data-unfinished")
            self.assertNotContains(page, "A secret")
        self.assertContains(whole, "<html")
        self.assertContains(self.client.get("/history/"), 'href="/clips/"')
        self.assertNotContains(piece, "<html")

    def test_the_list_costs_the_same_for_one_clip_and_many(self):
        def queries() -> int:
            with self.assertNumQueries(FewerThan(20)) as counted:
                self.client.get("/clips/")
            return len(counted)

        self.make_ready()
        one = queries()
        for _ in range(5):
            self.make_ready()
        self.assertEqual(queries(), one)

    def test_a_clip_is_played_by_ranges_and_downloaded_under_its_name(self):
        clip = self.make_ready(title='../Miso "jumps"')

        whole = self.client.get(f"/clips/{clip.pk}/clip.mp4?download")
        some = self.client.get(f"/clips/{clip.pk}/clip.mp4", headers={"range": "bytes=2-4"})

        self.assertEqual(whole["Content-Type"], "video/mp4")
        self.assertEqual(
            whole["Content-Disposition"],
            'attachment; filename="..-Miso \\"jumps\\" 2026-11-22 12.00.00.mp4"',
        )
        self.assertEqual(whole["Content-Length"], "10")
        self.assertEqual((some.status_code, some["Content-Range"]), (206, "bytes 2-4/10"))
        self.assertTrue(some["Content-Disposition"].startswith("inline"))
        for answer in (whole, some):
            self.assertEqual(answer["Cache-Control"], "no-store, private")
        self.assertEqual((body_of(whole), body_of(some)), (b"0123456789", b"234"))

    def test_a_title_of_several_lines_is_one_name(self):
        clip = self.make_ready(title="Miso\r\nand Bo\x1f")

        answer = self.client.get(f"/clips/{clip.pk}/clip.mp4?download")

        name = 'attachment; filename="Misoand Bo 2026-11-22 12.00.00.mp4"'
        self.assertEqual((answer.status_code, answer["Content-Disposition"]), (200, name))
        body_of(answer)

    def test_a_clip_that_is_not_there_is_said_to_be_missing(self):
        waiting, gone = self.make_clip(), self.make_ready()
        file_of(self.store, gone).unlink()

        for clip, status in ((waiting, 404), (gone, 410)):
            self.assertEqual(self.client.get(f"/clips/{clip.pk}/clip.mp4").status_code, status)
            self.assertEqual(self.client.get(f"/clips/{clip.pk}/poster.jpg").status_code, 204)

    def test_deleting_a_clip_takes_its_file_along(self):
        clip = self.make_ready()
        path = file_of(self.store, clip)

        self.client.post(f"/clips/{clip.pk}/change/", {"act": "delete"})

        self.assertFalse(path.exists())
        self.assertFalse(Clip.objects.exists())

    def test_a_clip_gets_another_title_and_one_that_failed_another_try(self):
        clip = self.make_clip(state="failed", reason="The disk is full.", progress=10)
        ready = self.make_ready()

        self.client.post(f"/clips/{clip.pk}/change/", {"act": "rename", "title": "Luna"})
        for each in (clip, ready):
            self.client.post(f"/clips/{each.pk}/change/", {"act": "again"})

        clip.refresh_from_db()
        ready.refresh_from_db()
        told = (clip.title, clip.state, clip.reason, clip.progress)
        self.assertEqual(told, ("Luna", "waiting", "", 0))
        self.assertEqual(ready.state, "ready")
        answer = self.client.post(f"/clips/{clip.pk}/change/", {"act": "burn"})
        self.assertEqual(answer.status_code, 400)

    def test_a_clip_stays_while_its_disk_is_away(self):
        clip = self.make_ready()
        shutil.rmtree(self.store.root)
        self.store.root.mkdir()

        response = self.client.post(f"/clips/{clip.pk}/change/", {"act": "delete"}, follow=True)

        self.assertContains(response, "The disk does not let the clip go.")
        told = self.client.post(
            f"/clips/{clip.pk}/change/", {"act": "delete"}, headers={"accept": "application/json"}
        )
        self.assertEqual(told.status_code, 409)
        self.assertIn("does not let the clip go", told.json()["error"])
        self.assertTrue(Clip.objects.filter(pk=clip.pk).exists())

    def test_no_more_failed_ones_may_be_tried_again_than_can_be_made(self):
        failed = [self.make_clip(state="failed") for _ in range(MOST_TO_MAKE + 1)]
        for clip in failed:
            page = self.client.post(f"/clips/{clip.pk}/change/", {"act": "again"}, follow=True)

        self.assertContains(page, "clips are waiting to be made")
        self.assertEqual(Clip.objects.filter(state="waiting").count(), MOST_TO_MAKE)

    def test_names_are_text_and_never_markup(self):
        self.make_ready(title="<img src=x onerror=alert(1)>")

        self.assertNotContains(self.client.get("/clips/"), "<img src=x")


class FewerThan(int):
    """A bound for assertNumQueries."""

    def __eq__(self, number: object) -> bool:
        return isinstance(number, int) and number < int(self)

    __hash__ = int.__hash__
