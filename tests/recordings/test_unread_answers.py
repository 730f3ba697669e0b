"""The real web server, asked for a large segment by many who read nothing of it."""

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from unittest import IsolatedAsyncioTestCase

from django.conf import settings

PEOPLE = 50
MEGABYTE = 1024 * 1024
SEGMENT_BYTES = 64 * MEGABYTE
MOST_GROWN_BYTES = 50 * MEGABYTE

PREPARE = """
import json, sys
import django; django.setup()
from datetime import timedelta
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from detections.models import Boot
from households.models import Household
from recordings.services import open_store
from streaming.models import Camera
from tests.recordings.rows import make_segment

call_command("migrate", verbosity=0)
alice = User.objects.create(username="alice")
home = Household.objects.create(name="Home")
home.members.create(user=alice, role="owner")
camera = Camera.objects.create(household=home, name="Kitchen", slug="kitchen", source_kind="demo")
now = timezone.now()
boot = Boot.objects.create(name="boot", zero_at=now - timedelta(hours=1))
folder = open_store().camera_folder(camera.pk)
segment = make_segment(camera, boot, started_at=now, bytes=int(sys.argv[1]))
with open(folder / f"{segment.uuid}.mp4", "wb") as file:
    file.truncate(int(sys.argv[1]))
client = Client()
client.force_login(alice)
print(json.dumps({"segment": str(segment.uuid), "cookie": client.cookies["sessionid"].value}))
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def resident_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024


async def leave(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


class UnreadAnswersTests(IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.port = free_port()
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "petcam_site.settings",
            "PETCAM_DATA_DIR": folder,
            "PETCAM_RUN_DIR": folder,
        }
        # The settings make it, and WhiteNoise warns when it is missing.
        (Path(folder) / "static").mkdir()
        prepared = subprocess.run(
            [sys.executable, "-c", PREPARE, str(SEGMENT_BYTES)],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=subprocess.PIPE,
            timeout=100,
            check=True,
        )
        cls.told = json.loads(prepared.stdout)
        cls.server = subprocess.Popen(
            (
                *(sys.executable, "-m", "petcam_site.daphne_server", "--verbosity", "0"),
                *("--port", str(cls.port), "petcam_site.asgi:application"),
            ),
            cwd=settings.BASE_DIR,
            env=environment,
        )
        cls.addClassCleanup(cls.server.wait, 30)
        cls.addClassCleanup(cls.server.terminate)

    async def ask(
        self, *, range_header: str = ""
    ) -> tuple[int, dict[str, str], asyncio.StreamReader, asyncio.StreamWriter]:
        """Status, headers and the connection, of which nothing more has been read."""
        end = socket.socket()
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        end.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(end, ("127.0.0.1", self.port))
        except ConnectionError:
            end.close()
            raise
        reader, writer = await asyncio.open_connection(sock=end, limit=16384)
        lines = [
            f"GET /recordings/{self.told['segment']}/segment.mp4 HTTP/1.1",
            f"Host: localhost:{self.port}",
            f"Cookie: sessionid={self.told['cookie']}",
            *([f"Range: {range_header}"] if range_header else []),
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        status, *fields = head.splitlines()[:-1]
        headers = dict(field.lower().split(": ", 1) for field in fields)
        return int(status.split()[1]), headers, reader, writer

    async def serving(self) -> None:
        """Returns when the server answers."""
        async with asyncio.timeout(60):
            while True:
                with suppress(ConnectionError):
                    _, _, _, writer = await self.ask(range_header="bytes=0-0")
                    await leave(writer)
                    return
                await asyncio.sleep(0.1)

    async def read(self, reader: asyncio.StreamReader, length: int) -> int:
        """How much of it came."""
        came = 0
        while came < length and (piece := await reader.read(MEGABYTE)):
            came += len(piece)
        return came

    async def test_many_who_read_nothing_cost_little_and_keep_nobody_waiting(self):
        await self.serving()
        before = resident_bytes(self.server.pid)
        idle = await asyncio.gather(*(self.ask() for _ in range(PEOPLE)))
        # Who reads everything is served beside them, and takes as long as the server needs to
        # have sent the others what it would.
        async with asyncio.timeout(60):
            status, headers, reader, writer = await self.ask(range_header="bytes=1000-")
            came = await self.read(reader, SEGMENT_BYTES - 1000)
        grown = resident_bytes(self.server.pid) - before
        for *_, each in (*idle, (writer,)):
            await leave(each)

        self.assertEqual({answer[0] for answer in idle}, {200})
        self.assertEqual((status, came), (206, SEGMENT_BYTES - 1000))
        self.assertEqual(
            headers["content-range"], f"bytes 1000-{SEGMENT_BYTES - 1}/{SEGMENT_BYTES}"
        )
        self.assertLess(grown, MOST_GROWN_BYTES)

    async def test_what_asks_for_too_much_gets_the_right_answer(self):
        await self.serving()
        thousand = "bytes=" + ",".join(f"{n}-{n}" for n in range(1000))
        asked = {
            thousand: 416,
            "bytes=0-,0-,0-,0-": 416,
            f"bytes={SEGMENT_BYTES}-": 416,
            "bytes=-0": 416,
            "bytes=0-0": 206,
            "bytes=-1": 206,
            "lines=1-2": 200,
        }
        for header, expected in asked.items():
            with self.subTest(header[:40]):
                status, _, _, writer = await self.ask(range_header=header)
                await leave(writer)
                self.assertEqual(status, expected)
