"""Ways to recordings, from wherever people are."""

import re
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from detections.models import Boot
from recordings.models import Policy
from tests.builders import make_camera, make_visit
from tests.cast import make_cast
from tests.recordings.rows import make_segment, make_segments

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class WatchLinksTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home, slug="kitchen")
        cls.visit = make_visit(cls.camera, started_at=NOON)

    def page(self, name: str, *args: object, of: str = "vera") -> str:
        self.client.force_login(getattr(self.cast, of))
        return self.client.get(reverse(name, args=args)).content.decode()

    def test_a_recorded_visit_is_watched_from_a_little_before_it_began(self):
        boot = Boot.objects.create(name="boot", zero_at=NOON - timedelta(days=1))
        make_segment(self.camera, boot, started_at=NOON - timedelta(seconds=20))

        page = self.page("visit", self.visit.pk)

        at = "at=2026-11-22T11%3A59%3A58.500%2B00%3A00"
        self.assertIn(f'href="/cameras/kitchen/recordings/?{at}"', page)

    def test_a_visit_that_was_not_recorded_leads_nowhere(self):
        self.assertNotIn("Watch it", self.page("visit", self.visit.pk))

    def test_history_leads_to_what_was_recorded_of_each_visit(self):
        boot = Boot.objects.create(name="boot", zero_at=NOON - timedelta(days=1))
        other = make_camera(self.cast.home, slug="hall")
        elsewhere = make_visit(other, started_at=NOON)
        later = make_visit(self.camera, started_at=NOON + timedelta(hours=1))
        lost = make_visit(self.camera, started_at=NOON + timedelta(hours=2))
        for visit, state in (
            (self.visit, "complete"),
            (later, "writing"),
            (lost, "lost"),
        ):
            # It covers the visit's last second alone.
            begin = visit.ended_at - timedelta(seconds=1)
            make_segment(self.camera, boot, started_at=begin, state=state)

        page = self.page("history")

        links = dict(
            re.findall(
                r'data-visit="(\d+)".*?(?:class="visit-play" href="(.*?)"|</li>)', page, re.S
            )
        )
        at = "/cameras/kitchen/recordings/?at=2026-11-22T"
        expected = {
            str(self.visit.pk): f"{at}11%3A59%3A58.500%2B00%3A00",
            str(later.pk): f"{at}12%3A59%3A58.500%2B00%3A00",
            str(lost.pk): "",
            str(elsewhere.pk): "",
        }
        self.assertEqual(links, expected)

    def test_history_asks_once_for_all_of_a_page(self):
        boot = Boot.objects.create(name="boot", zero_at=NOON - timedelta(days=1))
        make_segment(self.camera, boot, started_at=NOON - timedelta(seconds=20))
        self.page("history")
        queries = []
        for visits in (1, 24):
            for minute in range(1, visits):
                make_visit(self.camera, started_at=NOON + timedelta(minutes=minute))
            make_segments([self.camera], boot, since=NOON, until=NOON + timedelta(minutes=visits))
            with CaptureQueriesContext(connection) as asked:
                page = self.client.get(reverse("history")).content.decode()
            queries.append(len(asked))
            self.assertEqual(page.count('class="visit-play"'), visits)

        self.assertEqual(queries[0], queries[1])
        self.assertLessEqual(queries[1], 20)

    def test_the_live_page_leads_to_its_recordings(self):
        self.assertIn('href="/cameras/kitchen/recordings/"', self.page("camera", "kitchen"))

    def test_only_owners_are_led_to_where_recording_is_switched_on(self):
        admin = reverse("admin:recordings_policy_changelist")
        for name, may in (("vera", False), ("bob", False), ("alice", True)):
            with self.subTest(name):
                page = self.page("recordings", "kitchen", of=name)
                self.assertIn("This camera is not recorded.", page)
                self.assertEqual(admin in page, may)

    def test_a_recorded_camera_says_nothing_of_it(self):
        Policy.objects.create(camera=self.camera, mode=Policy.Mode.VISITS)

        page = self.page("recordings", "kitchen", of="alice")

        self.assertNotIn("This camera is not recorded.", page)
        self.assertIn("Recording begins when somebody is there.", page)
