"""The day page and what it asks for: the timeline, and small pictures."""

import json
import re
from datetime import date

from django.http.response import HttpResponseBase
from django.urls import reverse

from recordings.models import Segment
from recordings.thumbnails import thumbnailer
from tests.builders import make_visit
from tests.recordings.recorded import NOON, NOON_90K, SECOND, Recorded, after_noon
from tests.recordings.rows import make_segment, record


class TimelineTests(Recorded):
    def hour(self, **query: object) -> dict[str, object]:
        return {"from_": NOON.isoformat(), "to_": after_noon(hours=1).isoformat()} | query

    def test_an_hour_has_its_segments_and_visits(self):
        visit = make_visit(self.camera, started_at=NOON)

        told = self.told("timeline", **self.hour())

        ids = [str(self.segment.uuid), str(self.later.uuid)]
        self.assertEqual([segment[0] for segment in told["segments"]], ids)
        self.assertEqual([seen["id"] for seen in told["visits"]], [visit.pk])
        self.assertEqual(
            told["motion"],
            {"start_ms": told["segments"][0][4], "step_ms": 10_000, "levels": ""},
        )

    def test_it_costs_the_same_for_one_and_for_many(self):
        make_visit(self.camera, started_at=NOON)
        with self.assertNumQueries(6):
            self.told("timeline", **self.hour())
        for minute in range(1, 4):
            make_visit(self.camera, started_at=after_noon(minutes=minute))
            make_segment(self.camera, self.boot, started_at=after_noon(minutes=minute))

        with self.assertNumQueries(6):
            told = self.told("timeline", **self.hour())
        self.assertEqual((len(told["segments"]), len(told["visits"])), (5, 4))

    def test_boxes_come_by_media_time(self):
        self.assertEqual(self.told("recorded-boxes", **self.hour()), {"paths": []})

    def test_what_is_no_range_is_400(self):
        hour = self.hour()
        for wrong in (
            {},
            {"from_": hour["from_"]},
            {"from_": hour["to_"], "to_": hour["from_"]},
            {"from_": hour["from_"], "to_": hour["from_"]},
            {"from_": "2026-11-22T12:00:00", "to_": hour["to_"]},
            {"from_": "yesterday", "to_": hour["to_"]},
            {"from_": "0001-01-01T00:00:00Z", "to_": hour["to_"]},
            {"from_": "9999-12-31T23:59:59-12:00", "to_": "9999-12-31T23:59:59-12:30"},
            {"from_": hour["from_"], "to_": "2027-11-22T12:00:00Z"},
            {"from_": hour["from_"], "to_": "2026-11-22T12:00:00Z" * 500},
        ):
            for name in ("timeline", "recorded-boxes", "playlist"):
                with self.subTest(name, **wrong):
                    self.assertEqual(self.asked(name, **wrong).status_code, 400)

    def test_a_plus_in_a_time_zone_may_come_as_a_blank(self):
        query = "from=2026-11-22T13:00:00+01:00&to=2026-11-22T14:00:00+01:00"
        response = self.client.get(f"/cameras/kitchen/recordings/timeline.json?{query}")

        self.assertEqual(len(response.json()["segments"]), 2)


class ThumbnailTests(Recorded):
    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        thumbnailer.close()

    def thumbnail(self, segment: Segment, t: object) -> HttpResponseBase:
        return self.client.get(reverse("segment-thumbnail", args=[segment.uuid]), {"t": t})

    def test_it_is_the_picture_of_that_moment(self):
        first = self.thumbnail(self.segment, NOON_90K)
        same = self.thumbnail(self.segment, NOON_90K + SECOND // 4)
        later = self.thumbnail(self.segment, NOON_90K + 2 * SECOND)

        self.assertEqual(first["Content-Type"], "image/jpeg")
        self.assertEqual(first.content, same.content)
        self.assertNotEqual(first.content, later.content)

    def test_before_the_first_picture_it_is_the_first(self):
        first, before = (self.thumbnail(self.segment, t) for t in (NOON_90K, 0))

        self.assertEqual(first.content, before.content)

    def test_what_is_no_media_time_is_400(self):
        for t in ("", "-1", "noon", "9" * 400):
            self.assertEqual(self.thumbnail(self.segment, t).status_code, 400)

    def test_of_a_segment_without_pictures_there_is_none(self):
        growing = record(self.camera, self.boot, self.units, state="writing", bytes=0)

        self.assertEqual(self.thumbnail(growing, 0).status_code, 204)


class DayPageTests(Recorded):
    def context(self, **query: object):
        return self.asked("recordings", **query).context

    def test_a_day_is_shown_with_its_bounds_and_neighbours(self):
        for days in (-3, 5):
            make_segment(self.camera, self.boot, started_at=after_noon(days=days))

        context = self.context(day="2026-11-22")

        self.assertEqual(context["day"], date(2026, 11, 22))
        self.assertEqual(context["end_ms"] - context["start_ms"], 86_400_000)
        self.assertEqual(context["day_before"], date(2026, 11, 19))
        self.assertEqual(context["day_after"], date(2026, 11, 27))
        self.assertEqual(list(context["others"]), [])
        self.assertEqual(context["mode"], "off")
        self.assertFalse(context["is_owner"])

    def test_a_link_to_an_instant_shows_its_day(self):
        context = self.context(at="2026-11-22T12:00:01.500Z")

        self.assertEqual(context["day"], date(2026, 11, 22))
        self.assertEqual(context["at_ms"], round(NOON.timestamp() * 1000) + 1500)

    def test_a_link_to_an_instant_brings_what_its_picture_needs(self):
        timeline = self.told(
            "timeline", from_=NOON.isoformat(), to_=after_noon(hours=1).isoformat()
        )

        for at, segment, segments, fragment in (
            ("12:00:01.5", self.segment, timeline["segments"], 3),
            ("11:59", self.segment, timeline["segments"], 0),
            ("12:00:05", self.later, timeline["segments"][1:], 0),
        ):
            with self.subTest(at):
                page = self.asked("recordings", at=f"2026-11-22T{at}Z").content.decode()
                told = json.loads(re.search(r'id="first-look"[^>]*>(.*?)</script>', page)[1])
                self.assertEqual(told["segments"], segments)
                self.assertEqual(told["index"], self.index(segment).json())
                self.assertIn(f'as="fetch" crossorigin="anonymous" href="{told["url"]}"', page)
                first, end = told["bytes"]
                address = reverse("segment-file", args=[segment.uuid])
                self.assertEqual(told["url"], f"{address}?bytes={first}-{end - 1}")
                self.assertEqual(first, told["index"]["fragments"][fragment][0])

    def test_where_nothing_can_be_shown_at_once_a_link_brings_nothing(self):
        gone = make_segment(self.camera, self.boot, started_at=after_noon(hours=4))

        for at in ("12:01", "16:00"):
            self.assertIsNone(self.context(at=f"2026-11-22T{at}Z")["first_look"], gone)

    def test_what_is_no_day_is_not_there(self):
        for query in ({"day": "0000-00-00"}, {"day": "9999-12-31"}, {"at": "noon"}):
            self.assertEqual(self.asked("recordings", **query).status_code, 404)
