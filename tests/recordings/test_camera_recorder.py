"""One camera's recorder and a disk that is slow, or stands still."""

import asyncio
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from unittest import IsolatedAsyncioTestCase
from uuid import uuid4

import av

from detections.models import Boot
from recordings.camera_recorder import CameraRecorder
from recordings.camera_writer import CameraWriter
from recordings.files.disk import OsFiles
from recordings.files.names import Store
from recordings.files.scan import scan
from recordings.journal import Journal
from recordings.ledger import Ledger
from recordings.troubles import TOO_SLOW
from recordings.unit_queue import UnitQueue
from recordings.wanted import EVERYTHING, Rule
from streaming.media.clock import media_time_90k
from streaming.media.config import CameraConfig
from streaming.media.ring import RingWriter
from tests.recordings.databases import AtOnce
from tests.streaming.media.moving_picture import encoded_units

DEADLINE_S = 20
GOP = 15
UNITS = encoded_units(40 * GOP, width=160, height=120, gop=GOP)
# A dozen GOPs.
MOST_WAITING = 150_000


class SlowDisk(OsFiles):
    """Each write takes so long, or until somebody lets it go on."""

    def __init__(self, takes_s: float = 0.0) -> None:
        self._takes_s = takes_s
        self.goes_on = threading.Event()
        self.goes_on.set()

    def write(self, fd: int, parts: Sequence[bytes | memoryview]) -> int:
        time.sleep(self._takes_s)
        assert self.goes_on.wait(DEADLINE_S)
        return super().write(fd, parts)


class CameraRecorderTests(IsolatedAsyncioTestCase):
    """There is no database: what rows would say goes into the journal."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = Path(folder.name)
        self.store, self.uuid = Store(self.dir / "recordings"), uuid4()
        self.store.make(self.uuid)
        rows = AtOnce()
        rows.is_away = True
        self.ledger = Ledger(Journal(self.store.folder("journal")), rows, patience_s=0.01)
        self.config = CameraConfig(
            camera_id=7,
            slug="kitchen",
            name="Kitchen",
            kind="demo",
            address="",
            rtsp_transport="tcp",
            allows_transcoding=False,
            ring_path=self.dir / "camera.ring",
            ring_bytes=8 * 1024 * 1024,
            jpeg_ring_path=self.dir / "camera.jpeg",
        )
        self.ring = RingWriter(self.config.ring_path, payload_bytes=8 * 1024 * 1024)
        self.addCleanup(self.ring.close)
        moved = media_time_90k(time.monotonic_ns()) - 3000 * len(UNITS) - UNITS[0].pts_90k
        self.units = [
            replace(unit, pts_90k=pts, capture_ns=pts * 100_000 // 9)
            for unit in UNITS
            for pts in [unit.pts_90k + moved]
        ]

    @asynccontextmanager
    async def recorder(
        self, disk: SlowDisk, *, most_waiting_bytes: int = MOST_WAITING
    ) -> AsyncIterator[CameraRecorder]:
        boot = Boot(name="a boot", zero_at=datetime(2026, 5, 1, tzinfo=UTC))

        def make_writer(config: CameraConfig, queue: UnitQueue) -> CameraWriter:
            return CameraWriter(
                config.camera_id,
                queue,
                self.ledger,
                store=self.store,
                store_uuid=self.uuid,
                boot=lambda: boot,
                files=disk,
            )

        recorder = CameraRecorder(
            self.config,
            Rule("always"),
            make_writer=make_writer,
            most_waiting_bytes=most_waiting_bytes,
        )
        recorder.want(EVERYTHING)
        task = asyncio.create_task(recorder.run())
        try:
            yield recorder
        finally:
            disk.goes_on.set()
            task.cancel()
            await asyncio.wait({task}, timeout=DEADLINE_S)

    async def play(self, first: int, end: int) -> None:
        for start in range(first, end, GOP):
            for unit in self.units[start : min(start + GOP, end)]:
                self.ring.write(unit)
            await asyncio.sleep(0.05)

    async def begin(self, recorder: CameraRecorder) -> None:
        """The first GOP; the recorder follows from then on."""
        await self.play(0, GOP)
        await self.until(lambda: recorder.written_bytes > 0)

    async def until(self, condition) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not condition():  # noqa: ASYNC110  (a thread at work has no event to wait for)
                await asyncio.sleep(0.02)

    def recorded(self) -> list[list[int]]:
        """Which pictures there are in each file; each of them decodes."""
        numbers = {unit.pts_90k: number for number, unit in enumerate(self.units)}
        found = []
        for one in self.store.found():
            head = scan(one.path).head
            with av.open(str(one.path)) as file:
                times = [head.pts_origin + frame.pts for frame in file.decode(video=0)]
            found.append([numbers[at] for at in times])
        return sorted(found)

    async def test_a_disk_that_takes_200_ms_for_each_write_is_fast_enough(self):
        # Ten times as fast as in life, so that more of it waits.
        async with self.recorder(SlowDisk(0.2), most_waiting_bytes=10 * MOST_WAITING) as recorder:
            await self.begin(recorder)
            await self.play(GOP, 10 * GOP)
            self.assertIsNone(recorder.trouble)

        self.assertEqual(self.recorded(), [list(range(10 * GOP))])

    async def test_while_a_disk_stands_still_whole_gops_are_left_out_and_it_is_said(self):
        disk = SlowDisk()
        async with self.recorder(disk) as recorder:
            await self.begin(recorder)
            await self.play(GOP, 5 * GOP)
            disk.goes_on.clear()
            await self.play(5 * GOP, 36 * GOP)
            await self.until(lambda: recorder.trouble is TOO_SLOW)
            health = recorder.health()
            # What has not come yet would come together with what comes after.
            await self.until(lambda: recorder.newest_90k == self.units[36 * GOP - 1].pts_90k)
            disk.goes_on.set()
            await self.until(lambda: not recorder.health()["waiting_bytes"])
            await self.play(36 * GOP, 40 * GOP)

        self.assertLessEqual(health["waiting_bytes"], MOST_WAITING)
        self.assertEqual((health["state"], health["text"]), ("failing", TOO_SLOW.text))
        before, *after = self.recorded()
        self.assertEqual(before, list(range(len(before))))
        # Whole ones: each part begins with a keyframe and ends before one.
        for part in after:
            self.assertEqual(part, list(range(part[0], part[-1] + 1)))
            self.assertEqual((part[0] % GOP, (part[-1] + 1) % GOP), (0, 0))
        self.assertEqual(after[-1][-1], 40 * GOP - 1)
        kept = len(before) + sum(map(len, after))
        self.assertLess(kept, 40 * GOP)
        self.assertEqual(kept + recorder.health()["left_out"], 40 * GOP)
