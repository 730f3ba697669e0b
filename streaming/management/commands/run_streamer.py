"""manage.py run_streamer: the process that sends live pictures to browsers."""

import asyncio
import signal

from django.conf import settings
from django.core.management.base import BaseCommand

from streaming.live_config import ice_config
from streaming.media.adapter import contract
from streaming.media.peer import PeerConfig
from streaming.sessions import SessionLimits
from streaming.streamer import Streamer, StreamerConfig


class Command(BaseCommand):
    help = "Send the pictures of every enabled camera to the browsers that watch."

    def handle(self, *args: object, **options: object) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        limits = SessionLimits(
            in_all=settings.PETCAM_VIEWS, per_user=settings.PETCAM_VIEWS_PER_USER
        )
        config = StreamerConfig(PeerConfig(ice_config(), is_fast=contract.is_kept()), limits)
        await Streamer(config).run(stop, on_ready=self._say_ready)

    def _say_ready(self) -> None:
        self.stdout.write("ready")
        self.stdout.flush()
