import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.cache import cache
from django.test import TestCase, override_settings
from django.urls import reverse

from streaming import camera_test
from tests.builders import make_camera
from tests.cast import make_cast
from tests.streaming.media.cameras import make_video

NEW = reverse("admin:streaming_camera_test_new")
SECRET = "rtsp://ann:canary-7f3@127.0.0.1:1/stream"


class TestConnectionTests(TestCase):
    """The test of a connection, as the owner of a household sees it."""

    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home, source_kind="rtsp", source_address=SECRET)

    def setUp(self):
        cache.clear()
        self.addCleanup(cache.clear)
        self.client.force_login(self.cast.alice)
        self.saved = reverse("admin:streaming_camera_test", args=[self.camera.pk])

    def ask(self, url: str, kind: str, address: str = ""):
        return self.client.post(
            url, {"source_kind": kind, "source_address": address, "rtsp_transport": "tcp"}
        )

    def test_what_is_found_is_told_in_figures_with_what_they_mean(self):
        with TemporaryDirectory() as directory:
            film = make_video(Path(directory) / "cat.mp4", frames=60)
            answer = self.ask(NEW, "file", str(film))

        for text in ("H.264", "frames/s", "Every browser plays it"):
            self.assertContains(answer, text)

    def test_a_camera_that_does_not_answer_is_told_in_words_without_its_password(self):
        answer = self.ask(self.saved, "rtsp")

        self.assertContains(answer, "The camera does not answer.")
        self.assertNotContains(answer, "canary")

    def test_an_address_is_checked_before_anything_is_asked(self):
        answer = self.ask(NEW, "rtsp", "http://192.0.2.1/canary")

        self.assertContains(answer, "Write it like rtsp://")
        self.assertNotContains(answer, "canary")

    def test_what_is_tested_is_not_saved(self):
        self.ask(self.saved, "file", "/nowhere.mp4")
        self.ask(self.saved, "rtsp", "rtsp://127.0.0.1:1/other")

        self.camera.refresh_from_db()
        self.assertEqual((self.camera.source_kind, self.camera.source_address), ("rtsp", SECRET))

    def test_a_person_tests_one_camera_at_a_time(self):
        cache.set(f"camera-test:{self.cast.alice.pk}", True)

        self.assertContains(self.ask(NEW, "demo"), "still under way")

    def test_a_file_that_is_no_video_is_told_in_words_and_the_next_test_may_begin(self):
        with TemporaryDirectory() as directory:
            film = Path(directory) / "cat.mp4"
            film.write_bytes(b"no video at all")
            answer = self.ask(NEW, "file", str(film))

        self.assertContains(answer, 'class="is-bad"')
        self.assertIsNone(cache.get(f"camera-test:{self.cast.alice.pk}"))

    def test_a_test_that_breaks_is_told_in_words_and_logged_without_the_password(self):
        with (
            TemporaryDirectory() as nothing_here,
            override_settings(BASE_DIR=nothing_here),
            self.assertLogs("streaming.camera_test", "ERROR") as said,
        ):
            report = camera_test.run(self.camera, asked_by=self.cast.alice)

        self.assertEqual(report["problem"]["code"], "test-broke")
        self.assertNotIn("canary", "".join(said.output))


def test_the_program_answers_nonsense_with_an_error_and_not_with_a_hang():
    process = subprocess.run(
        [sys.executable, "-m", "streaming.media.probe_program"],
        input="nonsense",
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert process.returncode == 1
    assert process.stdout == ""
