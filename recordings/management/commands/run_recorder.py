"""manage.py run_recorder: the process that records cameras."""

import asyncio
import signal

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from recordings.files.names import StoreRefused
from recordings.recording import Recording
from streaming.media.priority import let_others_wake_first


class Command(BaseCommand):
    help = "Record every enabled camera as its owner wants it, and delete what is too old."

    def handle(self, *args: object, **options: object) -> None:
        # A ring holds seconds: whoever hands pictures to viewers goes first.
        let_others_wake_first()
        try:
            asyncio.run(self._serve())
        except StoreRefused as refused:
            raise CommandError(f"Nothing is recorded by this process: {refused}.") from refused

    async def _serve(self) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await Recording().run(stop, on_ready=self._say_ready)

    def _say_ready(self) -> None:
        self.stdout.write("ready")
        self.stdout.flush()
