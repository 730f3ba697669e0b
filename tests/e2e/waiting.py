"""Waiting for something to become true: with a deadline and a reason, never for luck."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class TooLate(AssertionError):
    """What was waited for did not come in time."""


def until(
    question: Callable[[], T],
    what: str | Callable[[], str],
    *,
    within_s: float,
    every_s: float = 0.05,
) -> T:
    """The first true answer of `question`; raises TooLate naming `what` and the last answer."""
    deadline = time.monotonic() + within_s
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            name = what if isinstance(what, str) else what()
            raise TooLate(f"{name}: not within {within_s:g} s (last answer: {answer!r})")
        time.sleep(every_s)
