"""The first person of a new installation: whoever can read its console or its data directory."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction

from households.services import create_household, create_person


class WrongToken(Exception):
    """Not the token of this installation, or somebody has just used it."""


def is_first_run() -> bool:
    """True until somebody has an account."""
    return not get_user_model().objects.exists()


def token_path() -> Path:
    return settings.PETCAM_DATA_DIR / "first-run-token"


def first_run_token() -> str | None:
    """The one-time token, made if there is none yet; None when somebody has an account."""
    if not is_first_run():
        token_path().unlink(missing_ok=True)
        return None
    try:
        descriptor = os.open(token_path(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode=0o600)
    except FileExistsError:
        return token_path().read_text(encoding="ascii")
    token = secrets.token_urlsafe(24)
    with open(descriptor, "w", encoding="ascii") as file:
        file.write(token)
    return token


def is_token(token: str) -> bool:
    """Compares in constant time."""
    try:
        expected = token_path().read_bytes()
    except FileNotFoundError:
        return False
    return bool(expected) and secrets.compare_digest(expected, token.encode())


def begin(token: str, *, household: str, username: str, password: str) -> User:
    """The household, its owner (superuser as well), and the end of the token.

    Raises WrongToken, also for all but one of several who come at the same time.
    """
    with _used(token), transaction.atomic():
        if not is_first_run():
            raise WrongToken
        owner = create_person(username, password, is_superuser=True)
        create_household(household, owner=owner)
    return owner


@contextmanager
def _used(token: str) -> Iterator[None]:
    """Takes the token away, and puts it back when what follows fails.

    A file can be renamed by one process only: that decides a race on every database.
    """
    if not is_token(token):
        raise WrongToken
    used = token_path().with_suffix(f".{secrets.token_hex(4)}")
    try:
        token_path().rename(used)
    except FileNotFoundError:
        raise WrongToken from None
    try:
        yield
    except BaseException:
        used.rename(token_path())
        raise
    used.unlink()
