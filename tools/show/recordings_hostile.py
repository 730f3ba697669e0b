"""Clients that take nothing, ask for too much or for what is not theirs, against the web server."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from tests.e2e import processes
from tests.e2e.pages import DEMO_SLUG
from tests.e2e.portal import Portal
from tests.recordings.hostility import ADDRESSES, QUERIES, REFUSED, junk_addresses, ranges
from tools.show.stage import Stage
from tools.show.table import Table, say

IDLE_CLIENTS = 50
# Of each kind; who takes nothing for 30 s loses the connection.
IDLE_S, SHORT_IDLE_S = 32.0, 8.0
FILE_BYTES = 64 * 1024 * 1024
MOST_GROWN_MB = 50
POLITE_P95_MS = 500
CANARY = b"canary beside the recordings"

# Files of some size, in this household and in another one, and what must never be served.
PREPARE = f"""
    from datetime import timedelta
    from django.conf import settings
    from django.test import Client
    from django.utils import timezone
    from detections.models import Boot
    from households.services import create_household, create_person
    from recordings.clips import file_of
    from recordings.models import Clip
    from recordings.services import store
    from streaming.models import Camera
    from tests.recordings.rows import make_segment

    BYTES = {FILE_BYTES}
    at = timezone.now() - timedelta(days=1)
    mine = Camera.objects.get(slug={DEMO_SLUG!r})
    other_home = create_household("Next door", owner=create_person("mallory", "correct horse 7"))
    other = Camera.objects.create(household=other_home, name="Cellar", slug="cellar",
                                  is_enabled=False)
    boot = Boot.objects.create(name="hostile", zero_at=at - timedelta(hours=1))

    def filled(path):
        with open(path, "wb") as file:
            file.truncate(BYTES)

    def segment_of(camera):
        segment = make_segment(camera, boot, started_at=at, bytes=BYTES)
        filled(store().camera_folder(camera.pk) / f"{{segment.uuid}}.mp4")
        return str(segment.uuid)

    def clip_of(camera):
        clip = Clip.objects.create(household=camera.household, camera=camera, started_at=at,
                                   ended_at=at, state=Clip.State.READY, bytes=BYTES)
        store().folder("clips")
        filled(file_of(store(), clip))
        return clip.pk

    def cookie_of(user):
        client = Client()
        client.force_login(user)
        return client.cookies["sessionid"].value

    for beside in (settings.PETCAM_DATA_DIR, store().root):
        (beside / "canary").write_bytes({CANARY!r})
    answer = {{
        "cookie": cookie_of(mine.household.members.first().user),
        "strange_cookie": cookie_of(other_home.members.first().user),
        "segment": segment_of(mine), "clip": clip_of(mine),
        "foreign": [segment_of(other), clip_of(other), "cellar"],
    }}
"""


@dataclass(frozen=True)
class Answer:
    """`body` is as much of it as was read; `wait_ms` until its head was there."""

    status: int
    body: bytes
    wait_ms: float


@dataclass
class Server:
    """The portal's web server, asked over plain sockets."""

    port: int
    cookie: str

    @asynccontextmanager
    async def asked(
        self, address: str, *, header: str = "", cookie: str | None = None
    ) -> AsyncIterator[asyncio.StreamReader]:
        """A connection that has asked, and of whose answer nothing has been read."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=16384)
        lines = (
            f"GET {address} HTTP/1.1",
            f"Host: localhost:{self.port}",
            f"Cookie: sessionid={self.cookie if cookie is None else cookie}",
            "Connection: close",
            *([header] if header else []),
        )
        writer.write("\r\n".join([*lines, "", ""]).encode())
        try:
            yield reader
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def get(
        self, address: str, *, header: str = "", cookie: str | None = None, most: int = 100_000
    ) -> Answer:
        """The answer, and up to `most` bytes of its body; status 0 when there was none."""
        began = time.perf_counter()
        async with self.asked(address, header=header, cookie=cookie) as reader:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                return Answer(0, b"", 0)
            wait_ms = (time.perf_counter() - began) * 1000
            body = b""
            while len(body) < most and (piece := await reader.read(most - len(body))):
                body += piece
        return Answer(int(head.split(b" ", 2)[1]), body, wait_ms)


@dataclass
class Watch:
    """The web server's memory, and how long somebody polite waits, while others misbehave."""

    server: Server
    pid: int
    addresses: Sequence[str]
    most_bytes: int = 0
    waits_ms: list[float] = field(default_factory=list)
    failed: int = 0

    async def keep(self) -> None:
        """Look and ask until cancelled."""
        while True:
            for address in self.addresses:
                answer = await self.server.get(address)
                self.failed += answer.status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT)
                self.waits_ms.append(answer.wait_ms)
                self.most_bytes = max(self.most_bytes, processes.resident_bytes(self.pid))
                await asyncio.sleep(0.1)


def hostile(on: Stage) -> None:
    """Idle clients, ranges, junk and strangers; the row of memory counts all of them."""
    portal = on.portal("demo")
    told = portal.django(PREPARE)
    assert isinstance(told, dict)
    asyncio.run(_hostile(portal, told, on.table, SHORT_IDLE_S if on.is_short else IDLE_S))


