"""Recording in the admin: owners see and set up their own, and nobody else's."""

from datetime import timedelta
from unittest import skipUnless
from urllib.parse import quote

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from detections.models import Boot
from recordings import services
from recordings.alerts import raise_alert
from recordings.files.names import CLIPS
from recordings.models import Alert, Clip, Policy, Segment, Storage
from recordings.services import save_policy, tell_health
from streaming.services import remove_camera
from tests.builders import make_camera
from tests.cast import make_cast
from tests.recordings.rows import folder_of_recordings, make_segment

LISTS = [f"/admin/recordings/{name}/" for name in ("policy", "segment", "clip", "alert")]
POLICIES, SEGMENTS, CLIPS_PAGE, ALERTS = LISTS


class RecordingsAdminTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.now = timezone.now()
        cls.boot = Boot.objects.create(name="a boot", zero_at=cls.now - timedelta(days=2))
        cls.kitchen = make_camera(cls.cast.home, name="Kitchen")
        cls.foreign = make_camera(cls.cast.elsewhere, name="Cellar")
        for camera in (cls.kitchen, cls.foreign):
            cls.one_more(camera)

    @classmethod
    def one_more(cls, camera) -> None:
        count = Segment.objects.count()
        make_segment(
            camera, cls.boot, started_at=cls.now - timedelta(hours=10) + timedelta(minutes=count)
        )
        Clip.objects.create(
            household=camera.household,
            camera=camera,
            started_at=cls.now,
            ended_at=cls.now,
            state=Clip.State.READY,
            bytes=5_000_000,
        )
        raise_alert(f"slow-{count}", "The disk is slow.", camera_id=camera.pk)

    def setUp(self):
        self.root = self.enterContext(folder_of_recordings())
        self.store = services.store()
        services.storage()
        self.client.force_login(self.cast.alice)

    def listed(self, url: str) -> list:
        return list(self.client.get(url).context["cl"].result_list)

    def queries(self, url: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            self.assertEqual(self.client.get(url).status_code, 200)
        return len(asked)

    def test_lists_take_as_many_queries_for_three_rows_as_for_one(self):
        for url in LISTS:
            self.queries(url)
        one = [self.queries(url) for url in LISTS]
        self.one_more(make_camera(self.cast.home))
        self.one_more(make_camera(self.cast.home))
        self.queries(POLICIES)

        self.assertEqual([self.queries(url) for url in LISTS], one)

    @skipUnless(connection.vendor == "sqlite", "reads SQLite's query plans")
    def test_a_page_of_several_cameras_is_found_without_sorting_all_of_them(self):
        self.one_more(make_camera(self.cast.home))
        with CaptureQueriesContext(connection) as asked:
            self.assertEqual(len(self.listed(SEGMENTS)), 2)
        ordered = [query["sql"] for query in asked if '"recordings_segment"' in query["sql"]]

        for sql in ordered:
            with connection.cursor() as cursor, self.subTest(sql):
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
                self.assertNotIn("USE TEMP B-TREE FOR ORDER BY", str(cursor.fetchall()))
        self.assertGreaterEqual(len(ordered), 2)
        # Whatever sections the admin has.
        self.assertLess(len(asked), 15)

    def test_an_owner_sees_the_own_cameras_recording_alone(self):
        for url in LISTS:
            with self.subTest(url):
                self.assertEqual([row.camera for row in self.listed(url)], [self.kitchen])
                self.assertNotContains(self.client.get(url), "Cellar")

    def test_what_concerns_all_cameras_is_for_every_owner(self):
        raise_alert("disk-full", "The disk is full.")

        self.assertEqual(len(self.listed(ALERTS)), 2)

    def test_another_household_s_pages_are_as_if_missing(self):
        self.client.get(POLICIES)
        foreign = {
            "segment": Segment.objects.get(camera=self.foreign),
            "clip": Clip.objects.get(camera=self.foreign),
            "policy": Policy.objects.get(camera=self.foreign),
        }
        for name, row in foreign.items():
            with self.subTest(name):
                page = reverse(f"admin:recordings_{name}_change", args=[row.pk])
                self.assertRedirects(self.client.get(page), "/admin/")

    def test_a_segment_leads_to_its_moment_in_the_portal(self):
        segment = Segment.objects.get(camera=self.kitchen)
        page = self.client.get(reverse("admin:recordings_segment_changelist"))

        at = quote(segment.started_at.isoformat())
        self.assertContains(page, f'href="/cameras/{self.kitchen.slug}/recordings/?at={at}"')

        Segment.objects.update(state=Segment.State.LOST)
        page = self.client.get(reverse("admin:recordings_segment_changelist"))
        self.assertNotContains(page, "?at=")

    def test_segments_and_alerts_can_only_be_read(self):
        for name, model in (("segment", Segment), ("alert", Alert)):
            pk = model.objects.get(camera=self.kitchen).pk
            page = reverse(f"admin:recordings_{name}_change", args=[pk])
            with self.subTest(name):
                self.assertEqual(self.client.get(page).status_code, 200)
                self.assertEqual(self.client.post(page, {}).status_code, 403)
                delete = reverse(f"admin:recordings_{name}_delete", args=[pk])
                self.assertEqual(self.client.post(delete, {"post": "yes"}).status_code, 403)

    def test_an_owner_says_what_is_recorded(self):
        self.client.get(POLICIES)
        policy = Policy.objects.get(camera=self.kitchen)
        told = {"mode": "visits", "pre_s": 5, "post_s": 20, "keep_days": 7, "quota_mb": 500}

        self.client.post(reverse("admin:recordings_policy_change", args=[policy.pk]), told)

        policy.refresh_from_db()
        self.assertEqual({name: getattr(policy, name) for name in told}, told)
        self.assertEqual(policy.camera, self.kitchen)

    def test_the_list_says_how_recording_is_now(self):
        save_policy(Policy(camera=self.kitchen, mode=Policy.Mode.ALWAYS))
        self.assertContains(self.client.get(POLICIES), "the recorder says nothing")

        tell_health(self.kitchen.pk, {"state": "recording", "text": ""})
        self.assertContains(self.client.get(POLICIES), "recording</td>")

        tell_health(self.kitchen.pk, {"state": "failed", "text": "The disk is full."})
        self.assertContains(self.client.get(POLICIES), "The disk is full.")

    def test_a_deleted_clip_takes_its_file_along(self):
        clip = Clip.objects.get(camera=self.kitchen)
        file = self.store.folder(CLIPS) / f"{clip.file}.mp4"
        file.write_bytes(b"clip")

        self.client.post(reverse("admin:recordings_clip_delete", args=[clip.pk]), {"post": "yes"})

        self.assertFalse(file.exists())
        self.assertFalse(Clip.objects.filter(pk=clip.pk).exists())

    def test_a_clip_gets_another_title(self):
        clip = Clip.objects.get(camera=self.kitchen)

        page = reverse("admin:recordings_clip_change", args=[clip.pk])
        self.client.post(page, {"title": "Miso falls off the sofa", "state": "failed"})

        clip.refresh_from_db()
        self.assertEqual((clip.title, clip.state), ("Miso falls off the sofa", "ready"))


class StorageAdminTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.kitchen = make_camera(cls.cast.home, name="Kitchen")
        cls.foreign = make_camera(cls.cast.elsewhere, name="Cellar")
        now = timezone.now()
        boot = Boot.objects.create(name="a boot", zero_at=now - timedelta(days=2))
        for camera in (cls.kitchen, cls.foreign):
            save_policy(Policy(camera=camera, mode=Policy.Mode.ALWAYS))
            for minute in range(20):
                make_segment(camera, boot, started_at=now - timedelta(minutes=20 - minute))

    def setUp(self):
        self.root = self.enterContext(folder_of_recordings())
        services.storage()
        self.client.force_login(self.cast.alice)
        self.list = reverse("admin:recordings_storage_changelist")
        self.page = reverse("admin:recordings_storage_change", args=[Storage.ONLY])

    def test_there_is_one_page_with_figures_and_a_forecast(self):
        # 15 MB a minute each: 4 GB make it 4000 / 30 minutes.
        Storage.objects.update(quota_mb=4000, keep_free_mb=0)

        page = self.client.get(self.list, follow=True)

        self.assertEqual(page.redirect_chain, [(self.page, 302)])
        self.assertContains(page, "572.2\xa0MB</strong> of at most")
        self.assertContains(page, "<strong>about 2 hours</strong>", html=True)
        self.assertContains(page, "Kitchen")
        self.assertNotContains(page, "Cellar")

    def test_who_owns_but_one_of_the_households_only_reads(self):
        self.assertEqual(self.client.get(self.page).status_code, 200)
        self.assertEqual(self.client.post(self.page, {"quota_mb": 200}).status_code, 403)

    def test_a_superuser_sets_the_limits(self):
        self.client.force_login(self.cast.root)
        told = {"quota_mb": 200, "keep_free_mb": 50, "warn_percent": 70}

        self.client.post(self.page, told)

        storage = Storage.objects.get()
        self.assertEqual({name: getattr(storage, name) for name in told}, told)

    def test_the_only_household_s_owner_sets_the_limits(self):
        remove_camera(self.foreign)
        self.cast.elsewhere.delete()
        told = {"quota_mb": 200, "keep_free_mb": 50, "warn_percent": 70}

        self.client.post(self.page, told)

        self.assertEqual(Storage.objects.get().quota_mb, 200)

    def test_a_folder_that_is_away_is_said(self):
        with self.settings(PETCAM_RECORDINGS_DIR=self.root / "away"):
            self.assertContains(self.client.get(self.page), "is not there")
