import os
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from petcam_site import env

NAME = "PETCAM_TEST"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    monkeypatch.delenv(NAME, raising=False)
    monkeypatch.delenv(f"{NAME}_FILE", raising=False)


def read_port() -> int:
    return env.integer(NAME, 8000, minimum=1, maximum=65535)


@pytest.mark.parametrize(
    ("value", "read", "expected"),
    [
        ("", lambda: env.text(NAME, "default"), "default"),
        (" some text ", lambda: env.text(NAME), "some text"),
        ("", lambda: env.flag(NAME, True), True),
        ("true", lambda: env.flag(NAME, False), True),
        ("false", lambda: env.flag(NAME, True), False),
        ("", lambda: env.switch(NAME, True), True),
        ("on", lambda: env.switch(NAME, False), True),
        ("off", lambda: env.switch(NAME, True), False),
        ("", read_port, 8000),
        ("443", read_port, 443),
        ("", lambda: env.words(NAME, ["a"]), ["a"]),
        ("a, b,,c ", lambda: env.words(NAME), ["a", "b", "c"]),
        ("", lambda: env.ports(NAME), None),
        ("50000-50100", lambda: env.ports(NAME), range(50000, 50101)),
        ("50000-50000", lambda: env.ports(NAME), range(50000, 50001)),
        ("", lambda: env.time_zone(NAME, "UTC"), "UTC"),
        ("Europe/Berlin", lambda: env.time_zone(NAME, "UTC"), "Europe/Berlin"),
        ("hush", lambda: env.secret(NAME), "hush"),
    ],
)
def test_a_good_value_is_read(monkeypatch, value: str, read: Callable[[], object], expected):
    monkeypatch.setenv(NAME, value)

    assert read() == expected


@pytest.mark.parametrize(
    ("value", "read", "words"),
    [
        ("yes", lambda: env.flag(NAME, False), "must be 'true' or 'false', not 'yes'"),
        ("True", lambda: env.flag(NAME, False), "must be 'true' or 'false', not 'True'"),
        ("true", lambda: env.switch(NAME, False), "must be 'on' or 'off', not 'true'"),
        ("0", read_port, "must be a whole number from 1 to 65535, not '0'"),
        ("65536", read_port, "must be a whole number from 1 to 65535, not '65536'"),
        ("-1", read_port, "must be a whole number from 1 to 65535, not '-1'"),
        ("८", read_port, "must be a whole number from 1 to 65535, not '८'"),
        ("50000", lambda: env.ports(NAME), "must be a range like '50000-50100', not '50000'"),
        ("5-4", lambda: env.ports(NAME), "must be a range like '50000-50100', not '5-4'"),
        ("6000-5000", lambda: env.ports(NAME), "must be a range like '50000-50100'"),
        ("1-2-3", lambda: env.ports(NAME), "must be a range like '50000-50100'"),
        ("50000-70000", lambda: env.ports(NAME), "must be a range like '50000-50100'"),
        ("Mars/Olympus", lambda: env.time_zone(NAME, "UTC"), "must be a time zone like"),
        ("../../etc/passwd", lambda: env.time_zone(NAME, "UTC"), "must be a time zone like"),
        ("/etc/passwd", lambda: env.time_zone(NAME, "UTC"), "must be a time zone like"),
    ],
)
def test_a_bad_value_is_named_with_what_is_wanted(
    monkeypatch, value: str, read: Callable[[], object], words: str
):
    monkeypatch.setenv(NAME, value)

    with pytest.raises(ImproperlyConfigured) as raised:
        read()

    assert str(raised.value).startswith(f"{NAME} ")
    assert words in str(raised.value)


class SecretFileTests(unittest.TestCase):
    def setUp(self):
        self.addCleanup(os.environ.pop, f"{NAME}_FILE", None)

    def test_a_secret_may_lie_in_a_file(self):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "secret")
            path.write_text("from the file\n", encoding="utf-8")
            os.environ[f"{NAME}_FILE"] = str(path)

            self.assertEqual(env.secret(NAME), "from the file")

    def test_a_file_that_cannot_be_read_is_named(self):
        os.environ[f"{NAME}_FILE"] = "/nowhere/secret"

        with self.assertRaisesMessage("PETCAM_TEST_FILE: cannot read /nowhere/secret: No such"):
            env.secret(NAME)

    def assertRaisesMessage(self, words: str):
        return self.assertRaisesRegex(ImproperlyConfigured, words)
