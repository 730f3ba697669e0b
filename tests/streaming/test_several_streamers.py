"""Several streamers share the viewers of one camera."""

import asyncio
import json
import uuid

from streaming.media.peer import PeerConfig
from streaming.services import health_of
from streaming.sessions import SessionLimits
from tests.streaming.live import LOOPBACK, LiveTestCase, Page


class SeveralTestCase(LiveTestCase):
    streamers = 2

    def counts(self) -> list[int]:
        return [streamer.sessions.viewers(self.camera.pk) for streamer in self.crew.values()]

    async def watching(self, count: int) -> list[Page]:
        """So many pages of different people, that began at the same moment."""
        people = [self.cast.vera, self.cast.bob, self.cast.alice]
        pages = [await self.page(people[number % 3]) for number in range(count)]
        for page in pages:
            await page.offer()
        for page in pages:
            page.answer = await page.hears("session.answer")
            await page.viewer.take(page.answer["sdp"])
        for page in pages:
            await page.hears("session.clock")
        return pages

    def would_pick(self) -> int:
        """The streamer that the next view would go to."""
        streamer = self.picker.pick("nobody")
        self.picker.ended("nobody")
        return streamer

    async def refusal(self, page: Page) -> str:
        page.begin_again()
        await page.offer()
        return (await page.hears("session.ended"))["code"]


class SharingTests(SeveralTestCase):
    async def test_a_burst_of_viewers_is_split_evenly_and_all_get_pictures(self):
        async with self.portal():
            pages = await self.watching(4)
            for page in pages:
                await self.until(lambda page=page: len(page.viewer.timestamps) > 10)

            self.assertEqual(self.counts(), [2, 2])
            self.assertEqual(sorted(page.answer["streamer"] for page in pages), [1, 1, 2, 2])

    async def test_viewers_one_after_the_other_are_split_too(self):
        async with self.portal():
            for expected in ([1, 0], [1, 1], [2, 1], [2, 2]):
                await self.watching(1)
                self.assertEqual(sorted(self.counts()), sorted(expected))

    async def test_the_page_is_told_all_viewers_and_health_counts_them(self):
        async with self.portal():
            pages = await self.watching(2)
            while (await pages[0].hears("camera.state"))["viewers"] != 2:
                """Older news."""
            await self.until(lambda: health_of(self.camera.pk)["stream"].get("viewers") == 2)

            await pages[1].leave()
            self.pages.remove(pages[1])
            while (await pages[0].hears("camera.state"))["viewers"] != 1:
                """Older news."""
            await pages[1].close_viewers()

    async def test_only_the_first_tells_how_cameras_are_and_makes_pictures(self):
        async with self.portal():
            second = self.crew[2]
            await self.tell("streamers", {"type": "still.wanted", "camera_id": self.camera.pk,
                                          "fps": 5})  # fmt: skip
            await self.until(lambda: self.crew[1].stills.is_busy)

            self.assertFalse(second.stills.is_busy)

    async def test_a_streamer_without_viewers_follows_no_ring(self):
        async with self.portal():
            source = self.crew[2].hub.sources[self.camera.pk]
            await asyncio.sleep(2 * self.look_s)
            self.assertFalse(source.is_live)

            pages = await self.watching(2)
            self.assertTrue(self.crew[2].hub.sources[self.camera.pk].is_live)
            for page in pages:
                await page.say("session.close")
            await self.until(lambda: not self.crew[2].hub.sources[self.camera.pk].is_live)

            self.assertTrue(self.crew[1].hub.sources[self.camera.pk].is_live)

    async def test_a_streamer_that_stops_is_not_picked_and_its_pages_go_elsewhere_at_once(self):
        async with self.portal():
            pages = await self.watching(2)
            (theirs,) = [page for page in pages if page.answer["streamer"] == 2]
            (others,) = [page for page in pages if page.answer["streamer"] == 1]
            seen = len(others.viewer.timestamps)

            await self.stop_streamer(2)
            self.assertEqual((await theirs.hears("session.ended"))["code"], "streamer-restarted")
            for _ in range(2):
                theirs.begin_again()
                await theirs.offer()
                self.assertEqual((await theirs.hears("session.answer"))["streamer"], 1)

            await self.until(lambda: len(others.viewer.timestamps) > seen + 10)
            await self.start_streamer(2)
            await self.until(lambda: self.would_pick() == 2)
            theirs.begin_again()
            await theirs.offer()
            self.assertEqual((await theirs.hears("session.answer"))["streamer"], 2)


