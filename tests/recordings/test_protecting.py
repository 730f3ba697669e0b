"""What starred visits and clips keep."""

from datetime import timedelta
from uuid import UUID

from detections.models import Boot
from recordings import retaining, services
from recordings.alerts import alerts_for
from recordings.models import Clip, Policy, Segment, Storage
from tests.builders import make_camera, make_visit
from tests.recordings.retaining_home import DAY, HOUR, MINUTE, NOW, ZERO, Retaining
from tests.recordings.rows import SECOND_90K, make_segment, make_segments

_State = Segment.State


class ProtectedTests(Retaining):
    """Starred visits and clips to be made: neither age nor size takes their segments."""

    def protected(self) -> set[UUID]:
        retaining.protect(services.policies())
        return set(Segment.objects.filter(is_protected=True).values_list("pk", flat=True))

    def test_what_a_starred_visit_needs(self):
        """A visit of 20 s an hour ago; recorded from 10 s before it until 15 s after it."""
        table = [
            # begins (s after the visit's begin), lasts (s), is protected
            (-70, 60, False),
            (-70, 61, True),
            (-5, 60, True),
            (0, 20, True),
            (10, 5, True),
            (34, 60, True),
            (35, 60, False),
            (-7000, 7100, True),
            (-9000, 9100, False),
        ]
        self.visit(HOUR, is_starred=True)
        for begins_s, lasts_s, is_protected in table:
            with self.subTest(begins_s=begins_s, lasts_s=lasts_s):
                Segment.objects.all().delete()
                segment = self.segment(HOUR - timedelta(seconds=begins_s), seconds=lasts_s)
                self.assertEqual(self.protected(), {segment.pk} if is_protected else set())

    def test_how_much_around_it_is_the_camera_s_own(self):
        """20 s from an hour ago on; another camera's policy or none changes nothing."""
        Policy.objects.update(pre_s=60, post_s=0)
        unsaid = make_camera(self.cast.home)
        expected = set()
        for camera, pre_s, post_s in ((self.camera, 60, 0), (unsaid, 10, 15)):
            self.visit(HOUR, is_starred=True, camera=camera)
            for begins_s, lasts_s, is_protected in (
                (-pre_s - 5, 5, False),
                (-pre_s, 5, True),
                (20 + post_s - 5, 5, True),
                (20 + post_s, 5, False),
            ):
                begin = NOW - HOUR + timedelta(seconds=begins_s)
                segment = make_segment(camera, self.boot, started_at=begin, seconds=lasts_s)
                expected |= {segment.pk} if is_protected else set()

        self.assertEqual(self.protected(), expected)

    def test_what_is_on_its_way_out_is_not_marked_any_more(self):
        self.segment(HOUR, state=_State.DELETING)
        self.visit(HOUR, is_starred=True)

        self.assertEqual(self.protected(), set())

    def test_media_times_of_another_start_of_the_machine_are_others(self):
        another = Boot.objects.create(name="another", zero_at=ZERO - DAY)
        visit = self.visit(HOUR, is_starred=True)
        make_segment(
            self.camera,
            another,
            started_at=another.zero_at + timedelta(seconds=visit.start_90k / SECOND_90K),
        )

        self.assertEqual(self.protected(), set())

    def test_whose_star_counts(self):
        segment = self.segment(HOUR)
        other = make_camera(self.cast.home)
        foreign = make_segment(other, self.boot, started_at=NOW - HOUR)
        visit = self.visit(HOUR)
        table = [
            ({"is_starred": False}, set()),
            ({"is_starred": True}, {segment.pk}),
            ({"is_refuted": True}, set()),
            ({"is_refuted": False, "camera": other}, {foreign.pk}),
            ({"camera": self.camera, "is_starred": False}, set()),
        ]
        for changes, expected in table:
            with self.subTest(changes):
                type(visit).objects.filter(pk=visit.pk).update(**changes)
                self.assertEqual(self.protected(), expected)

    def test_a_visit_without_a_boot_goes_by_the_clock(self):
        segment = self.segment(HOUR)
        self.segment(2 * HOUR)
        make_visit(self.camera, started_at=NOW - HOUR, ended_at=NOW - HOUR, is_starred=True)

        self.assertEqual(self.protected(), {segment.pk})

    def test_the_clock_that_was_set_since_changes_nothing(self):
        segment = self.segment(HOUR)
        self.visit(HOUR, is_starred=True)
        Segment.objects.update(started_at=NOW - DAY, ended_at=NOW - DAY + MINUTE)

        self.assertEqual(self.protected(), {segment.pk})

    def test_a_clip_protects_until_it_is_made(self):
        segment = self.segment(HOUR)
        clip = Clip.objects.create(
            household=self.cast.home,
            camera=self.camera,
            started_at=NOW - HOUR,
            ended_at=NOW - HOUR + MINUTE,
        )
        for state in Clip.State:
            with self.subTest(state):
                Clip.objects.filter(pk=clip.pk).update(state=state)
                expected = {segment.pk} if state in ("waiting", "working") else set()
                self.assertEqual(self.protected(), expected)

    def test_more_stars_than_fit_into_one_query(self):
        for number in range(120):
            self.visit(2 * DAY - number * HOUR / 4, is_starred=True)
        make_segments([self.camera], self.boot, since=NOW - 2 * DAY, until=NOW)

        protected = self.protected()

        # Each 20 s visit at the begin of a segment, with that before it and not that after it.
        self.assertEqual(len(protected), 239)

    def test_neither_age_nor_size_takes_what_is_starred(self):
        self.visit(20 * DAY, is_starred=True)
        starred = self.segment(20 * DAY)
        self.segment(20 * DAY - HOUR)
        self.segment(HOUR)
        Storage.objects.update(quota_mb=1)

        self.assertEqual(self.look().gone, 2)

        self.assertEqual(self.left(), {starred.pk})
        (alert,) = alerts_for(self.cast.alice)
        self.assertIn("Clips and starred visits take 1500 %", alert.text)

    def test_the_alert_ends_with_its_reason(self):
        visit = self.visit(HOUR, is_starred=True)
        self.segment(HOUR)
        Storage.objects.update(quota_mb=15)
        self.look()
        self.assertEqual(len(alerts_for(self.cast.alice)), 1)

        type(visit).objects.update(is_starred=False)
        self.look(NOW + MINUTE)

        self.assertEqual(alerts_for(self.cast.alice), [])
