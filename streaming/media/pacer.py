"""When to look next at a ring whose producer wakes nobody."""

_UNKNOWN_S = 0.010
_STEP_S = 0.0015
_IDLE_S = 0.25
_SHARE = 1 / 8


class Pacer:
    """Learns the frame time from arrivals: sleeps through most of it, then looks every 2 ms.

    A late frame is looked for less and less often, so a producer that has stopped costs nothing.
    Times are seconds of one monotonic clock.
    """

    def __init__(self) -> None:
        self._arrived_s: float | None = None
        self._interval_s = 0.0
        self._jitter_s = 0.0
        self._looks = 0

    def arrived(self, now_s: float, units: int) -> None:
        """Note that `units` new units were found at `now_s`."""
        if self._looks <= 1:
            # Found at the first look, so it had been there for a while.
            now_s -= _STEP_S
        self._looks = 0
        if self._arrived_s is not None:
            interval_s = min((now_s - self._arrived_s) / units, 1.0)
            if not self._interval_s:
                self._interval_s = interval_s
            error_s = interval_s - self._interval_s
            self._interval_s += error_s * _SHARE
            self._jitter_s += (abs(error_s) - self._jitter_s) * _SHARE
        self._arrived_s = now_s

    def delay_s(self, now_s: float) -> float:
        """How long to sleep before the next look."""
        self._looks += 1
        if self._arrived_s is None:
            return _IDLE_S
        if not self._interval_s:
            return _UNKNOWN_S
        margin_s = min(_STEP_S + self._jitter_s, self._interval_s / 2)
        early_s = self._arrived_s + self._interval_s - margin_s - now_s
        if early_s > _STEP_S:
            return min(early_s, _IDLE_S)
        late_s = -early_s - 3 * margin_s
        return min(max(_STEP_S, late_s / 4), _IDLE_S)
