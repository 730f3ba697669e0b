"""Paths, junk and others' ids wherever recordings take an id: nothing comes of them."""

from datetime import timedelta

from django.test import TestCase
from django.utils import timezone

from detections.models import Boot
from recordings import services
from recordings.clips import file_of
from recordings.models import Clip
from tests.builders import make_camera
from tests.cast import make_cast
from tests.recordings.answers import body_of
from tests.recordings.hostility import ADDRESSES, QUERIES, REFUSED, junk_addresses, ranges
from tests.recordings.rows import folder_of_recordings, make_segment

LENGTH = 100_000
SECRET = b"what lies beside the recordings"


class HostilityTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home, slug="kitchen")
        cls.foreign = make_camera(cls.cast.elsewhere, slug="cellar")
        cls.root = cls.enterClassContext(folder_of_recordings())
        boot = Boot.objects.create(name="boot", zero_at=timezone.now() - timedelta(hours=1))
        cls.segments = [cls.make_segment(camera, boot) for camera in (cls.camera, cls.foreign)]
        cls.clips = [cls.make_clip(camera) for camera in (cls.camera, cls.foreign)]
        (cls.root / "secret-key").write_bytes(SECRET)

    @classmethod
    def make_segment(cls, camera, boot):
        segment = make_segment(camera, boot, started_at=timezone.now(), bytes=LENGTH)
        folder = services.store().camera_folder(camera.pk)
        (folder / f"{segment.uuid}.mp4").write_bytes(bytes(LENGTH))
        return segment

    @classmethod
    def make_clip(cls, camera):
        now = timezone.now()
        clip = Clip.objects.create(
            household=camera.household,
            camera=camera,
            started_at=now,
            ended_at=now,
            state=Clip.State.READY,
        )
        services.store().folder("clips")
        file_of(services.store(), clip).write_bytes(bytes(LENGTH))
        return clip

    def setUp(self):
        self.client.force_login(self.cast.alice)

    def test_junk_is_no_id(self):
        for address in junk_addresses():
            with self.subTest(address[:80]):
                answer = self.client.get(address)
                self.assertIn(answer.status_code, REFUSED)
                self.assertNotIn(SECRET, body_of(answer))

    def test_questions_that_make_no_sense_are_refused(self):
        for query in QUERIES:
            with self.subTest(query[:60]):
                self.assertIn(self.client.get(f"/cameras/kitchen/{query}").status_code, REFUSED)

    def test_the_ids_of_another_household_are_like_none(self):
        ids = (self.segments[1].uuid, self.clips[1].pk, self.foreign.slug)
        for address in ADDRESSES:
            for one in ids:
                with self.subTest(address, id=one):
                    answer = self.client.get(address.replace("{}", str(one)))
                    self.assertEqual(answer.status_code, 404)

    def test_a_link_in_the_store_leads_nowhere(self):
        paths = [
            services.store().segment(self.camera.pk, self.segments[0].uuid),
            file_of(services.store(), self.clips[0]),
        ]
        urls = [
            f"/recordings/{self.segments[0].uuid}/segment.mp4",
            f"/clips/{self.clips[0].pk}/clip.mp4",
        ]
        for path, url in zip(paths, urls, strict=True):
            with self.subTest(url):
                path.unlink()
                path.symlink_to(self.root / "secret-key")
                answer = self.client.get(url)
                self.assertIn(answer.status_code, (410, 503))
                self.assertNotIn(SECRET, body_of(answer))
                path.unlink()
                path.write_bytes(bytes(LENGTH))

    def test_a_range_gets_the_right_answer(self):
        for url in (
            f"/recordings/{self.segments[0].uuid}/segment.mp4",
            f"/clips/{self.clips[0].pk}/clip.mp4",
        ):
            for header, expected in ranges(LENGTH).items():
                with self.subTest(url, header=header[:40]):
                    answer = self.client.get(url, headers={"range": header})
                    body_of(answer)
                    self.assertEqual(answer.status_code, expected)
