"""The queue of clips: what comes out, in which order, and what a death in between leaves."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path
from unittest import skipIf

import av
from asgiref.sync import sync_to_async
from django.db import connection
from django.test import TestCase
from django.utils import timezone

from detections.models import Boot
from recordings import services
from recordings.clips import ask_for_clip, file_of
from recordings.exports import SETTLES, Exporter
from recordings.files.names import StoreRefused
from recordings.models import Clip, Segment, Storage
from tests.builders import make_camera
from tests.cast import make_cast
from tests.recordings.rows import folder_of_recordings, record
from tests.streaming.media.moving_picture import TICKS_PER_FRAME, encoded_units

UNITS = encoded_units(120, gop=30)
MINUTE = timedelta(minutes=1)


def frames_of(path: Path) -> int:
    with av.open(str(path)) as file:
        return sum(1 for _ in file.decode(video=0))


@skipIf(connection.vendor == "postgresql", "channels ends connections, and the test's transaction")
class ExportTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home, name="Kitchen")
        # Media time 0 was ten minutes ago.
        cls.zero_at = timezone.now() - timedelta(minutes=10)
        cls.boot = Boot.objects.create(name="boot", zero_at=cls.zero_at)

    def setUp(self):
        self.enterContext(folder_of_recordings())
        self.store = services.open_store()
        self.segment = record(self.camera, self.boot, UNITS)
        self.exporter = Exporter()

    def ask(self, first: int = 0, end: int = 120, **told: object) -> Clip:
        """A clip of these frames."""
        since, until = (
            self.zero_at + timedelta(seconds=frame * TICKS_PER_FRAME / 90_000)
            for frame in (first, end)
        )
        asked = {"since": since, "until": until, "now": timezone.now()} | told
        return ask_for_clip(self.camera, by=self.cast.bob, **asked)

    async def made(self, clip: Clip) -> Clip:
        await self.exporter.work(self.store)
        return await Clip.objects.aget(pk=clip.pk)

    async def being_made(self, clip: Clip) -> None:
        """Returns once the exporter has begun with it."""
        async with asyncio.timeout(30):
            while not await self.is_being_made(clip):  # noqa: ASYNC110 (a row tells nobody)
                await asyncio.sleep(0.01)

    async def is_being_made(self, clip: Clip) -> bool:
        return await Clip.objects.filter(pk=clip.pk, state="working").aexists()

    def files(self) -> list[str]:
        folder = self.store.root / "clips"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    async def test_a_clip_is_made_and_the_row_says_so(self):
        clip = await self.made(await sync_to_async(self.ask)(30, 90))

        path = file_of(self.store, clip)
        self.assertEqual((clip.state, clip.progress, clip.reason), ("ready", 100, ""))
        self.assertEqual(clip.bytes, path.stat().st_size)
        self.assertEqual(frames_of(path), 60)
        self.assertEqual(self.files(), [path.name])

    async def test_an_exact_clip_and_a_timelapse_are_made(self):
        exact = await sync_to_async(self.ask)(40, 75, is_exact=True)
        film = await sync_to_async(self.ask)(kind="timelapse")

        await self.exporter.work(self.store)

        self.assertEqual(frames_of(file_of(self.store, exact)), 35)
        self.assertEqual(frames_of(file_of(self.store, film)), 4)

    async def test_a_time_over_two_segments_is_one_clip(self):
        later = encoded_units(60, gop=30, first_pts_90k=120 * TICKS_PER_FRAME)
        await sync_to_async(record)(self.camera, self.boot, later)

        clip = await self.made(await sync_to_async(self.ask)(90, 150))

        self.assertEqual((clip.state, clip.reason), ("ready", ""))
        self.assertEqual(frames_of(file_of(self.store, clip)), 60)

    async def test_another_cameras_recordings_stay_out(self):
        other = await sync_to_async(make_camera)(self.cast.home)
        await Segment.objects.aupdate(camera=other)

        clip = await self.made(await sync_to_async(self.ask)())

        self.assertEqual(
            (clip.state, clip.reason), ("failed", "Nothing was recorded in this time.")
        )
        self.assertEqual(self.files(), [])

    async def test_what_cannot_be_read_is_left_out_and_that_is_said(self):
        later = encoded_units(60, gop=30, first_pts_90k=120 * TICKS_PER_FRAME)
        gone = await sync_to_async(record)(self.camera, self.boot, later)
        self.store.segment(gone.folder, gone.uuid).unlink()

        clip = await self.made(await sync_to_async(self.ask)(0, 180))

        self.assertEqual(clip.state, "ready")
        self.assertIn("left out", clip.reason)
        self.assertEqual(frames_of(file_of(self.store, clip)), 120)

    async def test_a_camera_that_changed_its_picture_is_told_in_words(self):
        other = encoded_units(30, gop=30, width=160, height=120, first_pts_90k=400_000)
        await sync_to_async(record)(self.camera, self.boot, other)

        clip = await self.made(await sync_to_async(self.ask)(0, 200))

        self.assertEqual(clip.state, "failed")
        self.assertIn("from 320 x 240 to 160 x 120", clip.reason)

    async def test_the_oldest_wish_comes_first_and_what_is_to_come_waits(self):
        now = timezone.now()
        first = await sync_to_async(self.ask)(title="first")
        coming = await sync_to_async(self.ask)(since=now, until=now + timedelta(minutes=1))
        second = await sync_to_async(self.ask)(title="second")

        await self.exporter.work(self.store)

        ready = [clip async for clip in Clip.objects.filter(state="ready").order_by("pk")]
        self.assertEqual(ready, [first, second])
        self.assertEqual((await Clip.objects.aget(pk=coming.pk)).state, "waiting")
        times = [file_of(self.store, clip).stat().st_mtime_ns for clip in ready]
        self.assertEqual(times, sorted(times))

    async def test_it_says_when_the_next_clip_can_be_made(self):
        now = timezone.now()
        exporter = Exporter(now=lambda: now)
        # What another recorder left is looked for first.
        self.assertEqual(await sync_to_async(exporter.waits_s)(), 0)
        await exporter.work(self.store)
        self.assertIsNone(await sync_to_async(exporter.waits_s)())

        await sync_to_async(self.ask)(since=now, until=now + MINUTE)
        self.assertEqual(await sync_to_async(exporter.waits_s)(), (MINUTE + SETTLES).seconds)
        await sync_to_async(self.ask)()
        self.assertEqual(await sync_to_async(exporter.waits_s)(), 0)

    async def test_what_was_being_made_when_the_recorder_died_is_made_again(self):
        clip = await sync_to_async(self.ask)()
        await Clip.objects.aupdate(state="working", progress=70)
        draft = self.store.folder("clips") / f"{clip.file}.mp4.0a1b2c3d.part"
        draft.write_bytes(b"half of it")

        clip = await self.made(clip)

        self.assertEqual((clip.state, clip.progress), ("ready", 100))
        self.assertEqual(self.files(), [f"{clip.file}.mp4"])

    async def test_a_recorder_that_stops_kills_the_program_and_leaves_no_file(self):
        clip = await sync_to_async(self.ask)(is_exact=True)
        work = asyncio.create_task(self.exporter.work(self.store))
        await self.being_made(clip)

        work.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await work

        self.assertEqual(self.files(), [])
        clip = await self.made(clip)
        self.assertEqual(clip.state, "ready")

    async def test_a_clip_that_is_deleted_while_it_is_made_leaves_no_file(self):
        clip = await sync_to_async(self.ask)(is_exact=True)
        work = asyncio.create_task(self.exporter.work(self.store))
        await self.being_made(clip)

        await sync_to_async(services.delete_clips)([clip])
        await work

        self.assertEqual(self.files(), [])
        self.assertFalse(await Clip.objects.aexists())

    async def test_a_program_that_dies_or_says_nothing_ends_that_clip_alone(self):
        cases = {
            "dies": ("raise SystemExit(1)", "log says more"),
            "tells nonsense": ("print('?')", "log says more"),
            "reads nothing and dies": ("import os; os.close(0)", "log says more"),
            "says nothing": ("import threading; threading.Event().wait()", "took too long"),
        }
        for name, (code, words) in cases.items():
            with self.subTest(name):
                program = (sys.executable, "-c", code)
                self.exporter = Exporter(program=program, silent_at_most_s=0.5)
                clip = await self.made(await sync_to_async(self.ask)())
                self.assertEqual(clip.state, "failed")
                self.assertIn(words, clip.reason)

        self.exporter = Exporter()
        clip = await self.made(await sync_to_async(self.ask)())
        self.assertEqual(clip.state, "ready")

    async def test_a_full_disk_is_told_before_anything_is_written(self):
        storage = await sync_to_async(services.storage)()
        storage.keep_free_mb = 10**9
        await storage.asave()
        await Segment.objects.aupdate(bytes=10**15)

        clip = await self.made(await sync_to_async(self.ask)())

        self.assertEqual(clip.state, "failed")
        self.assertIn("no room on the disk", clip.reason)
        self.assertEqual(self.files(), [])

    async def test_nothing_is_written_where_the_store_is_not_mounted(self):
        clip = await sync_to_async(self.ask)()
        (self.store.root / "meta.json").unlink()

        with self.assertRaises(StoreRefused):
            await self.exporter.work(self.store)

        self.assertEqual((await Clip.objects.aget(pk=clip.pk)).state, "waiting")
        self.assertEqual(self.files(), [])
        self.assertTrue(await Storage.objects.aexists())
