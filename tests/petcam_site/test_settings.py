import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def read_settings(
    data_dir: Path, expression: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """What the real settings say in a process of its own; `settings` and `connection` are there."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PETCAM_")}
    code = (
        "import django; django.setup()\n"
        "from django.conf import settings\n"
        "from django.db import connection\n"
        f"print({expression})"
    )
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env=clean
        | {"DJANGO_SETTINGS_MODULE": "petcam_site.settings", "PETCAM_DATA_DIR": str(data_dir)}
        | variables,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def value_of(data_dir: Path, expression: str, **variables: str) -> str:
    done = read_settings(data_dir, expression, **variables)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_example_lists_every_variable_and_no_other():
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "petcam_site").glob("*.py")
        if path.name != "env.py"
    )
    read = set(re.findall(r'env\.\w+\(\s*"(PETCAM_\w+)"', code))
    read |= {f"{name}_FILE" for name in re.findall(r'env\.secret\(\s*"(PETCAM_\w+)"', code)}
    example = (ROOT / ".env.example").read_text(encoding="utf-8")

    listed = re.findall(r"^(PETCAM_\w+)=", example, re.MULTILINE)

    assert sorted(listed) == sorted(read)


def test_nothing_but_the_settings_reads_the_environment():
    readers = [
        str(path.relative_to(ROOT))
        for app in ("petcam_site", "households", "streaming")
        for path in (ROOT / app).rglob("*.py")
        if re.search(r"os\.(environ\[|environ\.get|getenv)", path.read_text(encoding="utf-8"))
    ]

    assert readers == ["petcam_site/env.py"]


def test_every_default_in_the_example_is_the_real_one(tmp_path):
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    given = dict(re.findall(r"^(PETCAM_\w+)=(.+)$", example, re.MULTILINE))
    everything = "{n: getattr(settings, n) for n in dir(settings) if n.isupper()}"

    assert value_of(tmp_path, everything, **given) == value_of(tmp_path, everything)


def test_sqlite_keeps_what_was_committed_and_writers_queue(tmp_path):
    asked = (
        "[connection.cursor().execute(f'PRAGMA {name}').fetchone()[0] for name in"
        " ('journal_mode', 'synchronous', 'busy_timeout', 'mmap_size', 'foreign_keys')],"
        " connection.transaction_mode"
    )

    assert value_of(tmp_path, asked) == "['wal', 2, 5000, 0, 1] IMMEDIATE"


def test_nothing_of_the_household_is_open_to_others(tmp_path):
    value_of(tmp_path / "data", "connection.cursor()")

    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
    assert (tmp_path / "data" / "secret-key").stat().st_mode & 0o077 == 0


def test_https_makes_cookies_secure_and_promises_to_stay(tmp_path):
    asked = (
        "settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE,"
        " settings.SECURE_HSTS_SECONDS > 10**7, settings.SECURE_PROXY_SSL_HEADER is not None"
    )

    assert value_of(tmp_path, asked) == "False False False False"
    assert value_of(tmp_path, asked, PETCAM_HTTPS="true") == "True True True True"


def test_forwarded_addresses_are_believed_only_from_the_households_own_proxies(tmp_path):
    asked = "settings.ALLAUTH_TRUSTED_PROXY_COUNT"

    assert value_of(tmp_path, asked) == "0"
    assert value_of(tmp_path, asked, PETCAM_TRUSTED_PROXIES="2") == "2"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PETCAM_PORT", "http"),
        ("PETCAM_HTTPS", "yes"),
        ("PETCAM_STREAMERS", "17"),
        ("PETCAM_TIME_ZONE", "Mars"),
        ("PETCAM_ICE_PORTS", "7"),
        ("PETCAM_SECRET_KEY_FILE", "/nowhere"),
    ],
)
def test_a_bad_value_stops_the_start_in_one_line(tmp_path, name: str, value: str):
    done = subprocess.run(
        [sys.executable, "manage.py", "petcam"],
        cwd=ROOT,
        env=os.environ | {"PETCAM_DATA_DIR": str(tmp_path), name: value},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("Petcam cannot start: " + name)
    assert len(done.stderr.splitlines()) == 1
