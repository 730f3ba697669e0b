"""The browser's checks come first; ours answer them."""

import asyncio
import time
from types import SimpleNamespace
from typing import Any
from unittest import IsolatedAsyncioTestCase

from aioice.candidate import Candidate
from aioice.ice import CandidatePair, Connection

from streaming.media.adapter.checks import CheckedByBrowser, CheckedStunProtocol

CLIENT_HELLO = b"\x16\xfe\xfd" + bytes(20)
BROWSER = ("192.0.2.7", 5000)


def pair(*, nominated: bool) -> CandidatePair:
    remote = Candidate.from_sdp(f"1 1 udp 1 {BROWSER[0]} {BROWSER[1]} typ host")
    found = CandidatePair(SimpleNamespace(), remote)
    found.state = CandidatePair.State.IN_PROGRESS
    found.remote_nominated = nominated
    return found


class CheckedStunProtocolTests(IsolatedAsyncioTestCase):
    async def test_a_client_hello_is_kept_once_the_browser_has_nominated_its_address(self):
        for nominated in (True, False):
            with self.subTest(nominated=nominated):
                heard: list[Any] = []
                receiver = SimpleNamespace(
                    _check_list=[pair(nominated=nominated)],
                    data_received=lambda data, component, heard=heard: heard.append(data),
                )
                protocol = CheckedStunProtocol(receiver)
                protocol.local_candidate = Candidate.from_sdp("1 1 udp 1 192.0.2.1 4000 typ host")

                protocol.datagram_received(CLIENT_HELLO, BROWSER)
                protocol.datagram_received(CLIENT_HELLO, ("192.0.2.66", 5000))

                self.assertEqual(heard, [CLIENT_HELLO] if nominated else [])


class CheckedByBrowserTests(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.server, self.browser = Connection(ice_controlling=False), Connection(True)
        CheckedByBrowser(self.server)
        for one, other in ((self.server, self.browser), (self.browser, self.server)):
            await one.gather_candidates()
            one.remote_username = other.local_username
            one.remote_password = other.local_password

    async def asyncTearDown(self) -> None:
        await asyncio.gather(self.server.close(), self.browser.close())

    async def test_it_connects_to_a_browser_whose_candidates_it_is_not_told(self):
        for candidate in self.server.local_candidates:
            await self.browser.add_remote_candidate(candidate)
        await self.browser.add_remote_candidate(None)

        async with asyncio.timeout(5):
            await asyncio.gather(self.server.connect(), self.browser.connect())

        await self.server.sendto(b"hello", 1)
        self.assertEqual(await self.browser.recvfrom(), (b"hello", 1))

    async def test_it_can_be_closed_while_it_waits(self):
        connecting = asyncio.create_task(self.server.connect())
        began = time.monotonic()
        await asyncio.sleep(0)

        await self.server.close()

        with self.assertRaises(ConnectionError):
            await connecting
        self.assertLess(time.monotonic() - began, 2)
