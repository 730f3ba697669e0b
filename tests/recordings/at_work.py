"""A recorder at work in the test's own process, with a real disk and real rings."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import av
from channels.db import database_sync_to_async
from django.test import TransactionTestCase, override_settings

from recordings.files.scan import scan
from recordings.models import Policy, Segment
from recordings.recording import Recording
from recordings.services import save_policy, store
from streaming.models import Camera
from tests.cast import make_cast
from tests.database_file import database_in_a_file

DEADLINE_S = 20
T = TypeVar("T")


class RecorderTestCase(TransactionTestCase):
    """Folders and a database file of its own, and somebody who lives there."""

    @classmethod
    def setUpClass(cls):
        cls.enterClassContext(database_in_a_file())
        super().setUpClass()

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = Path(folder.name)
        self.enterContext(
            override_settings(
                PETCAM_RUN_DIR=self.dir,
                PETCAM_DATA_DIR=self.dir,
                PETCAM_RECORDINGS_DIR=self.dir / "recordings",
            )
        )
        self.cast = make_cast()

    def record(self, camera: Camera, mode: str, **told: object) -> None:
        """What of the camera is wanted from now on."""
        Policy.objects.filter(camera=camera).delete()
        save_policy(Policy(camera=camera, mode=mode, **told))

    @asynccontextmanager
    async def at_work(self, **how: object) -> AsyncIterator[Recording]:
        """A recorder; afterwards everything that it took is on the disk."""
        recording, stop, ready = Recording(**how), asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(recording.run(stop, on_ready=ready.set))
        waiting = asyncio.create_task(ready.wait())
        try:
            await asyncio.wait({task, waiting}, timeout=DEADLINE_S, return_when="FIRST_COMPLETED")
            if task.done():
                task.result()
            yield recording
        finally:
            waiting.cancel()
            stop.set()
            await asyncio.wait_for(task, DEADLINE_S)

    async def rows(self, work: Callable[[], T]) -> T:
        """Does it in the database's thread."""
        return await database_sync_to_async(work)()

    async def until(self, condition: Callable[[], object]) -> object:
        """The first true answer, which the database may be asked for."""
        async with asyncio.timeout(DEADLINE_S):
            # Rows and files have no event to wait for.
            while not (found := await self.rows(condition)):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return found

    async def grows(self) -> Segment:
        """A segment of which there is something already."""
        return await self.until(
            Segment.objects.filter(state=Segment.State.WRITING, frames__gt=0).first
        )

    def recorded_90k(self, **which: object) -> list[int]:
        """The media times of all pictures in these segments, all of them by default; each of them
        decodes."""
        taken = []
        for row in Segment.objects.filter(**which).order_by("start_90k"):
            self.assertEqual(row.state, Segment.State.COMPLETE)
            path = store().segment(row.folder, row.uuid)
            scanned = scan(path, is_checked=True)
            self.assertEqual((scanned.problem, scanned.digest), ("", bytes(row.digest)))
            with av.open(str(path)) as file:
                taken += [row.pts_origin + frame.pts for frame in file.decode(video=0)]
        return taken