class ClaimTests(SeveralTestCase):
    async def broken(self) -> Page:
        """The page of a session at the second streamer, on a new socket after its own broke."""
        pages = await self.watching(2)
        (page,) = [page for page in pages if page.answer["streamer"] == 2]
        await page.leave(code=1006)
        again = await self.page(page.socket.scope["user"])
        again.session, again.watched = page.session, page
        return again

    async def test_a_page_claims_its_session_where_it_is(self):
        async with self.portal():
            page = await self.broken()

            await page.say("session.claim", streamer=2)

            await page.hears("session.claimed")
            seen = len(page.watched.viewer.timestamps)
            await self.until(lambda: len(page.watched.viewer.timestamps) > seen + 10)

    async def test_the_wrong_streamer_and_one_that_is_not_do_not_know_it(self):
        async with self.portal():
            page = await self.broken()
            for wrong in ({}, {"streamer": 1}, {"streamer": 3}, {"streamer": 0},
                          {"streamer": -1}, {"streamer": 10**30}):  # fmt: skip
                await page.say("session.claim", **wrong)
                self.assertEqual((await page.hears("session.ended"))["code"], "unknown-session")

            await page.say("session.claim", streamer=2)
            await page.hears("session.claimed")

    async def test_nobody_else_can_claim_close_or_detach_it_at_any_streamer(self):
        async with self.portal():
            page = await self.broken()
            thief = await self.page(
                self.cast.alice if page.socket.scope["user"] != self.cast.alice else self.cast.bob
            )
            thief.session = page.session
            for streamer in (1, 2):
                await thief.say("session.claim", streamer=streamer)
                self.assertEqual((await thief.hears("session.ended"))["code"], "unknown-session")
                await thief.say("session.close")

            await page.say("session.claim", streamer=2)
            await page.hears("session.claimed")

    async def test_a_number_that_is_none_closes_the_socket(self):
        async with self.portal(with_ring=False):
            for wrong in ("2", 2.0, None, True, [2], {"n": 2}):
                page = await self.page()
                claim = {"type": "session.claim", "session": uuid.uuid4().hex, "streamer": wrong}
                await page.socket.send_to(text_data=json.dumps(claim))
                self.assertEqual(await page.close_code(), 4400, repr(wrong))

    async def test_a_session_stays_with_its_streamer_whatever_the_page_says(self):
        async with self.portal():
            await self.watching(1)
            (page,) = await self.watching(1)
            self.assertEqual(page.answer["streamer"], 2)

            await page.say("session.claim", streamer=1)
            await page.hears("session.claimed")
            await page.say("session.close")

            await self.until(lambda: self.counts() == [1, 0])


class LimitsInTotalTests(SeveralTestCase):
    limits = SessionLimits(in_all=4, per_user=2, offers_per_s=100)

    async def test_a_person_has_her_views_over_all_streamers(self):
        async with self.portal():
            first, second = await self.page(), await self.page()
            await first.watch()
            await second.watch()
            self.assertEqual(self.counts(), [1, 1])
            await self.until_told(2)

            self.assertEqual(await self.refusal(await self.page()), "capacity-user")
            await first.say("session.close")
            await self.until_told(1)
            await (await self.page()).watch()

    async def test_all_together_have_theirs(self):
        async with self.portal():
            await self.watching(4)
            await self.until_told(4)

            self.assertEqual(await self.refusal(await self.page()), "capacity")

    async def until_told(self, views: int) -> None:
        """Both streamers know of so many views in total."""
        await self.until(
            lambda: [one.viewers(self.camera.pk) for one in self.crew.values()] == [views] * 2
        )


class PendingInTotalTests(SeveralTestCase):
    limits = SessionLimits(pending_per_user=2, offers_per_s=100)
    peer = PeerConfig(LOOPBACK, watch_every_s=0.05)

    async def test_offers_that_nobody_follows_up_count_over_all_streamers(self):
        async with self.portal():
            page = await self.page()
            for _ in range(2):
                page.begin_again()
                await page.offer()
                await page.hears("session.answer")
            await self.until(
                lambda: all(
                    len([*one.sessions.views(), *one._others.views()]) == 2
                    for one in self.crew.values()
                )
            )

            self.assertEqual(await self.refusal(page), "capacity-pending")