async def _hostile(portal: Portal, told: dict[str, Any], table: Table, idle_s: float) -> None:
    server = Server(portal.port, told["cookie"])
    pid = portal.pid("web")
    camera = f"/cameras/{DEMO_SLUG}/recordings"
    span = await _recorded_span(server, camera)
    polite = ("/alerts/", "/clips/", f"{camera}/timeline.json?{span}", "/history/")
    files = f"/recordings/{told['segment']}/segment.mp4", f"/clips/{told['clip']}/clip.mp4"
    # What any server has at hand after the first of each question.
    for address in (*polite, *files) * 5:
        await server.get(address)
    before = processes.resident_bytes(pid)
    watch = Watch(server, pid, polite)
    async with _meanwhile(watch.keep()):
        held = [*files, f"{files[1]}?download", f"{camera}/playlist.m3u8?{span}"]
        for address in held:
            await _hold(server, address, idle_s)
            say(f"    {address[:40]}: {(watch.most_bytes - before) / 1e6:.1f} MB more so far")
        await _row_of_ranges(server, files, table)
        await _row_of_junk(server, table)
        await _row_of_strangers(server, told, files, table)
    grown_mb = (watch.most_bytes - before) / 1e6
    table.at_most(
        f"web server's memory: {IDLE_CLIENTS} who read nothing of a segment, a clip, a download, a "
        "playlist; then ranges, junk, strangers",
        grown_mb,
        MOST_GROWN_MB,
        "MB more",
    )
    table.p95_at_most("others' answers meanwhile", watch.waits_ms, POLITE_P95_MS, "ms")
    table.add("others' answers that failed", "0", str(watch.failed), watch.failed == 0)


async def _recorded_span(server: Server, camera: str) -> str:
    """?from=&to= of the last hours, in which something is recorded by now."""
    now_s = time.time()
    since, until = (
        time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) for at in (now_s - 7000, now_s + 100)
    )
    span = f"from={since}&to={until}"
    async with asyncio.timeout(60):
        while True:
            answer = await server.get(f"{camera}/timeline.json?{span}")
            if answer.status == HTTPStatus.OK and json.loads(answer.body)["segments"]:
                return span
            await asyncio.sleep(0.5)


@asynccontextmanager
async def _meanwhile(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _hold(server: Server, address: str, seconds: float) -> None:
    """IDLE_CLIENTS that ask and read nothing for so long."""

    async def idle() -> None:
        async with server.asked(address):
            await asyncio.sleep(seconds)

    await asyncio.gather(*(idle() for _ in range(IDLE_CLIENTS)))


async def _row_of_ranges(server: Server, files: Sequence[str], table: Table) -> None:
    wrong = []
    asked = 0
    for address in files:
        for header, expected in ranges(FILE_BYTES).items():
            answer = await server.get(address, header=f"Range: {header}", most=1000)
            asked += 1
            if answer.status != expected:
                wrong.append(f"{header[:30]}: {answer.status}")
        # Longer than any server takes: refused before anybody looks at it.
        endless = "Range: bytes=" + ",".join(["0-"] * 10_000)
        answer = await server.get(address, header=endless, most=1000)
        asked += 1
        if answer.status not in (0, HTTPStatus.BAD_REQUEST):
            wrong.append(f"endless: {answer.status}")
    what = "range headers (1000 ranges, overlapping, outside, junk): wrong answers"
    table.add(what, "0", _figure(wrong, asked), not wrong)


async def _row_of_junk(server: Server, table: Table) -> None:
    wrong = []
    statuses: Counter[int] = Counter()
    addresses = [*junk_addresses(), *(f"/cameras/{DEMO_SLUG}/{query}" for query in QUERIES)]
    for address in addresses:
        answer = await server.get(address)
        statuses[answer.status] += 1
        if answer.status not in REFUSED or CANARY in answer.body or b"root:" in answer.body:
            wrong.append(f"{address[:60]}: {answer.status}")
    what = "paths and junk in every id: answers but 404 and 400, or files from outside"
    table.add(what, "0", _figure(wrong, len(addresses), statuses), not wrong)


async def _row_of_strangers(
    server: Server, told: dict[str, Any], files: Sequence[str], table: Table
) -> None:
    """Another household's ids asked for from here, ours from there, and ours by nobody."""
    wrong = []
    asked = 0
    mine = [told["segment"], told["clip"], DEMO_SLUG]
    tries = [
        (server.cookie, _addresses(told["foreign"]), HTTPStatus.NOT_FOUND),
        (told["strange_cookie"], [*files, *_addresses(mine)], HTTPStatus.NOT_FOUND),
        ("", [*files, *_addresses(mine)], HTTPStatus.FOUND),
    ]
    for cookie, addresses, expected in tries:
        for address in addresses:
            answer = await server.get(address, cookie=cookie, most=1000)
            asked += 1
            if answer.status != expected:
                wrong.append(f"{address[:60]}: {answer.status}")
    table.add("strangers: answers but 404, or login", "0", _figure(wrong, asked), not wrong)


def _addresses(ids: Sequence[object]) -> Iterator[str]:
    """Each address with the id that fits it: of a segment, a clip, a camera."""
    for address in ADDRESSES:
        kind = ("recordings", "clips", "cameras").index(address.split("/")[1])
        yield address.replace("{}", str(ids[kind]))


def _figure(wrong: Sequence[str], asked: int, statuses: Counter[int] | None = None) -> str:
    told = f"{len(wrong)} of {asked}"
    if statuses:
        told += f" ({', '.join(f'{status}: {count}' for status, count in statuses.items())})"
    return f"{told}; {wrong[0]}" if wrong else told
