"""When a picture of a network camera was captured, on our clock, without the network's jitter."""

JUMP_NS = 1_000_000_000
# The share of a lateness that each picture forgets: follows a clock that drifts by some 100 ppm.
_FORGET = 500
_STEP_NS = 1_000_000


class ArrivalClock:
    """Maps a camera's timestamps to CLOCK_MONOTONIC.

    Intervals stay those of the camera; the picture that came fastest sets the offset. A mapped
    time is never later than its arrival, nor earlier than the one before. A jump of the camera's
    timestamps starts anew.
    """

    def __init__(self) -> None:
        self._offset_ns: int | None = None
        self._last_ns = 0

    def capture_ns(self, pts_ns: int, arrival_ns: int) -> int:
        """The capture time of a picture with the camera's time `pts_ns`."""
        offset = arrival_ns - pts_ns
        if self._offset_ns is None or abs(offset - self._offset_ns) > JUMP_NS:
            self._offset_ns = offset
        late_ns = offset - self._offset_ns
        self._offset_ns = offset if late_ns < 0 else self._offset_ns + late_ns // _FORGET
        self._last_ns = max(pts_ns + self._offset_ns, self._last_ns + _STEP_NS)
        return self._last_ns
