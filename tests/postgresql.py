"""A PostgreSQL of one's own, on a unix socket, for as long as it is needed."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STARTS_WITHIN_S = 20


class NoPostgresql(LookupError):
    """It is not installed."""


@contextmanager
def postgresql() -> Iterator[str]:
    """Its PETCAM_DATABASE_URL, of an empty database. Raises NoPostgresql."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not versions:
        raise NoPostgresql
    # PostgreSQL refuses to run as root.
    account = {"user": "postgres", "group": "postgres", "extra_groups": []}
    switch = account if os.geteuid() == 0 else {}
    directory = Path(tempfile.mkdtemp(prefix="petcam-pg-"))
    if switch:
        owner = pwd.getpwnam("postgres")
        os.chown(directory, owner.pw_uid, owner.pw_gid)
    data = directory / "data"
    initdb = [str(versions[-1] / "initdb"), "-A", "trust", "-U", "petcam", "-N", "-D", str(data)]
    subprocess.run(initdb, cwd=directory, check=True, capture_output=True, timeout=100, **switch)
    server = subprocess.Popen(
        [str(versions[-1] / "postgres"), "-D", str(data), "-k", str(directory), "-h", "", "-F"],
        cwd=directory,
        stderr=subprocess.DEVNULL,
        **switch,
    )
    try:
        _wait_for(directory / ".s.PGSQL.5432")
        yield f"postgres://petcam@{str(directory).replace('/', '%2f')}/postgres"
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(directory)


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + _STARTS_WITHIN_S
    while not answers(path):
        if time.monotonic() > deadline:
            raise TimeoutError(f"nobody answers at {path}")
        time.sleep(0.05)


def answers(path: Path) -> bool:
    """Whether a server listens on the unix socket."""
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0
