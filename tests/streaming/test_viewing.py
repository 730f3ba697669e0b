"""Watching live: socket, streamer and a real peer connection."""

import asyncio
import json
import time
from dataclasses import replace

from streaming.media.peer import PeerConfig
from streaming.services import health_of, tell_health
from streaming.sessions import SessionLimits
from tests.streaming.live import LOOPBACK, LiveTestCase


class ViewingTests(LiveTestCase):
    async def test_a_page_that_opens_a_session_sees_pictures(self):
        async with self.portal() as streamer:
            page = await self.page()
            hello = await page.hears("hello")
            await page.watch()
            await self.until(lambda: len(page.viewer.timestamps) > 10)

            self.assertEqual(
                hello,
                {
                    "type": "hello",
                    "transports": ["webrtc", "mse"],
                    "ice_servers": [],
                    "remote_candidates": False,
                },
            )
            self.assertEqual(streamer.sessions.viewers(self.camera.pk), 1)

    async def test_a_page_gets_new_credentials_for_the_relay_when_the_old_ones_grow_old(self):
        relay = {"turn_urls": ("turn:192.0.2.1",), "turn_secret": "s3cret"}
        for lifetime_s, is_renewed in ((3600, False), (0, True)):
            self.peer = PeerConfig(replace(LOOPBACK, **relay, turn_lifetime_s=lifetime_s))
            async with self.portal(with_ring=False):
                page = await self.page()
                hellos = [await page.hears("hello")]
                for _ in range(2):
                    await page.say("ping")
                    await page.hears("pong")
                hellos += [one for one in page.passed_over if one["type"] == "hello"]

            self.assertEqual(len(hellos) > 1, is_renewed)
            for hello in hellos:
                (server,) = hello["ice_servers"]
                self.assertEqual(server["urls"], ["turn:192.0.2.1"])
                self.assertEqual(server["username"].split(":")[1], str(self.cast.vera.pk))

    async def test_the_clock_leads_to_media_times_of_now(self):
        async with self.portal():
            page = await self.page()
            await page.offer()
            await page.viewer.take((await page.hears("session.answer"))["sdp"])
            offset = (await page.hears("session.clock"))["rtp_offset"]
            await self.until(lambda: len(page.viewer.timestamps) > 12)

            newest = (page.viewer.timestamps[-1] - offset) % 2**32
            age = (time.monotonic_ns() * 9 // 100_000 - newest) % 2**32
            self.assertLess(age, 90_000)

    async def test_the_page_is_told_how_the_camera_is(self):
        async with self.portal():
            page = await self.page()
            await page.watch()

            state = await page.hears("camera.state")
            while state["viewers"] != 1:
                state = await page.hears("camera.state")

            self.assertEqual((state["state"], state["code"]), ("live", ""))

    async def test_health_is_told(self):
        async with self.portal():
            await self.until(lambda: health_of(self.camera.pk)["stream"].get("fps"))

            health = health_of(self.camera.pk)["stream"]
            self.assertEqual(health["state"], "live")
            self.assertLess(health["age_ms"], 1000)
            self.assertEqual(health["decoded_frames"], 0)

    async def test_closing_the_tab_ends_the_session_at_once(self):
        async with self.portal() as streamer:
            page = await self.page()
            await page.watch()

            await page.leave(code=1001)

            await self.until(lambda: not streamer.sessions.viewers(self.camera.pk), seconds=1)
            await self.until(lambda: page.viewer.pc.connectionState == "closed")

    async def test_a_page_that_closes_its_session_can_open_another(self):
        async with self.portal() as streamer:
            page = await self.page()
            await page.watch()

            await page.say("session.close")
            await self.until(lambda: not streamer.sessions.viewers(self.camera.pk), seconds=1)
            page.begin_again()
            await page.watch()

    async def test_stopping_the_streamer_says_goodbye(self):
        async with self.portal():
            page = await self.page()
            await page.watch()
            self.pages.clear()
            started_s = time.monotonic()

        self.assertLess(time.monotonic() - started_s, 5)
        self.assertEqual((await page.hears("session.ended"))["code"], "streamer-restarted")
        await self.until(lambda: page.viewer.pc.connectionState == "closed")
        await page.leave()
        await page.close_viewers()

    async def test_nothing_is_left_behind(self):
        async with self.portal() as streamer:
            before = len(asyncio.all_tasks())
            for _ in range(5):
                page = await self.page()
                await page.watch()
                await page.leave()
                await page.close_viewers()
            self.pages.clear()

            await self.until(lambda: len(asyncio.all_tasks()) == before)
            self.assertEqual(streamer.sessions.viewers(self.camera.pk), 0)


class RefusalTests(LiveTestCase):
    limits = SessionLimits(in_all=3, per_user=2, pending_per_user=2, offers_per_s=3)

    async def refusal(self, page, sdp: str | None = None) -> str:
        page.begin_again()
        await page.say("session.open", sdp=sdp or await page.viewer.offer())
        return (await page.hears("session.ended"))["code"]

    async def test_an_offer_that_is_none_is_refused_by_name(self):
        async with self.portal():
            page = await self.page()

            self.assertEqual(await self.refusal(page, "v=0"), "refused-offer")

    async def test_a_browser_without_h264_is_told_so(self):
        async with self.portal():
            page = await self.page()
            sdp = (await page.viewer.offer()).replace("H264", "H263")

            self.assertEqual(await self.refusal(page, sdp), "refused-no-h264")

    async def test_a_person_may_watch_so_many_views(self):
        async with self.portal():
            page = await self.page()
            await page.watch()
            page.begin_again()
            await page.watch()

            self.assertEqual(await self.refusal(page), "capacity-user")

    async def test_all_together_may_watch_so_many_views(self):
        async with self.portal():
            for user in (self.cast.vera, self.cast.bob, self.cast.alice):
                await (await self.page(user)).watch()

            self.assertEqual(await self.refusal(await self.page(self.cast.bob)), "capacity")

    async def test_offers_that_nobody_follows_up_are_bounded(self):
        async with self.portal():
            page = await self.page()
            for _ in range(2):
                await page.offer()
                await page.hears("session.answer")
                page.begin_again()

            self.assertIn(await self.refusal(page), ("capacity-user", "capacity-pending"))

    async def test_offers_that_come_too_fast_are_refused(self):
        async with self.portal():
            page = await self.page()

            codes = [await self.refusal(page, "v=0") for _ in range(8)]

            self.assertEqual(codes[0], "refused-offer")
            self.assertEqual(codes[-1], "refused-too-fast")

    async def test_a_session_runs_once(self):
        async with self.portal():
            page = await self.page()
            await page.watch()

            await page.offer()

            self.assertEqual((await page.hears("session.ended"))["code"], "refused-duplicate")

    async def test_a_camera_that_is_offline_says_why(self):
        health = {"state": "offline", "code": "unreachable", "text": "No answer."}
        tell_health(self.camera.pk, "source", health)
        async with self.portal(with_ring=False):
            page = await self.page()
            await page.hears_state("offline")

            await page.offer()

            ended = await page.hears("session.ended")
            self.assertEqual((ended["code"], ended["text"]), ("camera-unreachable", "No answer."))


class AbandonedTests(LiveTestCase):
    peer = PeerConfig(LOOPBACK, connect_s=0.3, watch_every_s=0.05)

    async def test_a_browser_that_cannot_be_reached_is_told_after_the_deadline(self):
        async with self.portal():
            page = await self.page()
            await page.offer()
            await page.hears("session.answer")

            self.assertEqual((await page.hears("session.ended"))["code"], "timeout")


class SocketTests(LiveTestCase):
    async def test_ping_is_answered(self):
        async with self.portal(with_ring=False):
            page = await self.page()

            await page.say("ping")

            self.assertEqual((await page.hears("pong"))["type"], "pong")

    async def test_messages_that_make_no_sense_close_the_socket(self):
        nonsense = [
            "[]",
            "nonsense",
            json.dumps({"type": 7}),
            json.dumps({"type": "unknown"}),
            json.dumps({"type": "session.open", "session": "not-a-uuid", "sdp": ""}),
            json.dumps({"type": "session.claim"}),
            json.dumps({"type": "ping", "more": "x" * 33_000}),
            "[" * 20_000,
        ]
        async with self.portal(with_ring=False):
            for text in nonsense:
                page = await self.page()
                await page.socket.send_to(text_data=text)
                self.assertEqual(await page.close_code(), 4400, text[:40])

    async def test_bytes_close_the_socket(self):
        async with self.portal(with_ring=False):
            page = await self.page()
            await page.socket.send_to(bytes_data=b"\0")

            self.assertEqual(await page.close_code(), 4400)

    async def test_too_many_messages_close_the_socket(self):
        async with self.portal(with_ring=False):
            page = await self.page()
            for _ in range(60):
                await page.say("ping")

            self.assertEqual(await page.close_code(), 4429)
