"""Pictures through a relay: the adapter, our credentials and coturn."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from unittest import IsolatedAsyncioTestCase

from streaming.media.access_unit import AccessUnit
from streaming.media.adapter.connection import MediaConnection
from streaming.media.adapter.outlet import Outlet
from streaming.media.adapter.srtp import Scratch
from streaming.media.adapter.udp import queued_bytes
from streaming.media.fanout import Fanout
from streaming.media.ice import TURN_LIFETIME_S, IceConfig, ice_servers
from streaming.media.sdp import clean_offer
from streaming.media.viewer import PacedViewer
from tests.streaming.media.adapter.test_outlet import big_unit
from tests.streaming.media.turn_server import SECRET, TurnServer
from tests.streaming.media.viewer import Viewer, units, until

ANSWER_IN_TIME_S = 2.0


class RelayTests(IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.turn = cls.enterClassContext(TurnServer())

    def setUp(self) -> None:
        self.fanout = Fanout(lambda: ())
        self.states: list[str] = []
        self.ice = IceConfig(
            addresses=("127.0.0.1",),
            remote_candidates=True,
            turn_urls=(self.turn.url,),
            turn_secret=SECRET,
        )

    def relays_for(self, user: str) -> list[dict]:
        return [one.as_dict() for one in ice_servers(self.ice, user=user, now_s=time.time())]

    @contextlib.asynccontextmanager
    async def connection(
        self, user: str = "petcam", *, now_s: float | None = None
    ) -> AsyncIterator[MediaConnection]:
        """The streamer's side, with credentials made at `now_s` (now)."""
        connection = MediaConnection(
            ice=self.ice,
            servers=ice_servers(self.ice, user=user, now_s=now_s or time.time()),
            on_state=self.states.append,
        )
        outlet = Outlet(connection, Scratch(), on_ready=lambda: self.fanout.join(self.paced))
        self.paced = PacedViewer(outlet, on_keyframe_wanted=lambda: None)
        try:
            yield connection
        finally:
            self.fanout.leave(self.paced)
            self.paced.stop()
            await connection.close()

    def play(self, *more: AccessUnit) -> None:
        for unit in more:
            self.fanout.publish(unit)

    @contextlib.asynccontextmanager
    async def relayed(self, user: str) -> AsyncIterator[tuple[MediaConnection, Viewer]]:
        """A streamer and a viewer that can meet only at the server, which relays to itself."""
        viewer = Viewer(self.relays_for(f"viewer-of-{user}"))
        try:
            async with self.connection(user) as connection:
                offer = clean_offer(await viewer.offer(), with_candidates=True)
                await viewer.take(await connection.answer(offer))
                await until(lambda: self.fanout.viewers)
                yield connection, viewer
        finally:
            await viewer.close()

    async def answer_without_relay(self, **more: float) -> None:
        viewer = Viewer()
        try:
            offer = clean_offer(await viewer.offer())
            with self.assertLogs("streaming.media.adapter", "WARNING"):
                async with self.connection(**more) as connection:
                    began_s = time.monotonic()
                    answer = await connection.answer(offer)
                    took_s = time.monotonic() - began_s
        finally:
            await viewer.close()

        self.assertNotIn("typ relay", answer)
        self.assertIn("typ host", answer)
        self.assertLess(took_s, ANSWER_IN_TIME_S)

    async def test_pictures_go_from_relay_to_relay(self):
        self.ice = replace(self.ice, addresses=("127.0.0.2",))
        user = "petcam-to-relay"

        async with self.relayed(user) as (_, viewer):
            self.play(*units(count=30))
            await until(lambda: len(viewer.timestamps) == 30)
            sent = self.paced.bytes_sent

        await until(lambda: any(name.endswith(f":viewer-of-{user}") for name in self.turn.users()))
        (name,) = (one for one in self.turn.users() if one.endswith(f":{user}"))
        await until(lambda: self.turn.bytes_for_peers(name) > sent)

    async def test_pictures_go_through_a_relay_that_is_reached_by_tcp(self):
        self.ice = replace(self.ice, addresses=("127.0.0.2",), turn_urls=(self.turn.tcp_url,))

        async with self.relayed("petcam-by-tcp") as (_, viewer):
            self.play(*units(count=30))
            await until(lambda: len(viewer.timestamps) == 30)

    async def test_what_a_relay_does_not_take_counts_as_backlog(self):
        self.ice = replace(self.ice, addresses=("127.0.0.2",), turn_urls=(self.turn.tcp_url,))

        # In debug mode a packet takes milliseconds, and the kernel takes thousands.
        asyncio.get_running_loop().set_debug(False)

        async with self.relayed("petcam-in-a-queue") as (connection, _):
            with self.turn.halted():
                self.play(*(big_unit(1_000_000, number) for number in range(6)))
                relay = connection.ice._nominated[1].protocol.transport
                await until(lambda: queued_bytes(relay))

    async def test_an_expired_name_gets_no_relay_and_an_answer_in_time(self):
        await self.answer_without_relay(now_s=time.time() - TURN_LIFETIME_S - 60)

    async def test_a_wrong_secret_gets_no_relay_and_an_answer_in_time(self):
        self.ice = replace(self.ice, turn_secret="of another server")

        await self.answer_without_relay()

    async def test_a_silent_server_is_not_waited_for_and_leaves_nothing_behind(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 0))
            url = f"turn:127.0.0.1:{silent.getsockname()[1]}?transport=udp"
            self.ice = replace(self.ice, turn_urls=(url,))

            await self.answer_without_relay()

            await until(lambda: len(asyncio.all_tasks()) == 1)

    async def test_a_stun_server_tells_how_we_look_from_outside(self):
        self.ice = replace(self.ice, turn_urls=(), stun_urls=(self.turn.stun_url,))
        viewer = Viewer()
        self.addAsyncCleanup(viewer.close)

        async with self.connection() as connection:
            answer = await connection.answer(clean_offer(await viewer.offer()))

        self.assertRegex(answer, r"127\.0\.0\.1 \d+ typ srflx raddr 127\.0\.0\.1")
