import io
import json
import os
import re
from base64 import b64decode
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import av
from django.http.response import HttpResponseBase
from django.test import TestCase
from django.urls import reverse

from detections.models import Boot
from recordings.models import Segment
from recordings.thumbnails import thumbnailer
from tests.builders import make_camera, make_visit
from tests.cast import make_cast
from tests.recordings.rows import folder_of_recordings, make_segment, record
from tests.streaming.media.moving_picture import TICKS_PER_FRAME, encoded_units

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
FRAMES = 90
SECOND = 90_000
# Media times that no floating-point number of 32 bits holds.
ZERO = NOON - timedelta(days=40)
NOON_90K = 40 * 86_400 * SECOND


def after_noon(**span: float) -> datetime:
    return NOON + timedelta(**span)


def decoded_frames(mp4: bytes) -> int:
    with av.open(io.BytesIO(mp4), "r", format="mp4") as container:
        return sum(1 for _ in container.decode(video=0))


class Recorded(TestCase):
    """Three seconds of a kitchen from noon on, 30 pictures a second, a keyframe each half second;
    and three more after a gap of seven."""

    @classmethod
    def setUpTestData(cls):
        cls.folder = cls.enterClassContext(folder_of_recordings())
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home, name="Kitchen", slug="kitchen")
        cls.boot = Boot.objects.create(name="boot", zero_at=ZERO)
        cls.units = encoded_units(FRAMES, first_pts_90k=NOON_90K)
        cls.segment = record(cls.camera, cls.boot, cls.units)
        cls.later = record(
            cls.camera,
            cls.boot,
            encoded_units(FRAMES, width=640, height=360, first_pts_90k=NOON_90K + 10 * SECOND),
            is_after_gap=True,
        )

    def setUp(self):
        self.client.force_login(self.cast.vera)
        self.async_client.force_login(self.cast.vera)

    def path_of(self, segment: Segment) -> Path:
        return self.folder / str(segment.folder) / f"{segment.uuid}.mp4"

    def file_of(self, segment: Segment) -> bytes:
        return self.path_of(segment).read_bytes()

    def asked(self, name: str, **query: object) -> HttpResponseBase:
        told = {key.rstrip("_"): value for key, value in query.items()}
        return self.client.get(reverse(name, args=["kitchen"]), told)

    def told(self, name: str, **query: object):
        response = self.asked(name, **query)
        self.assertEqual(response.status_code, 200)
        return response.json()

    def index(self, segment: Segment):
        return self.client.get(reverse("segment-index", args=[segment.uuid]))

    async def bytes_of(self, segment: Segment, bytes_range: str = "") -> tuple[int, bytes]:
        headers = {"Range": bytes_range} if bytes_range else {}
        address = reverse("segment-file", args=[segment.uuid])
        response = await self.async_client.get(address, headers=headers)
        if not response.streaming:
            return response.status_code, response.content
        body = b"".join([piece async for piece in response.streaming_content])
        return response.status_code, body


