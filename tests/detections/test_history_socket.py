"""The socket of an open history page: who hears what, how soon, and how much at most."""

import asyncio
import time

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser, User
from django.test import AsyncClient, TestCase, override_settings
from django.urls import path

from detections import news
from detections.consumers import MOST_VISITS, HistoryConsumer
from detections.homes import still_at_home
from detections.messages import household_group
from households.models import Member
from households.services import remove_member
from streaming.rights import Rights
from tests.builders import make_camera, make_visit
from tests.cast import make_cast


@override_settings(CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}})
class HistorySocketTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home)

    async def open(self, user: User | AnonymousUser, household: int | None = None):
        """The socket of a page of `user`'s, accepted."""
        consumer = HistoryConsumer.as_asgi(rights=Rights(still_at_home))
        router = URLRouter([path("ws/households/<int:household>/history/", consumer)])
        home = household or self.cast.home.pk
        socket = WebsocketCommunicator(router, f"/ws/households/{home}/history/")
        browser = AsyncClient()
        if user.is_authenticated:
            await browser.aforce_login(user)
        socket.scope |= {"user": user, "session": await browser.asession()}
        connected, _ = await socket.connect(timeout=5)
        self.assertTrue(connected)
        self.browser = browser
        return socket

    async def open_and_greeted(self, user: User) -> WebsocketCommunicator:
        socket = await self.open(user)
        self.assertEqual(await socket.receive_json_from(timeout=5), {"type": "hello"})
        return socket

    async def close_code(self, socket: WebsocketCommunicator) -> int:
        return (await socket.receive_output(timeout=7))["code"]

    async def changed(self, *visits: int) -> None:
        for visit in visits:
            await get_channel_layer().group_send(
                household_group(self.cast.home.pk),
                {
                    "type": "visit.changed",
                    "household_id": self.cast.home.pk,
                    "visit_id": visit,
                    "is_new": True,
                },
            )

    async def test_a_new_visit_is_told_within_a_second_by_its_number_alone(self):
        socket = await self.open_and_greeted(self.cast.vera)
        began = time.monotonic()

        visit = await database_sync_to_async(make_visit)(self.camera)
        # Under a TestCase nothing commits, so it is told by hand.
        await database_sync_to_async(news._send)([news._changed(visit, True)])

        told = await socket.receive_json_from(timeout=5)
        self.assertEqual(told, {"type": "visits", "visits": [visit.pk], "anew": False})
        self.assertLess(time.monotonic() - began, 1)
        await socket.disconnect()

    async def test_what_changes_at_the_same_moment_is_told_together_and_once(self):
        socket = await self.open_and_greeted(self.cast.vera)

        await self.changed(7, 3, 7, 9)

        told = await socket.receive_json_from(timeout=5)
        self.assertEqual(told["visits"], [7, 3, 9])
        self.assertTrue(await socket.receive_nothing(timeout=0.3))
        await socket.disconnect()

    async def test_more_than_a_page_can_look_up_makes_it_begin_anew(self):
        socket = await self.open_and_greeted(self.cast.vera)

        await self.changed(*range(1, 2 * MOST_VISITS + 10))

        told = await socket.receive_json_from(timeout=5)
        self.assertEqual(told, {"type": "visits", "visits": [], "anew": True})
        await socket.disconnect()

    async def test_strangers_superusers_and_those_not_logged_in_hear_nothing(self):
        for user, code in (
            (self.cast.mallory, 4404),
            (self.cast.root, 4404),
            (AnonymousUser(), 4401),
        ):
            with self.subTest(user=str(user)):
                socket = await self.open(user)
                self.assertEqual(await self.close_code(socket), code)
        missing = await self.open(self.cast.alice, 999999)
        self.assertEqual(await self.close_code(missing), 4404)

    async def test_who_leaves_the_household_hears_no_more(self):
        socket = await self.open_and_greeted(self.cast.bob)

        member = await Member.objects.aget(user=self.cast.bob)
        await database_sync_to_async(remove_member)(member)
        await get_channel_layer().group_send(
            f"user-{self.cast.bob.pk}", {"type": "access.changed", "user_id": self.cast.bob.pk}
        )

        self.assertEqual(await self.close_code(socket), 4403)
        await self.changed(1)
        self.assertTrue(await socket.receive_nothing(timeout=0.3))

    async def test_who_logs_out_hears_no_more_within_the_next_look(self):
        socket = await self.open_and_greeted(self.cast.vera)

        await self.browser.alogout()

        async with asyncio.timeout(7):
            self.assertEqual(await self.close_code(socket), 4403)

    async def test_nonsense_and_a_flood_end_the_socket(self):
        socket = await self.open_and_greeted(self.cast.vera)
        await socket.send_json_to({"type": "visits"})
        self.assertEqual(await self.close_code(socket), 4400)
        socket = await self.open_and_greeted(self.cast.vera)
        for _ in range(100):
            await socket.send_json_to({"type": "ping"})
        answers = []
        while not answers or answers[-1]["type"] != "websocket.close":
            answers.append(await socket.receive_output(timeout=5))
        self.assertEqual(answers[-1]["code"], 4429)
        self.assertLess(len(answers), 100)
