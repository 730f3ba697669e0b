"""Whose sessions stay and whose end: rights, and pages that come back to theirs."""

import time
from unittest import mock

from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session as LoginSession

from streaming.messages import STREAMERS_GROUP, user_group
from streaming.models import Camera
from streaming.sessions import SessionLimits
from tests.streaming.live import LiveTestCase


@mock.patch("streaming.consumers.guarded.LOOK_AGAIN_S", 1e9)
class RightsTests(LiveTestCase):
    """What streamers do on their own: pages' sockets look only when there is news."""

    async def revoke(self) -> None:
        """vera leaves the household, and nobody is told: only the database knows."""
        await self.cast.vera.memberships.all().adelete()

    async def test_a_stranger_gets_the_same_answer_as_for_a_missing_camera(self):
        async with self.portal():
            stranger = await self.page(self.cast.mallory)
            missing = await self.page(self.cast.mallory, slug="no-such-camera")

            self.assertEqual(await stranger.close_code(), 4404)
            self.assertEqual(await missing.close_code(), 4404)

    async def test_who_is_not_logged_in_is_told_so(self):
        async with self.portal():
            self.assertEqual(await (await self.page(AnonymousUser())).close_code(), 4401)

    async def test_media_ends_when_access_is_withdrawn(self):
        async with self.portal():
            page = await self.page()
            await page.watch()
            await self.revoke()
            started_s = time.monotonic()

            ended = await page.hears("session.ended")

            self.assertEqual(ended["code"], "access-withdrawn")
            self.assertLess(time.monotonic() - started_s, 2)
            await self.until(lambda: page.viewer.pc.connectionState == "closed")

    async def test_news_of_rights_are_acted_on_at_once(self):
        self.look_s = 60.0
        async with self.portal():
            page = await self.page()
            await page.watch()
            await self.revoke()

            news = {"type": "access.changed", "user_id": self.cast.vera.pk}
            await self.tell(STREAMERS_GROUP, news)
            await self.tell(user_group(self.cast.vera.pk), news)

            await self.until(lambda: page.viewer.pc.connectionState == "closed", seconds=2)
            self.assertEqual(await page.close_code(), 4403)

    async def test_no_frame_is_sent_when_access_is_withdrawn_before_the_answer_is_taken(self):
        self.look_s = 60.0
        async with self.portal():
            page = await self.page()
            await page.offer()
            answer = (await page.hears("session.answer"))["sdp"]
            await self.revoke()

            await page.viewer.take(answer)

            self.assertEqual((await page.hears("session.ended"))["code"], "access-withdrawn")
            self.assertEqual(page.viewer.packets, [])

    async def test_logging_out_ends_the_view(self):
        async with self.portal():
            page = await self.page()
            await page.watch()

            await LoginSession.objects.all().adelete()

            self.assertEqual((await page.hears("session.ended"))["code"], "access-withdrawn")

    async def test_a_camera_that_is_switched_off_ends_its_views_and_says_so(self):
        async with self.portal():
            page = await self.page()
            await page.watch()

            await Camera.objects.filter(pk=self.camera.pk).aupdate(is_enabled=False)

            self.assertEqual((await page.hears("session.ended"))["code"], "camera-disabled")
            self.assertEqual((await page.hears_state("disabled"))["code"], "disabled")

    async def test_a_session_answers_to_its_own_user_only(self):
        async with self.portal() as streamer:
            victim = await self.page()
            await victim.watch()
            thief = await self.page(self.cast.bob)
            thief.session = victim.session

            await thief.say("session.claim")
            await thief.hears("session.ended")
            await thief.say("session.close")
            await self.tell(
                STREAMERS_GROUP,
                {"type": "session.close", "session": victim.session, "user_id": self.cast.bob.pk},
            )
            seen = len(victim.viewer.timestamps)
            await self.until(lambda: len(victim.viewer.timestamps) > seen + 5)

            self.assertEqual(streamer.sessions.viewers(self.camera.pk), 1)


class ClaimTests(LiveTestCase):
    limits = SessionLimits(detached_s=0.5)

    async def test_a_page_whose_socket_broke_claims_its_session_and_never_loses_the_picture(self):
        async with self.portal() as streamer:
            page = await self.page()
            await page.watch()
            await page.leave(code=1006)
            again = await self.page()
            again.session = page.session

            await again.say("session.claim")
            await again.hears("session.claimed")
            clock = await again.hears("session.clock")
            seen = len(page.viewer.timestamps)
            await self.until(lambda: len(page.viewer.timestamps) > seen + 30)

            self.assertEqual(clock["session"], page.session)
            self.assertEqual(streamer.sessions.viewers(self.camera.pk), 1)

    async def test_a_session_that_nobody_claims_ends(self):
        async with self.portal() as streamer:
            page = await self.page()
            await page.watch()

            await page.leave(code=1006)

            await self.until(lambda: not streamer.sessions.viewers(self.camera.pk))

    async def test_a_session_that_is_no_more_cannot_be_claimed(self):
        async with self.portal():
            page = await self.page()

            await page.say("session.claim")

            self.assertEqual((await page.hears("session.ended"))["code"], "unknown-session")
