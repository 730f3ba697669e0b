"""`manage.py petcam`: the whole portal with one command."""

import asyncio
import os

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from households.first_run import first_run_token
from petcam_site import prepare
from petcam_site.keeper import Keeper
from petcam_site.programs import portal_url, stages
from petcam_site.supervisor import Log, stop_on_signals, supervise
from recordings.demo_home import seed_demo


class Command(BaseCommand):
    help = "Runs Petcam: broker, web server, camera bridge and streamer, until SIGTERM or Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--demo", action="store_true", help="make a demo household with a demo camera"
        )

    def handle(self, *, demo: bool, **options: object) -> None:
        os.umask(0o077)
        prepare.allow_many_sockets()
        with prepare.only_one(settings.PETCAM_DATA_DIR):
            prepare.check_port(settings.PETCAM_BIND, settings.PETCAM_PORT)
            prepare.clear_run_dir(settings.PETCAM_RUN_DIR)
            asyncio.run(run(demo=demo))


async def run(*, demo: bool) -> None:
    """Until a signal says stop."""
    keeper, log = Keeper(), Log()
    greeting = ""

    def prepare_data() -> None:
        nonlocal greeting
        prepare.wait_for_broker()
        prepare.migrate()
        prepare.collect_static()
        greeting = greet(demo=demo)
        connections.close_all()

    try:
        await supervise(
            stages(),
            prepare=prepare_data,
            on_ready=lambda: print(greeting, flush=True),  # noqa: T201  (for people)
            keeper=keeper,
            stop=stop_on_signals(),
            say=log.say,
        )
    finally:
        keeper.close()
        log.close()


def greet(*, demo: bool) -> str:
    """The one line for the person who has started Petcam; makes the demo household or the token."""
    if demo:
        return f"Petcam is ready: {portal_url()} user demo password {seed_demo()}"
    if not get_user_model().objects.exists():
        return f"Petcam is ready: {portal_url()}first-run/?token={first_run_token()}"
    return f"Petcam is ready: {portal_url()}"
