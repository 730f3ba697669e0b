"""Petcam with a household's own PostgreSQL and Redis, both real."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.postgresql import NoPostgresql, answers, postgresql

ROOT = Path(__file__).resolve().parents[2]

MIGRATE_AND_USE = """
import django; django.setup()
from django.core.management import call_command
from django.db import connection
from django.contrib.auth import get_user_model
call_command("migrate", verbosity=0)
call_command("migrate", check_unapplied=True, verbosity=0)
people = get_user_model().objects
people.create_user("alice", password="not secret")
print(connection.vendor, people.get().username)
"""
TALK = """
import asyncio, django; django.setup()
from channels.layers import get_channel_layer
from django.core.cache import cache
async def talk():
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add("cameras", channel)
    await layer.group_send("cameras", {"type": "camera.changed", "camera_id": 7})
    async with asyncio.timeout(5):
        return await layer.receive(channel)
cache.set("key", "kept", 10)
print(asyncio.run(talk())["camera_id"], cache.get("key"))
"""


def in_petcam(code: str, data_dir: Path, **variables: str) -> str:
    """What the code prints in a process with the real settings."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ
        | {"DJANGO_SETTINGS_MODULE": "petcam_site.settings", "PETCAM_DATA_DIR": str(data_dir)}
        | variables,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline, f"no {what}"
        time.sleep(0.05)


@pytest.fixture
def postgresql_url():
    """Of a PostgreSQL of this test alone."""
    try:
        with postgresql() as url:
            yield url
    except NoPostgresql:
        pytest.skip("PostgreSQL is not installed")


@pytest.fixture
def redis_server(tmp_path):
    """The URL of a Redis of this test alone, on a unix socket."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("Redis is not installed")
    path = tmp_path / "redis.sock"
    server = subprocess.Popen(
        [program, "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: answers(path), "Redis")
        yield f"unix://{path}"
    finally:
        server.terminate()
        server.wait(20)


def test_everything_is_kept_in_postgresql_when_it_is_named(tmp_path, postgresql_url):
    used = in_petcam(MIGRATE_AND_USE, tmp_path, PETCAM_DATABASE_URL=postgresql_url)

    assert used == "postgresql alice"
    assert not (tmp_path / "petcam.sqlite3").exists()


def test_the_address_of_the_database_may_lie_in_a_file(tmp_path, postgresql_url):
    address = tmp_path / "database-url"
    address.write_text(postgresql_url + "\n")

    used = in_petcam(MIGRATE_AND_USE, tmp_path, PETCAM_DATABASE_URL_FILE=str(address))

    assert used == "postgresql alice"


def test_messages_and_cache_go_through_redis_when_it_is_named(tmp_path, redis_server):
    assert in_petcam(TALK, tmp_path, PETCAM_REDIS_URL=redis_server) == "7 kept"
