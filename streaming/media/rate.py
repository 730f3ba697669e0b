"""How often somebody may do something."""

import time
from collections.abc import Callable


class RateLimit:
    """Token bucket: `per_s` on average, twice that at once."""

    def __init__(self, per_s: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s, self._clock = per_s, clock
        self._tokens, self._at_s = 2 * per_s, clock()

    def allows(self) -> bool:
        """Whether one more is within the limit; if so it is counted."""
        self._refill()
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    @property
    def is_idle(self) -> bool:
        """Whether nothing of the limit is used up: as good as a new one."""
        self._refill()
        return self._tokens >= 2 * self._per_s

    def _refill(self) -> None:
        now_s = self._clock()
        self._tokens = min(2 * self._per_s, self._tokens + (now_s - self._at_s) * self._per_s)
        self._at_s = now_s
