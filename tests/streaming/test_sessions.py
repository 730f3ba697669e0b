"""What becomes of live views while nobody can say whether they are still allowed."""

import asyncio
import tempfile
import uuid
from pathlib import Path
from unittest import IsolatedAsyncioTestCase

from django.db import OperationalError

from streaming.access import Grant
from streaming.media.config import CameraConfig
from streaming.media.hub import CameraSource
from streaming.media.ice import IceConfig
from streaming.media.peer import PeerConfig
from streaming.sessions import SessionLimits, Sessions
from tests.streaming.media.viewer import Viewer, until

GRANT = Grant(camera_id=1, user_id=7, session_key="s")


class DatabaseAwayTests(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.is_away = False
        self.told: list[dict] = []
        self.viewer = Viewer()
        source = CameraSource(self.config(), on_news=lambda: None)
        self.sessions = Sessions(
            SessionLimits(grace_s=0.3),
            PeerConfig(IceConfig(("127.0.0.1",)), watch_every_s=0.05),
            still_granted=self.still_granted,
            sources={1: source},
            camera_problem=lambda camera_id: None,
            tell=self.tell,
            on_news=lambda: None,
        )

    async def asyncTearDown(self) -> None:
        await self.sessions.stop(3)
        await self.viewer.close()

    def config(self) -> CameraConfig:
        path = Path(self.directory.name)
        return CameraConfig(
            1, "sofa", "Sofa", "demo", "", "tcp", False, path / "ring", 4096, path / "jpeg"
        )

    async def still_granted(self, grants: set[Grant]) -> set[Grant]:
        if self.is_away:
            raise OperationalError("the database is away")
        return grants

    async def tell(self, channel: str, message: dict) -> None:
        self.told.append(message)
        if message["type"] == "session.answer":
            await self.viewer.take(message["sdp"])

    async def open(self) -> None:
        self.sessions.open(
            {
                "type": "session.open",
                "session": uuid.uuid4().hex,
                "grant": GRANT.as_dict(),
                "sdp": await self.viewer.offer(),
                "reply_channel": "page",
            }
        )

    def codes(self) -> list[str]:
        return [message["code"] for message in self.told if message["type"] == "session.ended"]

    async def test_what_runs_goes_on_for_a_while_and_then_ends(self):
        await self.open()
        await until(lambda: self.sessions.viewers(1))
        self.is_away = True

        with self.assertLogs("streaming.sessions", "WARNING"):
            await self.sessions.check()
            self.assertEqual(self.codes(), [])
            await asyncio.sleep(0.35)
            await self.sessions.check()
            await until(self.codes)

        self.assertEqual(self.codes(), ["refused-database"])

    async def test_what_runs_goes_on_when_the_database_is_back_in_time(self):
        await self.open()
        await until(lambda: self.sessions.viewers(1))
        self.is_away = True
        with self.assertLogs("streaming.sessions", "WARNING"):
            await self.sessions.check()

        self.is_away = False
        await asyncio.sleep(0.35)
        await self.sessions.check()

        self.assertEqual(self.codes(), [])
        self.assertEqual(self.sessions.viewers(1), 1)

    async def test_nothing_new_starts(self):
        self.is_away = True

        with self.assertLogs("streaming.sessions", "WARNING"):
            await self.open()
            await until(self.codes)

        self.assertEqual(self.codes(), ["refused-database"])
