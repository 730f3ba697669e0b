import io
import os
from base64 import b64decode
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import av
from django.urls import reverse

from recordings.models import Segment
from tests.recordings.recorded import FRAMES, NOON, NOON_90K, SECOND, Recorded, after_noon
from tests.recordings.rows import make_segment
from tests.streaming.media.moving_picture import TICKS_PER_FRAME


def decoded_frames(mp4: bytes) -> int:
    with av.open(io.BytesIO(mp4), "r", format="mp4") as container:
        return sum(1 for _ in container.decode(video=0))


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
