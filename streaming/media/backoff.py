"""How long to wait before trying again."""


class Backoff:
    """Waits of 1, 2, 4 ... 30 s; starts over after a minute of health. No clock of its own."""

    def __init__(
        self, first_s: float = 1.0, longest_s: float = 30.0, healthy_after_s: float = 60.0
    ) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._healthy_after_s = healthy_after_s
        self._next_s = first_s

    def delay_s(self, worked_for_s: float) -> float:
        """The wait after an attempt that worked for so long."""
        if worked_for_s >= self._healthy_after_s:
            self._next_s = self._first_s
        delay_s = self._next_s
        self._next_s = min(self._next_s * 2, self._longest_s)
        return delay_s
