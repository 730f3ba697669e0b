"""Settings from the environment: loud about bad values, secrets may come from a file."""

import os
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    """The variable's text, `default` when it is not set or empty."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool) -> bool:
    """True for 'true', False for 'false'; raises ImproperlyConfigured for anything else."""
    value = text(name)
    if not value:
        return default
    if value not in ("true", "false"):
        raise ImproperlyConfigured(f"{name} must be 'true' or 'false', not {value!r}")
    return value == "true"


def switch(name: str, default: bool) -> bool:
    """True for 'on', False for 'off'; raises ImproperlyConfigured for anything else."""
    value = text(name)
    if not value:
        return default
    if value not in ("on", "off"):
        raise ImproperlyConfigured(f"{name} must be 'on' or 'off', not {value!r}")
    return value == "on"


def integer(name: str, default: int, *, minimum: int, maximum: int) -> int:
    """A whole number within the limits; raises ImproperlyConfigured otherwise."""
    value = text(name)
    if not value:
        return default
    if not value.isascii() or not value.isdigit() or not minimum <= int(value) <= maximum:
        raise ImproperlyConfigured(
            f"{name} must be a whole number from {minimum} to {maximum}, not {value!r}"
        )
    return int(value)


def words(name: str, default: list[str] | None = None) -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in text(name).split(",") if word.strip()] or (default or [])


def ports(name: str) -> range | None:
    """The ports from 50000 to 50100 for the text '50000-50100'; None when it is not set."""
    value = text(name)
    if not value:
        return None
    first, _, last = value.partition("-")
    if not (_is_port(first) and _is_port(last) and int(first) <= int(last)):
        raise ImproperlyConfigured(f"{name} must be a range like '50000-50100', not {value!r}")
    return range(int(first), int(last) + 1)


def _is_port(value: str) -> bool:
    return value.isascii() and value.isdigit() and 1024 <= int(value) <= 65535


def time_zone(name: str, default: str) -> str:
    """A time zone's name that this machine knows; raises ImproperlyConfigured otherwise."""
    value = text(name, default)
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ImproperlyConfigured(
            f"{name} must be a time zone like 'Europe/Berlin', not {value!r}"
        ) from error
    return value


def secret(name: str) -> str:
    """The secret in NAME, or in the file that NAME_FILE names; empty when neither is set."""
    path = text(f"{name}_FILE")
    if not path:
        return text(name)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE: cannot read {path}: {error.strerror}") from error
