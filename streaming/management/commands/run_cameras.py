"""manage.py run_cameras: the camera bridge process."""

import asyncio
import signal

from django.core.management.base import BaseCommand

from streaming.bridge import Bridge


class Command(BaseCommand):
    help = "Read every enabled camera and write its pictures to its frame ring."

    def handle(self, *args: object, **options: object) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await Bridge().run(stop, on_ready=self._say_ready)

    def _say_ready(self) -> None:
        self.stdout.write("ready")
        self.stdout.flush()