class SegmentFileTests(Recorded):
    async def test_it_is_told_whole_and_plays(self):
        status, body = await self.bytes_of(self.segment)

        self.assertEqual(status, 200)
        self.assertEqual(body, self.file_of(self.segment))
        self.assertEqual(decoded_frames(body), FRAMES)

    async def test_its_decode_times_can_be_told_later(self):
        address = reverse("segment-file", args=[self.segment.uuid])
        response = await self.async_client.get(address, {"shift": 5 * SECOND})
        body = b"".join([piece async for piece in response.streaming_content])

        with av.open(io.BytesIO(body), "r", format="mp4") as container:
            times = [packet.pts for packet in container.demux(video=0) if packet.size]
        self.assertEqual(times, [5 * SECOND + n * TICKS_PER_FRAME for n in range(FRAMES)])
        self.assertNotEqual(response["ETag"], f'"{self.segment.digest.hex()}"')

    def test_a_shift_that_is_none_is_400(self):
        address = reverse("segment-file", args=[self.segment.uuid])
        for shift in (-1, "x", 2**60):
            self.assertEqual(self.client.get(address, {"shift": shift}).status_code, 400)

    async def test_the_ranges_of_its_index_are_whole_fragments_that_play(self):
        index = await self.index_later()
        parts = [(0, index["init_bytes"]), *(entry[:2] for entry in index["fragments"])]
        bodies = []
        for offset, size in parts:
            status, body = await self.bytes_of(self.segment, f"bytes={offset}-{offset + size - 1}")
            self.assertEqual((status, len(body)), (206, size))
            bodies.append(body)

        self.assertEqual(b"".join(bodies), self.file_of(self.segment))
        self.assertEqual(decoded_frames(bodies[0] + b"".join(bodies[3:])), FRAMES - 30)

    async def test_while_it_grows_it_is_told_as_far_as_it_is_committed(self):
        offset, size, *_ = (await self.index_later())["fragments"][2]
        end = offset + size
        self.segment.state, self.segment.bytes = Segment.State.WRITING, end
        await self.segment.asave()

        status, body = await self.bytes_of(self.segment)
        told = await self.index_later()
        self.assertEqual((status, len(body)), (200, end))
        self.assertEqual((await self.bytes_of(self.segment, f"bytes={end}-"))[0], 416)
        self.assertEqual((told["is_growing"], len(told["fragments"])), (True, 3))
        self.assertEqual(decoded_frames(body), 45)

    async def index_later(self):
        address = reverse("segment-index", args=[self.segment.uuid])
        return (await self.async_client.get(address)).json()

    async def test_a_file_that_is_gone_is_410_and_its_disk_503(self):
        self.put_aside(self.path_of(self.later))
        self.assertEqual((await self.bytes_of(self.later))[0], 410)

        folder = self.path_of(self.segment).parent
        self.put_aside(folder)
        folder.write_text("no folder")
        self.assertEqual((await self.bytes_of(self.segment))[0], 503)
        folder.unlink()

    def put_aside(self, path: Path) -> None:
        aside = path.with_suffix(".aside")
        path.rename(aside)
        self.addCleanup(aside.rename, path)

    async def test_a_link_or_a_folder_in_its_place_is_not_followed(self):
        path = self.path_of(self.later)
        self.put_aside(path)

        path.symlink_to("/etc/hostname")
        self.assertEqual((await self.bytes_of(self.later))[0], 410)
        path.unlink()
        path.mkdir()
        self.assertEqual((await self.bytes_of(self.later))[0], 410)
        path.rmdir()
        os.mkfifo(path)
        self.assertEqual((await self.bytes_of(self.later))[0], 410)
        path.unlink()

    def test_only_names_of_rows_are_opened(self):
        for name in (
            "../../petcam.sqlite3",
            "..%2f..%2fpetcam.sqlite3",
            "....//meta.json",
            "%00",
            str(self.segment.uuid).upper(),
            f"{self.segment.uuid}%00",
            f"{self.camera.pk}/{self.segment.uuid}",
            "0" * 5000,
        ):
            with self.subTest(name[:60]):
                response = self.client.get(f"/recordings/{name}/segment.mp4")
                self.assertEqual(response.status_code, 404)


class IndexTests(Recorded):
    def test_it_tells_where_which_pictures_are(self):
        told = self.index(self.segment).json()
        fragments, init = told.pop("fragments"), told.pop("init")

        self.assertEqual(
            told,
            {
                "id": str(self.segment.uuid),
                "boot": self.boot.pk,
                "start_90k": NOON_90K,
                "end_90k": NOON_90K + 3 * SECOND,
                "start_ms": round(NOON.timestamp() * 1000),
                "end_ms": round(NOON.timestamp() * 1000) + 3000,
                "is_growing": False,
                "codec": self.segment.codec,
                "width": 320,
                "height": 240,
                "pts_origin": NOON_90K,
                "init_bytes": self.segment.init_bytes,
            },
        )
        self.assertEqual(b64decode(init), self.file_of(self.segment)[: self.segment.init_bytes])
        self.assertEqual(fragments[0][0], self.segment.init_bytes)
        self.assertTrue(all(a[0] + a[1] == b[0] for a, b in pairwise(fragments)))
        self.assertEqual(sum(fragment[4] for fragment in fragments), FRAMES)
        self.assertEqual(
            [fragment[2:4] for fragment in fragments],
            [
                [NOON_90K + n * 15 * TICKS_PER_FRAME, NOON_90K + (n + 1) * 15 * TICKS_PER_FRAME]
                for n in range(6)
            ],
        )
        self.assertTrue(all(fragment[5] for fragment in fragments))

    def test_whoever_has_no_right_gets_the_answer_for_a_missing_one(self):
        for name in ("segment-index", "segment-file", "segment-thumbnail"):
            self.client.force_login(self.cast.mallory)
            foreign = self.client.get(reverse(name, args=[self.segment.uuid]), {"t": 0})
            missing = self.client.get(reverse(name, args=[uuid4()]), {"t": 0})

            self.assertEqual((foreign.status_code, missing.status_code), (404, 404))
            self.assertEqual(foreign.content, missing.content)

    def test_what_cannot_be_played_is_not_there(self):
        for state in ("lost", "missing", "deleting"):
            segment = make_segment(self.camera, self.boot, started_at=NOON, state=state)
            self.assertEqual(self.index(segment).status_code, 404)


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


