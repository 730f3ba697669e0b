"""`manage.py petcam`: the whole portal with one command."""

import asyncio
import os
import sys

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from petcam_site import prepare
from petcam_site.keeper import Keeper
from petcam_site.programs import portal_url, programs
from petcam_site.supervisor import say_on_stderr, stop_on_signals, supervise


class Command(BaseCommand):
    help = "Runs Petcam: broker, web server, camera bridge and streamer, until SIGTERM or Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--demo", action="store_true", help="make a demo household with a demo camera"
        )

    def handle(self, *, demo: bool, **options: object) -> None:
        os.umask(0o077)
        with prepare.only_one(settings.PETCAM_DATA_DIR):
            prepare.check_port(settings.PETCAM_BIND, settings.PETCAM_PORT)
            prepare.clear_run_dir(settings.PETCAM_RUN_DIR)
            prepare.migrate()
            prepare.collect_static()
            greeting = self._greeting(demo)
            connections.close_all()
            asyncio.run(run(greeting))

    @staticmethod
    def _greeting(demo: bool) -> str:
        """The one line for the person who has started Petcam."""
        if demo:
            from streaming.demo_home import seed_demo  # noqa: PLC0415  (only a demo needs it)

            return f"Petcam is ready: {portal_url()} user demo password {seed_demo()}"
        if not get_user_model().objects.exists():
            from households.first_run import first_run_token  # noqa: PLC0415  (first start only)

            return f"Petcam is ready: {portal_url()}first-run/?token={first_run_token()}"
        return f"Petcam is ready: {portal_url()}"


async def run(greeting: str) -> None:
    """Until a signal says stop."""
    keeper = Keeper()
    try:
        await supervise(
            programs(),
            keeper=keeper,
            stop=stop_on_signals(),
            say=say_on_stderr,
            on_ready=lambda: print(greeting, file=sys.stdout, flush=True),  # noqa: T201  (for people)
        )
    finally:
        keeper.close()
