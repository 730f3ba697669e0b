"""Passwords cost memory and a core for a moment: one at a time, so that pictures go on."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.contrib.auth.hashers import Argon2PasswordHasher

WAIT_SECONDS = 10
_turn = BoundedSemaphore(1)


class TooManyPasswords(Exception):
    """So many log-ins are waiting that this one gave up after WAIT_SECONDS."""


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    if not _turn.acquire(timeout=WAIT_SECONDS):
        raise TooManyPasswords
    try:
        yield
    finally:
        _turn.release()


class PatientArgon2PasswordHasher(Argon2PasswordHasher):
    """Argon2id with 19 MiB on one core (OWASP's parameters), never two at once per process.

    Django's own parameters take 100 MiB on eight threads for each log-in that is under way; a
    small machine streams meanwhile. Raises TooManyPasswords.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with _one_at_a_time():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with _one_at_a_time():
            return super().verify(password, encoded)
