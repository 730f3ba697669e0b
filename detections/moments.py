"""The media time of a moment that another program's clock tells."""

import time
from collections.abc import Callable

from detections.payloads import Message
from streaming.media.clock import VIDEO_CLOCK_RATE, media_time_90k

FUTURE_S = 2
# As streaming.media.capture_clock rounds: pictures and boxes of one stamp get one media time.
_ROUND_NS = 1_000_000
# Less is how unevenly clocks are read on a busy machine; more is a clock that was set.
_SET_NS = 20_000_000


class WrongTime(ValueError):
    """Why nothing can have been seen then, in words."""


class Moments:
    """Maps times of messages to media times of this machine's cameras.

    The same Unix time stays the same media time, so that a message that comes again is the same
    message, until this machine's clock is set.
    """

    def __init__(
        self,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        wall_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._monotonic_ns, self._wall_ns = monotonic_ns, wall_ns
        self._offset_ns: int | None = None

    def now_90k(self) -> int:
        return media_time_90k(self._monotonic_ns())

    def media_time(self, message: Message) -> int:
        """The media time of the message's picture; raises WrongTime for a wrong Unix time."""
        if message.t is not None:
            return message.t
        assert message.timestamp is not None, "Message has seen to it"
        stamp_ns = round(message.timestamp * 1_000_000_000)
        if not message.is_unix:
            return media_time_90k(stamp_ns)
        t_90k = media_time_90k(stamp_ns + self._wall_offset_ns())
        ahead_s = (t_90k - self.now_90k()) / VIDEO_CLOCK_RATE
        if ahead_s > FUTURE_S:
            raise WrongTime(f"is {ahead_s:.0f} s in the future: compare the clocks")
        if t_90k < 0:
            raise WrongTime("is before the camera's machine started")
        return t_90k

    def _wall_offset_ns(self) -> int:
        """What to add to Unix time to get CLOCK_MONOTONIC."""
        offset_ns = self._read_ns()
        if self._offset_ns is None or abs(offset_ns - self._offset_ns) > _SET_NS:
            self._offset_ns = round(offset_ns / _ROUND_NS) * _ROUND_NS
        return self._offset_ns

    def _read_ns(self) -> int:
        """Read three times; the quickest was interrupted least."""
        readings = []
        for _ in range(3):
            before_ns, wall_ns = self._monotonic_ns(), self._wall_ns()
            after_ns = self._monotonic_ns()
            readings.append((after_ns - before_ns, (before_ns + after_ns) // 2 - wall_ns))
        return min(readings)[1]