class PlaylistTests(Recorded):
    def listed(self, since: datetime, until: datetime) -> str:
        response = self.asked("playlist", from_=since.isoformat(), to_=until.isoformat())
        self.assertEqual(response["Content-Type"], "application/vnd.apple.mpegurl")
        return response.content.decode()

    def parts(self, text: str) -> list[bytes]:
        """The bytes of each segment that the playlist names, its map before them."""
        files = []
        for part in text.split("#EXT-X-MAP:")[1:]:
            lines = part.splitlines()
            address = next(line for line in lines if line.startswith("/"))
            uuid = address.split("/")[2]
            data = self.file_of(Segment.objects.get(pk=uuid))
            ranges = [lines[0].split('BYTERANGE="')[1].rstrip('"')]
            ranges += [line.split(":")[1] for line in lines if line.startswith("#EXT-X-BYTERANGE:")]
            ends = [tuple(map(int, each.split("@"))) for each in ranges]
            files.append(b"".join(data[offset : offset + size] for size, offset in ends))
        return files

    def test_it_goes_on_over_a_gap_and_another_picture_size(self):
        text = self.listed(NOON, after_noon(minutes=1))

        self.assertEqual(text.count("#EXT-X-DISCONTINUITY\n"), 1)
        self.assertIn("#EXT-X-PROGRAM-DATE-TIME:2026-11-22T12:00:00.000Z", text)
        self.assertIn("#EXT-X-PROGRAM-DATE-TIME:2026-11-22T12:00:10.000Z", text)
        self.assertEqual([decoded_frames(part) for part in self.parts(text)], [FRAMES, FRAMES])

    async def test_a_player_that_reads_it_as_one_file_shows_every_picture(self):
        """Over a gap and another picture size: libav takes no notice of discontinuities."""
        response = await self.async_client.get(
            reverse("playlist", args=["kitchen"]),
            {"from": NOON.isoformat(), "to": after_noon(minutes=1).isoformat()},
        )
        text = response.content.decode()
        addresses = {line for line in text.splitlines() if line.startswith("/")}
        for number, address in enumerate(sorted(addresses, key=len, reverse=True)):
            served = await self.async_client.get(address)
            path = self.folder / f"part-{number}.mp4"
            path.write_bytes(b"".join([piece async for piece in served.streaming_content]))
            self.addCleanup(path.unlink)
            text = text.replace(address, str(path))
        path = self.folder / "playlist.m3u8"
        path.write_text(text)
        self.addCleanup(path.unlink)

        with av.open(str(path), "r", format="hls") as container:
            shown = [(frame.pts, frame.width) for frame in container.decode(video=0)]

        sizes = [320] * FRAMES + [640] * FRAMES
        self.assertEqual(shown, [(n * TICKS_PER_FRAME, size) for n, size in enumerate(sizes)])

    def test_it_begins_with_the_keyframe_before_and_ends_in_time(self):
        text = self.listed(after_noon(seconds=1.25), after_noon(seconds=2.25))

        self.assertIn("#EXT-X-PROGRAM-DATE-TIME:2026-11-22T12:00:01.000Z", text)
        self.assertEqual([decoded_frames(part) for part in self.parts(text)], [45])

    def test_what_is_not_there_any_more_is_left_out(self):
        make_segment(self.camera, self.boot, started_at=after_noon(seconds=4), seconds=2)

        self.assertEqual(len(self.parts(self.listed(NOON, after_noon(minutes=1)))), 2)

    def test_of_a_time_without_recordings_it_is_empty(self):
        text = self.listed(after_noon(hours=1), after_noon(hours=2))

        self.assertEqual(self.parts(text), [])
        self.assertTrue(text.endswith("#EXT-X-ENDLIST\n"))


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
