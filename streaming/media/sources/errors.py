"""libav's errors in the words of streaming.media.problems."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

import av.error

from streaming.media.problems import (
    DEVICE_BUSY,
    ENDED,
    FORBIDDEN,
    NOT_FOUND,
    STALLED,
    UNREACHABLE,
    UNREADABLE,
    WRONG_PASSWORD,
    CameraProblem,
    Problem,
)

_EBUSY = 16

# The first that fits counts.
_PROBLEMS: tuple[tuple[type[Exception], Problem], ...] = (
    (av.error.HTTPUnauthorizedError, WRONG_PASSWORD),
    (av.error.HTTPForbiddenError, WRONG_PASSWORD),
    (av.error.HTTPClientError, NOT_FOUND),
    (av.error.HTTPServerError, UNREACHABLE),
    (FileNotFoundError, NOT_FOUND),
    (PermissionError, FORBIDDEN),
    (EOFError, ENDED),
    (OSError, UNREACHABLE),
)


def problem_of(error: Exception, *, opening: bool) -> Problem:
    """The named problem behind an error of libav."""
    if isinstance(error, av.error.ExitError | TimeoutError):
        return UNREACHABLE if opening else STALLED
    if isinstance(error, OSError) and error.errno == _EBUSY:
        return DEVICE_BUSY
    found = next((problem for kind, problem in _PROBLEMS if isinstance(error, kind)), UNREADABLE)
    return ENDED if found is UNREACHABLE and not opening else found


@contextmanager
def named(*, opening: bool, limit_s: float = math.inf) -> Iterator[None]:
    """Turn libav's errors into CameraProblem; no address is in its text.

    Whatever libav calls the error after `limit_s`, it is that nothing came in time.
    """
    started_s = time.monotonic()
    try:
        yield
    except av.error.FFmpegError as error:
        is_late = time.monotonic() - started_s >= limit_s
        problem = UNREACHABLE if is_late else problem_of(error, opening=opening)
        raise CameraProblem(problem, error.strerror or type(error).__name__) from None
