"""Finds the rate of a path that takes less than the stream, by how long packets wait on it.

Pure: times come in as arguments. A ping is a small packet that the other end answers at once: by
how much its answer comes later than at best, so long is the queue that it was sent into.
"""

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Ping:
    """`sent_bytes` had left in all before it, `burst_bytes` of them since `before`, a ping that
    left just before them."""

    at_s: float
    sent_bytes: int
    burst_bytes: int = 0
    before: "Ping | None" = None


class _Passed(NamedTuple):
    """What had come through at the other end, `arrived_s` (by a clock with an unknown offset)."""

    at_s: float
    arrived_s: float
    sent_bytes: int
    delivered_bytes: int


class LeastRtt:
    """The shortest round trip of the last 10 to 20 seconds: that of empty queues."""

    SPAN_S = 10.0

    def __init__(self) -> None:
        self._before_s = self._now_s = float("inf")
        self._since_s = float("-inf")

    @property
    def value_s(self) -> float:
        return min(self._before_s, self._now_s)

    def take(self, rtt_s: float, *, now_s: float) -> None:
        if now_s - self._since_s > self.SPAN_S:
            self._before_s, self._now_s, self._since_s = self._now_s, rtt_s, now_s
        self._now_s = min(self._now_s, rtt_s)


class Throttle:
    """Limits what is sent to `rate` (bytes a second; None: no limit).

    It watches, by pings, only while something looks wrong. The limit is set when the queue is
    long and does not get shorter, below the rate at which packets came through; it follows the
    path, and ends when bursts pass through as fast as the stream needs it, with room. If it was
    ended wrongly, the next time it takes longer.
    """

    WATCH_S, PING_EVERY_S = 3.0, 0.1
    HEAVY_LOSS = 0.35
    LONG_QUEUE_S, EMPTY_QUEUE_S = 0.2, 0.03
    _SPAN_S, _MOST_PASSED = 0.4, 10
    # The queue gets longer, or full, when less than this comes through of what is sent.
    _SHARE = 0.9
    _BELOW, _ROOM = 0.92, 1.3
    _LEAST_BURST_BYTES = 4000
    _LEAST_RATE = 10_000.0
    FIRST_S, LAST_S = 0.4, 30.0

    def __init__(self) -> None:
        self.rate: float | None = None
        self.is_watching = False
        self._least = LeastRtt()
        self._watch_until_s = self._pinged_at_s = float("-inf")
        self._busy: deque[_Passed] = deque(maxlen=self._MOST_PASSED)
        self._before: tuple[Ping | None, float] = (None, 0.0)
        self._credit_bytes, self._credit_at_s = 0.0, 0.0
        self._ended_at_s = float("-inf")
        self._needed = self._wait_s = self.FIRST_S
        self._good_since_s: float | None = None

    def suspect(self, *, now_s: float) -> None:
        """Something was lost or late: look closer for a while."""
        self.is_watching, self._watch_until_s = True, now_s + self.WATCH_S

    def take_rtt(self, rtt_s: float, *, now_s: float) -> None:
        """A round trip that was found some other way."""
        self._least.take(rtt_s, now_s=now_s)
        if rtt_s > self._least.value_s + self.LONG_QUEUE_S / 2:
            self.suspect(now_s=now_s)

    def take_loss(self, loss: float, *, usual_rate: float, now_s: float) -> None:
        """`loss` of all that was sent lately, at `usual_rate`, is gone: some paths have no
        queue."""
        if self.rate is None and loss > self.HEAVY_LOSS:
            self._limit(usual_rate * (1 - loss), usual_rate, 0.0, now_s=now_s)

    # What may be sent

    def may_send(self, *, now_s: float) -> bool:
        if self.rate is None:
            return True
        earned = (now_s - self._credit_at_s) * self.rate
        # What was not used while there was nothing to send is gone.
        self._credit_bytes = min(self._credit_bytes + earned, 1.0)
        self._credit_at_s = now_s
        return self._credit_bytes > 0

    def spend(self, size: int) -> None:
        self._credit_bytes -= size

    # Pings

    def ping(self, sent_bytes: int, *, now_s: float) -> Ping | None:
        """What to tell `pong` when the answer comes; None if it is not time for a ping."""
        if now_s - self._pinged_at_s < self.PING_EVERY_S:
            return None
        if now_s > self._watch_until_s and self.rate is None:
            self.is_watching = False
            self._busy.clear()
            return None
        self._pinged_at_s = now_s
        return Ping(now_s, sent_bytes)

    def pong(self, ping: Ping, *, lost_bytes: int, usual_rate: float, now_s: float) -> None:
        """The answer has come. `lost_bytes` are known to be lost of all that was sent,
        `usual_rate` is the whole stream's."""
        rtt_s = now_s - ping.at_s
        self._least.take(rtt_s, now_s=now_s)
        queue_s = rtt_s - self._least.value_s
        if self.rate is None:
            self._look_for_overload(ping, queue_s, lost_bytes, usual_rate, now_s=now_s)
        elif ping.before is None:
            self._before = (ping, rtt_s)
        elif ping.before is self._before[0] and ping.burst_bytes >= self._LEAST_BURST_BYTES:
            before_s = self._before[1]
            found = ping.burst_bytes / max(rtt_s - before_s, 0.001)
            if before_s - self._least.value_s > self.LONG_QUEUE_S:
                found *= self._BELOW
            self._follow(found, usual_rate, now_s=now_s)

    def _look_for_overload(
        self, ping: Ping, queue_s: float, lost_bytes: int, usual_rate: float, *, now_s: float
    ) -> None:
        if queue_s < self.EMPTY_QUEUE_S:
            self._busy.clear()
            return
        passed = _Passed(ping.at_s, now_s, ping.sent_bytes, ping.sent_bytes - lost_bytes)
        self._busy.append(passed)
        first = self._busy[0]
        took_s = passed.arrived_s - first.arrived_s
        if queue_s < self.LONG_QUEUE_S or took_s < self._SPAN_S:
            return
        came_through = (passed.delivered_bytes - first.delivered_bytes) / took_s
        was_sent = (passed.sent_bytes - first.sent_bytes) / (passed.at_s - first.at_s)
        if came_through < min(self._SHARE * was_sent, usual_rate):
            self._limit(came_through, usual_rate, queue_s, now_s=now_s)

    def _limit(self, found: float, usual_rate: float, queue_s: float, *, now_s: float) -> None:
        relapsed = now_s - self._ended_at_s < 5 * self._wait_s
        self._wait_s = min(2 * self._wait_s, self.LAST_S) if relapsed else self.FIRST_S
        self.rate = max(self._BELOW * found, self._LEAST_RATE)
        # What waits on the path goes first.
        self._credit_bytes, self._credit_at_s = -queue_s * found, now_s
        self._good_since_s = None
        self._needed = usual_rate
        self.is_watching = True
        self._busy.clear()

    def _follow(self, found: float, usual_rate: float, *, now_s: float) -> None:
        assert self.rate is not None
        if found < self._ROOM * max(usual_rate, self._needed):
            self._good_since_s = None
            self.rate = max((self.rate + self._BELOW * found) / 2, self._LEAST_RATE)
        elif self._good_since_s is None:
            self._good_since_s = now_s
        elif now_s - self._good_since_s >= self._wait_s:
            self.rate, self._ended_at_s = None, now_s
            self.suspect(now_s=now_s)
