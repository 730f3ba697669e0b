"""Who may see recordings and clips, and who may change clips."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from django.contrib.auth.models import AnonymousUser
from django.test import TestCase

from detections.models import Boot
from recordings.access import (
    ClipNotFound,
    SegmentNotFound,
    clip_for,
    segment_for,
    segments_between,
)
from recordings.models import Clip, Segment
from streaming.services import remove_camera
from tests.builders import make_camera
from tests.cast import make_cast
from tests.recordings.rows import MINUTE, make_segment

NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)


class AccessTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home)
        cls.boot = Boot.objects.create(name="a boot", zero_at=NOON - timedelta(days=1))
        cls.segment = make_segment(cls.camera, cls.boot, started_at=NOON)
        cls.clip = Clip.objects.create(
            household=cls.cast.home, camera=cls.camera, started_at=NOON, ended_at=NOON
        )

    def may(self, name: str, *, see: bool, change: bool) -> None:
        user = getattr(self.cast, name)
        with self.subTest(name):
            self.assertEqual(self.sees(lambda: segment_for(user, self.segment.pk)), see)
            self.assertEqual(self.sees(lambda: clip_for(user, self.clip.pk)), see)
            changes = self.sees(lambda: clip_for(user, self.clip.pk, to_change=True))
            self.assertEqual(changes, change)

    def sees(self, look) -> bool:
        try:
            look()
        except (SegmentNotFound, ClipNotFound):
            return False
        return True

    def test_a_household_sees_its_own_and_viewers_change_nothing(self):
        self.may("alice", see=True, change=True)
        self.may("bob", see=True, change=True)
        self.may("vera", see=True, change=False)
        self.may("mallory", see=False, change=False)
        self.may("root", see=False, change=False)
        self.cast.nobody = AnonymousUser()
        self.may("nobody", see=False, change=False)

    def test_what_is_missing_is_as_what_is_somebody_else_s(self):
        with self.assertRaises(SegmentNotFound):
            segment_for(self.cast.alice, uuid4())
        with self.assertRaises(ClipNotFound):
            clip_for(self.cast.alice, 999)

    def test_only_what_can_be_played_is_found(self):
        for state in Segment.State:
            with self.subTest(state):
                Segment.objects.update(state=state)
                is_playable = state in ("writing", "complete", "suspect")
                found = self.sees(lambda: segment_for(self.cast.alice, self.segment.pk))
                self.assertEqual(found, is_playable)
                between = segments_between(self.camera, NOON, NOON + MINUTE)
                self.assertEqual(between.count(), is_playable)

    def test_a_camera_that_is_gone_shows_nothing_but_its_clips(self):
        remove_camera(self.camera)

        self.assertFalse(self.sees(lambda: segment_for(self.cast.alice, self.segment.pk)))
        self.assertIsNone(clip_for(self.cast.alice, self.clip.pk).camera)

    def test_segments_between_two_moments(self):
        second = make_segment(self.camera, self.boot, started_at=NOON + MINUTE)
        make_segment(make_camera(self.cast.home), self.boot, started_at=NOON)
        moment = timedelta(milliseconds=1)
        table = [
            (-MINUTE, timedelta(0), []),
            (-MINUTE, moment, [self.segment]),
            (timedelta(0), MINUTE, [self.segment]),
            (MINUTE - moment, MINUTE + moment, [self.segment, second]),
            (MINUTE, 5 * MINUTE, [second]),
            (2 * MINUTE, 5 * MINUTE, []),
        ]
        for since, until, expected in table:
            with self.subTest(since=since, until=until):
                found = segments_between(self.camera, NOON + since, NOON + until)
                self.assertEqual(list(found), expected)
