"""manage.py run_streamer: the process that sends live pictures to browsers."""

import asyncio
import signal

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from streaming.live_config import ice_config
from streaming.loads import FIRST
from streaming.media.adapter import contract
from streaming.media.peer import PeerConfig
from streaming.sessions import SessionLimits
from streaming.streamer import Streamer, StreamerConfig


class Command(BaseCommand):
    help = "Send the pictures of every enabled camera to the browsers that watch."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--number", type=int, default=FIRST, help="which of PETCAM_STREAMERS this is, from 1"
        )

    def handle(self, *args: object, number: int, **options: object) -> None:
        if not FIRST <= number <= settings.PETCAM_STREAMERS:
            raise CommandError(f"PETCAM_STREAMERS={settings.PETCAM_STREAMERS} has no {number}.")
        asyncio.run(self._serve(number))

    async def _serve(self, number: int) -> None:
        stop = asyncio.Event()
        for ending in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(ending, stop.set)
        limits = SessionLimits(
            in_all=settings.PETCAM_VIEWS, per_user=settings.PETCAM_VIEWS_PER_USER
        )
        config = StreamerConfig(
            PeerConfig(ice_config(), is_fast=contract.is_kept()),
            limits,
            number=number,
            streamers=settings.PETCAM_STREAMERS,
        )
        await Streamer(config).run(stop, on_ready=self._say_ready)

    def _say_ready(self) -> None:
        self.stdout.write("ready")
        self.stdout.flush()
