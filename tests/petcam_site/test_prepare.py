import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.test import override_settings

from petcam_site import prepare

ROOT = Path(__file__).resolve().parents[2]
PLAIN_STORAGE = {"staticfiles": {"BACKEND": "petcam_site.storage.ModuleManifestStorage"}}


def petcam(data_dir: Path, port: int, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "petcam"],
        cwd=ROOT,
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "petcam_site.settings",
            "PETCAM_DATA_DIR": str(data_dir),
            "PETCAM_PORT": str(port),
        }
        | variables,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_a_second_petcam_on_the_same_data_is_refused_in_words(tmp_path):
    with prepare.only_one(tmp_path):
        second = petcam(tmp_path, 8000)

    assert second.returncode == 1
    assert second.stderr == (
        f"CommandError: Petcam is already running with the directory {tmp_path}. Stop it, or "
        "give this one a PETCAM_DATA_DIR of its own.\n"
    )


def test_the_next_petcam_may_start_when_the_first_has_ended(tmp_path):
    for _ in range(2):
        with prepare.only_one(tmp_path):
            pass


def test_a_port_that_is_taken_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        refused = petcam(tmp_path, port)

    assert refused.returncode == 1
    assert refused.stderr.startswith(
        f"CommandError: Port {port} on 127.0.0.1 cannot be used: Address already in use."
    )


def test_a_port_of_the_system_is_named():
    with pytest.raises(CommandError, match=r"Port 9 on 192.0.2.1 cannot be used: "):
        prepare.check_port("192.0.2.1", 9)


def test_a_port_that_has_just_been_left_can_be_used():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        server, _ = listener.accept()
        server.close()
        client.close()

    prepare.check_port("127.0.0.1", port)


def test_a_broker_that_does_not_answer_is_named():
    nobody = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "unix:///no"}
    with (
        override_settings(CACHES={"default": nobody}),
        pytest.raises(CommandError, match=r"The broker of PETCAM_REDIS_URL does not answer"),
    ):
        prepare.wait_for_broker(within_s=0.3)


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]

    refused = petcam(
        tmp_path, port, PETCAM_DATABASE_URL=f"postgres://petcam:hush@127.0.0.1:{port}/petcam"
    )

    assert refused.returncode == 1
    assert refused.stderr.startswith("CommandError: The database cannot be used: ")
    assert "Traceback" not in refused.stderr
    assert "hush" not in refused.stderr


def test_rings_and_sockets_of_a_dead_run_are_removed_and_nothing_else(tmp_path):
    for name in ("camera-1.ring", "camera-1.jpeg", "valkey.sock", "petcam.lock", "notes"):
        (tmp_path / name).touch()

    prepare.clear_run_dir(tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes", "petcam.lock"]


def test_static_files_are_collected_only_when_one_has_changed(tmp_path):
    source, target = tmp_path / "source", tmp_path / "static"
    source.mkdir()
    page = source / "page.css"
    page.write_text("body { color: black }")
    with override_settings(STORAGES=PLAIN_STORAGE, STATIC_ROOT=target, STATICFILES_DIRS=[source]):
        prepare.collect_static()
        (target / "page.css").unlink()
        prepare.collect_static()
        untouched = not (target / "page.css").exists()
        page.write_text("body { color: white; }")
        prepare.collect_static()

    assert untouched
    assert (target / "page.css").read_text() == "body { color: white; }"
