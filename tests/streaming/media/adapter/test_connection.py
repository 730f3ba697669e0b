"""Offers, addresses and ports of a peer connection."""

import asyncio
import re
import socket
from unittest import IsolatedAsyncioTestCase

from streaming.media.adapter import gathering
from streaming.media.adapter.connection import MediaConnection, NoAddress
from streaming.media.ice import IceConfig
from streaming.media.sdp import clean_offer
from tests.streaming.media.viewer import Viewer, until

# A DTLS fatal alert (handshake_failure), and a ClientHello that offers only the null cipher.
ALERT = bytes.fromhex("15feff000000000000000100020228")
CLIENT_HELLO = bytes.fromhex("16feff000000000000000000360100002a000000000000002afefd") + bytes(44)


class ConnectionTests(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.viewer = Viewer()
        self.states: list[str] = []

    async def asyncTearDown(self) -> None:
        await self.connection.close()
        await self.viewer.close()

    async def answer(self, **ice: object) -> str:
        config = IceConfig(**{"addresses": ("127.0.0.1",)} | ice)
        self.connection = MediaConnection(ice=config, servers=[], on_state=self.states.append)
        return await self.connection.answer(clean_offer(await self.viewer.offer()))

    async def test_forged_datagrams_do_not_end_a_handshake(self):
        answer = await self.answer()
        port = int(re.search(r"127\.0\.0\.1 (\d+) typ host", answer).group(1))
        forger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(forger.close)

        async def spray() -> None:
            while True:
                for datagram in (ALERT, CLIENT_HELLO, b"\x80\x60" + bytes(60)):
                    forger.sendto(datagram, ("127.0.0.1", port))
                await asyncio.sleep(0.001)

        spraying = asyncio.create_task(spray())
        await self.viewer.take(answer)
        await until(lambda: self.states and self.states[-1] in ("connected", "failed"))
        spraying.cancel()

        self.assertEqual(self.states[-1], "connected")

    async def test_ports_come_from_the_range_until_it_is_used_up(self):
        taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        taken.bind(("127.0.0.1", 0))
        self.addCleanup(taken.close)
        port = taken.getsockname()[1]

        with (
            self.assertLogs("streaming.media.adapter.gathering", "WARNING"),
            self.assertRaises(NoAddress),
        ):
            await self.answer(ports=range(port, port + 1))

    async def test_a_free_port_of_the_range_is_found(self):
        answer = await self.answer(ports=range(42100, 42160))

        ports = re.findall(r"a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+) typ host", answer)
        self.assertEqual(len(ports), 1)
        self.assertIn(int(ports[0]), range(42100, 42160))

    async def test_the_advertised_address_takes_the_place_of_the_local_one(self):
        answer = await self.answer(advertised_address="198.51.100.7")

        self.assertRegex(answer, r"a=candidate:\S+ 1 udp \d+ 198\.51\.100\.7 \d+ typ host")
        self.assertNotIn(" 127.0.0.1 ", answer.split("a=candidate", 1)[1])

    async def test_all_addresses_of_the_machine_are_offered_by_default(self):
        answer = await self.answer(addresses=())

        self.assertEqual(answer.count("typ host"), len(gathering.host_addresses()))
