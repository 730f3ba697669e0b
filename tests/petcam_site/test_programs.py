import asyncio
import os
import re
import signal
import socket
import stat
import subprocess
import tempfile
from asyncio.subprocess import Process
from contextlib import suppress
from pathlib import Path
from unittest import IsolatedAsyncioTestCase

from django.core.management import CommandError, call_command
from django.test import override_settings
from redis.asyncio import Redis
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from petcam_site.programs import (
    broker,
    broker_answers,
    portal_url,
    stages,
    web_answers,
    web_command,
)
from tests.petcam_site.echo import LONG_BYTES

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


async def wait_until_true(ask) -> None:
    async with asyncio.timeout(30):
        while not await ask():  # noqa: ASYNC110  (another process's state)
            await asyncio.sleep(0.02)


async def end(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    await asyncio.wait_for(process.wait(), 20)


def sockets_of(pid: int) -> set[str]:
    """Inodes of the process's sockets."""
    links = [os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()]
    return {link[8:-1] for link in links if link.startswith("socket:[")}


def networked_sockets() -> set[str]:
    """Inodes of all TCP and UDP sockets of this machine."""
    tables = [Path(f"/proc/net/{name}").read_text() for name in ("tcp", "tcp6", "udp", "udp6")]
    return {line.split()[9] for table in tables for line in table.splitlines()[1:]}


def is_connected(address: tuple[str, int], port: int) -> bool:
    """Whether a server's connection from this address is established."""
    ends = [f":{number:04X}" for number in (port, address[1])]
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, state, *_ = line.split()
        if [local[-5:], remote[-5:]] == ends:
            return state == "01"
    return False


class ProgramsTests(IsolatedAsyncioTestCase):
    def names(self) -> list[list[str]]:
        return [[program.name for program in stage] for stage in stages()]

    def test_the_bundled_broker_starts_first_and_only_when_there_is_no_other(self):
        others = ["web", "cameras", "streamer", "detector", "recorder"]
        with override_settings(PETCAM_REDIS_URL=""):
            self.assertEqual(self.names(), [["broker"], others])
        with override_settings(PETCAM_REDIS_URL="redis://server:6379"):
            self.assertEqual(self.names(), [[], others])

    def test_each_streamer_is_a_process_that_knows_its_number(self):
        with override_settings(PETCAM_STREAMERS=3):
            commands = {each.name: each.command[2:] for stage in stages() for each in stage}

        streamers = {name: words for name, words in commands.items() if "streamer" in name}
        self.assertEqual(
            streamers,
            {
                "streamer": ("run_streamer",),
                "streamer-2": ("run_streamer", "--number", "2"),
                "streamer-3": ("run_streamer", "--number", "3"),
            },
        )

    def test_a_streamer_beyond_the_last_does_not_start(self):
        for number in ("0", "2"):
            with self.assertRaisesRegex(CommandError, "PETCAM_STREAMERS=1"):
                call_command("run_streamer", "--number", number)

    def test_no_program_is_told_a_secret_by_its_arguments(self):
        with override_settings(SECRET_KEY="hush", PETCAM_REDIS_URL="", PETCAM_TURN_SECRET="hush"):
            arguments = [word for stage in stages() for each in stage for word in each.command]

        self.assertNotIn("hush", " ".join(arguments))

    def test_people_are_told_an_address_that_works_for_them(self):
        for expected, settings in {
            "http://127.0.0.1:8000/": {"PETCAM_BIND": "127.0.0.1"},
            "http://127.0.0.1:8000/ ": {"PETCAM_BIND": "0.0.0.0"},
            "http://[::1]:8000/": {"PETCAM_BIND": "::"},
            "http://192.168.1.20:8000/": {"PETCAM_BIND": "192.168.1.20"},
            "https://petcam.home/": {"PETCAM_HTTPS": True, "PETCAM_HOSTS": ["petcam.home"]},
        }.items():
            with override_settings(PETCAM_PORT=8000, **settings):
                self.assertEqual(portal_url(), expected.strip())


class BrokerTests(IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.enterContext(override_settings(PETCAM_RUN_DIR=Path(directory.name)))
        self.socket = Path(directory.name, "valkey.sock")

    async def start(self) -> Process:
        process = await asyncio.create_subprocess_exec(*broker().command)
        self.addAsyncCleanup(end, process)
        await wait_until_true(broker().answers)
        return process

    async def test_it_answers_on_a_socket_that_is_its_owners_alone(self):
        self.assertFalse(await broker_answers(self.socket))

        await self.start()

        self.assertEqual(stat.S_IMODE(self.socket.stat().st_mode), 0o700)

    async def test_it_listens_to_no_network(self):
        process = await self.start()

        self.assertNotEqual(sockets_of(process.pid), set())
        self.assertEqual(sockets_of(process.pid) & networked_sockets(), set())

    async def test_it_keeps_nothing_and_takes_no_more_than_its_share_of_memory(self):
        await self.start()
        async with Redis(unix_socket_path=str(self.socket)) as client:
            limits = await client.config_get("maxmemory*", "save", "appendonly")

        self.assertEqual(limits["maxmemory"], str(64 * 1024 * 1024))
        self.assertEqual((limits["save"], limits["appendonly"]), ("", "no"))

    async def test_a_killed_broker_comes_back_at_the_same_socket(self):
        process = await self.start()
        process.kill()
        await process.wait()
        self.assertTrue(self.socket.exists())
        self.assertFalse(await broker_answers(self.socket))

        await self.start()

        self.assertTrue(await broker_answers(self.socket))

    async def test_something_else_on_the_socket_is_not_taken_for_it(self):
        async def answer(reader, writer):
            writer.write(b"-LOADING\r\n")
            writer.close()

        async with await asyncio.start_unix_server(answer, self.socket):
            self.assertFalse(await broker_answers(self.socket))


class WithWebServer(IsolatedAsyncioTestCase):
    """The web server as it is started for real, with an application that echoes."""

    @classmethod
    def command(cls) -> tuple[str, ...]:
        return web_command()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.port = free_port()
        cls.enterClassContext(override_settings(PETCAM_PORT=cls.port, PETCAM_BIND="127.0.0.1"))
        cls.process = subprocess.Popen(
            (*cls.command()[:-1], "tests.petcam_site.echo:application"), cwd=ROOT
        )
        cls.addClassCleanup(cls.process.wait, 30)
        cls.addClassCleanup(cls.process.terminate)
        asyncio.run(wait_until_true(web_answers))

    def connect(self, **options: object):
        return connect(
            f"ws://127.0.0.1:{self.port}/", origin=f"http://127.0.0.1:{self.port}", **options
        )


class WebServerTests(WithWebServer):
    async def test_no_compression_is_agreed_on(self):
        async with self.connect(compression="deflate") as client:
            self.assertNotIn("Sec-WebSocket-Extensions", client.response.headers)
            self.assertEqual(client.protocol.extensions, [])

    async def test_a_message_of_32_kilobytes_passes(self):
        async with self.connect() as client:
            await client.send("x" * 32768)

            self.assertEqual(await client.recv(), "32768")

    async def test_a_keyframe_far_longer_goes_out(self):
        async with self.connect(max_size=None) as client:
            await client.send("send 1000000")

            self.assertEqual(len(await client.recv()), 1_000_000)

    async def test_messages_to_a_page_that_is_leaving_are_no_error(self):
        for _ in range(20):
            async with self.connect(max_queue=None) as client:
                await client.send("flood")
                await client.recv()

        fates = {"nobody", "left"}
        async with asyncio.timeout(10), self.connect() as client:
            while "left" in fates:
                await client.send("left?")
                fates = set((await client.recv()).split())

        self.assertEqual(fates, {"fine"})

    async def test_a_longer_message_ends_the_socket_and_nothing_else(self):
        async with self.connect() as client, self.connect() as other:
            await client.send("x" * 32769)
            with self.assertRaises(ConnectionClosed):
                await client.recv()

            await other.send("still there")
            self.assertEqual(await other.recv(), "11")

    async def test_a_longer_message_in_pieces_does_as_well(self):
        async with self.connect() as client:
            with self.assertRaises(ConnectionClosed):
                await client.send("x" * 1000 for _ in range(40))
                await client.recv()

    async def test_it_does_not_tell_what_it_is(self):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")

        head = (await reader.read()).lower()
        writer.close()

        self.assertTrue(head.startswith(b"http/1.1 200"), head)
        self.assertNotIn(b"daphne", head)
        self.assertNotIn(b"twisted", head)

    async def test_headers_without_end_are_cut_off(self):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(b"GET / HTTP/1.1\r\n" + b"X-Filler: 0123456789\r\n" * 2000)

        async with asyncio.timeout(30):
            answer = await reader.read()
        writer.close()

        self.assertTrue(answer.startswith(b"HTTP/1.1 4") or answer == b"", answer)

    async def test_a_body_of_a_forms_size_is_taken(self):
        self.assertEqual(await self.post(b"Content-Length: 200000", b"x" * 200_000), b"200")

    async def test_a_long_body_is_refused_before_it_has_come(self):
        self.assertEqual(await self.post(b"Content-Length: 9999999999", b""), b"413")

    async def test_a_body_of_untold_length_is_cut_off(self):
        pieces = (b"10000\r\n" + b"x" * 0x10000 + b"\r\n") * 20

        self.assertEqual(await self.post(b"Transfer-Encoding: chunked", pieces), b"413")

    async def post(self, length: bytes, body: bytes) -> bytes:
        """The status of the answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(b"POST / HTTP/1.1\r\nHost: localhost\r\n" + length + b"\r\n\r\n" + body)
        async with asyncio.timeout(30):
            answer = await reader.readline()
        writer.close()
        return answer.split()[1]

    async def test_others_are_served_while_hundreds_dawdle_over_their_headers(self):
        dawdlers = [await asyncio.open_connection("127.0.0.1", self.port) for _ in range(300)]
        for _, writer in dawdlers:
            writer.write(b"GET / HTTP/1.1\r\nX-Slow: ")

        self.assertTrue(await web_answers())
        for _, writer in dawdlers:
            writer.close()

    async def ask(self, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection that has asked for the page, and takes in little before it is read."""
        end = socket.socket()
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        end.setblocking(False)
        await asyncio.get_running_loop().sock_connect(end, ("127.0.0.1", self.port))
        reader, writer = await asyncio.open_connection(sock=end, limit=16384)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        return reader, writer

    async def taken(self) -> int:
        reader, writer = await self.ask("/taken")
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(re.search(rb"content-length: (\d+)", head.lower())[1])
        body = await reader.readexactly(length)
        writer.close()
        return int(body)

    async def test_of_a_long_answer_only_as_much_is_taken_as_is_read(self):
        reader, writer = await self.ask("/long")
        before, now = -1, 0
        async with asyncio.timeout(30):
            while now == 0 or now != before:
                await asyncio.sleep(0.5)
                before, now = now, await self.taken()
        head = await reader.readuntil(b"\r\n\r\n")
        rest = 0
        while rest < LONG_BYTES:
            rest += len(await reader.read(1 << 20))
        writer.close()

        # What lies in the kernel counts as read.
        self.assertLess(now, 16 * 1024 * 1024)
        self.assertIn(str(LONG_BYTES).encode(), head)
        self.assertEqual(rest, LONG_BYTES)

    async def test_an_answer_cut_short_ends_the_connection(self):
        reader, writer = await self.ask("/short")

        async with asyncio.timeout(10):
            answer = await reader.read()
        writer.close()

        self.assertTrue(answer.endswith(b"\r\n\r\nok"), answer)


IMPATIENT = """
from petcam_site import daphne_server
daphne_server.TAKES_WITHIN_S = 1
daphne_server.BoundedCommandLine.entrypoint()
"""


class ImpatientWebServerTests(WithWebServer):
    @classmethod
    def command(cls) -> tuple[str, ...]:
        python, _module, _name, *arguments = web_command()
        return (python, "-c", IMPATIENT, *arguments)

    async def test_who_reads_nothing_of_a_long_answer_loses_the_connection(self):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1024)
        writer.write(b"GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n")

        # It is heard of without reading: with the connection its socket at the other end goes.
        peer = writer.get_extra_info("sockname")
        async with asyncio.timeout(30):
            while is_connected(peer, self.port):  # noqa: ASYNC110  (another process's state)
                await asyncio.sleep(0.1)
        writer.close()


class WebServerEndTests(WithWebServer):
    async def test_sigterm_ends_it_with_0_though_sockets_are_open(self):
        async with self.connect() as client:
            self.process.send_signal(signal.SIGTERM)

            code = await asyncio.to_thread(self.process.wait, 30)
            with self.assertRaises(ConnectionClosed):
                await client.recv()
        self.assertEqual(code, 0)
