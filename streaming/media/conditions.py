"""What a viewer's receiver reports mean for what it is sent. Pure: times come in as arguments."""

from collections import deque
from dataclasses import dataclass

_32_BITS = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Report:
    """An RTCP receiver report (RFC 3550 section 6.4.1): the extended highest sequence number, the
    packets lost since the start, and the round trip when known. Browsers send one with each NACK
    too, so what was lost between two of them says nothing."""

    highest: int
    lost: int
    jitter_s: float
    rtt_s: float | None


class LossRate:
    """Which share of the packets got lost lately, by reports that may come at any time."""

    SPAN_S = 1.5
    # One or two may be anything.
    LEAST = 3
    _MOST_REPORTS = 256

    def __init__(self) -> None:
        self._reports: deque[tuple[float, Report]] = deque(maxlen=self._MOST_REPORTS)

    def take(self, report: Report, *, now_s: float) -> float:
        """0 to 1, with this report."""
        reports = self._reports
        reports.append((now_s, report))
        while len(reports) > 2 and reports[1][0] <= now_s - self.SPAN_S:
            reports.popleft()
        first = reports[0][1]
        lost = report.lost - first.lost
        expected = (report.highest - first.highest) & _32_BITS
        return min(1.0, lost / expected) if lost >= self.LEAST and expected else 0.0


class Jitter:
    """RFC 3550 section 6.4.1, of the times at which pictures leave here."""

    def __init__(self) -> None:
        self._transit_s: float | None = None
        self.jitter_s = 0.0

    def take(self, media_time_s: float, *, now_s: float) -> None:
        transit_s = now_s - media_time_s
        if self._transit_s is not None:
            self.jitter_s += (abs(transit_s - self._transit_s) - self.jitter_s) / 16
        self._transit_s = transit_s


class PlayoutDelay:
    """How long the browser shall hold frames back: nothing on a good path, else what it takes to
    hide jitter or to get lost packets again.

    It changes a little with each picture, which then plays a little slower or faster: at once it
    would be a freeze, or a jump. Milliseconds are multiples of 10.
    """

    CALM_S = 8.0
    MOST_MS = 500
    _UP_MS = 20
    _DOWN_MS, _DOWN_EVERY_S = 10, 0.1
    _SOME_LOSS = 0.02
    _SOME_JITTER_S, _MOST_FOR_JITTER_S = 0.05, 0.1
    # Until the next packet shows a gap, at 30 pictures a second.
    _NOTICED_S = 0.035
    # Browsers ask again after a round trip, which most do not know and take for this, and look
    # every 20 ms.
    _ASKED_AGAIN_S, _TICK_S = 0.1, 0.02

    def __init__(self) -> None:
        self.delay_ms = 0
        self._wanted_ms = 0
        self._was_jittery = False
        self._needed_at_s = self._stepped_at_s = 0.0

    def take(self, *, loss: float, jitter_s: float, rtt_s: float, now_s: float) -> None:
        """`jitter_s` is the path's own: a camera or machine that is late needs no delay."""
        needed_s = 0.0
        if loss > self._SOME_LOSS:
            # Retransmissions get lost as well. A third one is late by less than a freeze.
            second_s = max(rtt_s, self._ASKED_AGAIN_S) + self._TICK_S
            needed_s = self._NOTICED_S + rtt_s + second_s + self._TICK_S
        is_jittery = jitter_s > self._SOME_JITTER_S
        if is_jittery and self._was_jittery:
            needed_s = max(needed_s, min(2 * jitter_s, self._MOST_FOR_JITTER_S))
        self._was_jittery = is_jittery
        needed_ms = min(round(100 * needed_s) * 10, self.MOST_MS)
        if needed_ms:
            self._needed_at_s = now_s
            self._wanted_ms = max(self._wanted_ms, needed_ms)
        elif now_s - self._needed_at_s > self.CALM_S:
            self._wanted_ms = 0

    def forget(self) -> None:
        """The picture starts anew, and what was lost is no reason any more."""
        self.delay_ms = self._wanted_ms = 0

    def step(self, *, now_s: float) -> bool:
        """For the next picture. Whether the delay has changed."""
        if self.delay_ms == self._wanted_ms:
            return False
        if self.delay_ms < self._wanted_ms:
            self.delay_ms = min(self.delay_ms + self._UP_MS, self._wanted_ms)
        elif now_s - self._stepped_at_s < self._DOWN_EVERY_S:
            return False
        else:
            self.delay_ms = max(self.delay_ms - self._DOWN_MS, self._wanted_ms)
        self._stepped_at_s = now_s
        return True


class Budget:
    """Bytes that may be sent again: half of what is sent, and one large keyframe at once."""

    AT_ONCE_BYTES = 512 * 1024

    def __init__(self) -> None:
        self._bytes = float(self.AT_ONCE_BYTES)

    def earn(self, sent_bytes: int) -> None:
        self._bytes = min(self.AT_ONCE_BYTES, self._bytes + sent_bytes / 2)

    def spend(self, size: int) -> bool:
        """Takes `size` bytes, if there are so many."""
        if size > self._bytes:
            return False
        self._bytes -= size
        return True
