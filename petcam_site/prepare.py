"""What must be in order before Petcam's processes start."""

import fcntl
import hashlib
import os
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from django.db.migrations.executor import MigrationExecutor
from redis.exceptions import RedisError

# How long the keeper of a killed Petcam may take to clear its processes away.
LOCK_WITHIN_S = 2
BROKER_WITHIN_S = 30
# Each viewer takes a few; systems often give 1024 unless asked.
MANY_FILES = 16384


@contextmanager
def only_one(directory: Path) -> Iterator[None]:
    """Holds `directory` for this Petcam; raises CommandError when another one has it."""
    deadline = time.monotonic() + LOCK_WITHIN_S
    with open(directory / "petcam.lock", "a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise CommandError(
                        f"Petcam is already running with the directory {directory}. Stop it, or "
                        "give this one a PETCAM_DATA_DIR of its own."
                    ) from None
                time.sleep(0.05)
        yield


def check_port(host: str, port: int) -> None:
    """Raises CommandError when the web server could not listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} on {host} cannot be used: {os.strerror(error.errno or 0)}. Stop "
                "what uses it, or choose another one with PETCAM_PORT."
            ) from error


def clear_run_dir(directory: Path) -> None:
    """Removes what a killed Petcam has left: rings without a writer and a dead socket."""
    for pattern in ("*.ring", "*.jpeg", "*.ring.*", "*.jpeg.*", "*.sock"):
        for path in directory.glob(pattern):
            path.unlink(missing_ok=True)


def allow_many_sockets() -> None:
    """Lets this process and its children open as many files as the system permits."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY_FILES if most == resource.RLIM_INFINITY else min(most, MANY_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def wait_for_broker(*, within_s: float = BROKER_WITHIN_S) -> None:
    """Raises CommandError when the household's own Redis does not answer in time."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            cache.get("petcam")
            return
        except RedisError as error:
            if time.monotonic() > deadline:
                raise CommandError(
                    "The broker of PETCAM_REDIS_URL does not answer. Start it, or unset the "
                    "variable to use the one that comes with Petcam."
                ) from error
        time.sleep(0.2)


def migrate() -> None:
    """Brings the database up to date when it is not; raises CommandError without a database."""
    try:
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=0)
    except OperationalError as error:
        raise CommandError(f"The database cannot be used: {error}") from error


def collect_static() -> None:
    """Collects the static files when one of them has changed since the last time."""
    stamp = settings.STATIC_ROOT / ".collected"
    wanted = _fingerprint_of_static_files()
    if not stamp.is_file() or stamp.read_text(encoding="ascii") != wanted:
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(wanted, encoding="ascii")


def _fingerprint_of_static_files() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = os.stat(storage.path(name))
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
