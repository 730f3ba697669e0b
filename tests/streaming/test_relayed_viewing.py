"""Watching through a TURN server that the settings name: page, streamer and coturn."""

import time

from django.test import override_settings

from streaming.live_config import ice_config
from streaming.media.ice import TURN_LIFETIME_S
from streaming.media.peer import PeerConfig
from tests.streaming.live import LiveTestCase
from tests.streaming.media.turn_server import SECRET, TurnServer
from tests.streaming.media.viewer import Viewer


class RelayedViewingTests(LiveTestCase):
    def setUp(self):
        super().setUp()
        self.turn = self.enterContext(TurnServer())
        # The server relays to 127.0.0.1 only: to other relays, not to the streamer itself.
        settings = override_settings(
            PETCAM_ICE_ADDRESSES=["127.0.0.2"],
            PETCAM_ICE_REMOTE_CANDIDATES=True,
            PETCAM_TURN_URLS=[self.turn.url],
            PETCAM_TURN_SECRET=SECRET,
        )
        with settings:
            self.peer = PeerConfig(ice_config(), watch_every_s=0.05)

    async def test_page_and_streamer_meet_at_the_relay_each_with_a_name_that_expires(self):
        async with self.portal():
            page = await self.page()
            hello = await page.hears("hello")
            page.begin_again(Viewer(hello["ice_servers"]))
            await page.offer()
            answer = await page.hears("session.answer")
            await page.viewer.take(answer["sdp"])
            await self.until(lambda: len(page.viewer.timestamps) > 10)
            await self.until(lambda: len(self.turn.users()) == 2)

        self.assertTrue(hello["remote_candidates"])
        names = dict(reversed(user.split(":")) for user in self.turn.users())
        self.assertEqual(set(names), {str(self.cast.vera.pk), f"petcam-{page.session[:8]}"})
        for expires in map(int, names.values()):
            self.assertAlmostEqual(expires - time.time(), TURN_LIFETIME_S, delta=30)
