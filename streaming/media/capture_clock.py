"""Maps a foreign producer's time stamps to CLOCK_MONOTONIC."""

_WINDOW_NS = 20_000_000_000
_USUAL_NS = 2_000_000_000
_FUTURE_NS = 50_000_000
_ROUND_NS = 1_000_000


class CaptureClock:
    """One per camera: its stamps may be CLOCK_MONOTONIC, CLOCK_REALTIME or a driver's own time.

    Whichever clock puts a stamp just before its arrival is the one. A clock that nobody knows is
    taken to have stamped its first picture when that arrived.
    """

    def __init__(self) -> None:
        self._offset_ns: int | None = None
        self._last_stamp_ns: int | None = None

    def capture_ns(self, stamp_ns: int, *, now_ns: int, wall_ns: int) -> int:
        """The capture time of a picture that arrived now, never later than now."""
        is_stuck = stamp_ns == self._last_stamp_ns
        self._last_stamp_ns = stamp_ns
        if is_stuck:
            return now_ns
        offset_ns = self._offset_ns
        # A clock that was set, or that drifts, is looked at again.
        if offset_ns is None or not _is_just_before(stamp_ns + offset_ns, now_ns, _USUAL_NS):
            offset_ns = self._offset_ns = _offset_ns(stamp_ns, now_ns, wall_ns)
        return min(stamp_ns + offset_ns, now_ns)


def known_capture_ns(stamp_ns: int, *, now_ns: int, wall_ns: int) -> int | None:
    """The capture time if the stamp is a recent one of a clock that everybody knows."""
    # Rounded, so that every process that reads the same pictures gets the same times.
    wall_offset_ns = round((now_ns - wall_ns) / _ROUND_NS) * _ROUND_NS
    for offset_ns in (0, wall_offset_ns):
        if _is_just_before(stamp_ns + offset_ns, now_ns):
            return stamp_ns + offset_ns
    return None


def _offset_ns(stamp_ns: int, now_ns: int, wall_ns: int) -> int:
    known_ns = known_capture_ns(stamp_ns, now_ns=now_ns, wall_ns=wall_ns)
    return (now_ns if known_ns is None else known_ns) - stamp_ns


def _is_just_before(time_ns: int, now_ns: int, window_ns: int = _WINDOW_NS) -> bool:
    return now_ns - window_ns < time_ns <= now_ns + _FUTURE_NS
