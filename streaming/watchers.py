"""Who watches without a peer connection: pages that get their pictures from the web process."""

import time
from collections.abc import Callable

# A view holds so long after it was last told of; web processes tell every 2 s.
HELD_S = 5.0


class Watchers:
    """Counts views by what web processes tell; one that is not told of again is over."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._ends_at_s: dict[tuple[int, str], float] = {}

    def tell(self, camera_id: int, view: str) -> None:
        """The view goes on."""
        self._forget_ended()
        self._ends_at_s[camera_id, view] = self._now() + HELD_S

    def count(self, camera_id: int) -> int:
        """How many watch this camera now."""
        self._forget_ended()
        return sum(watched == camera_id for watched, _ in self._ends_at_s)

    def _forget_ended(self) -> None:
        now = self._now()
        self._ends_at_s = {view: end for view, end in self._ends_at_s.items() if end > now}
