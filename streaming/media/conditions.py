"""What a viewer's receiver reports mean for what it is sent. Pure: times come in as arguments."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Report:
    """An RTCP receiver report: `fraction_lost` since the one before, `rtt_s` when known."""

    fraction_lost: float
    jitter_s: float
    rtt_s: float | None


class PlayoutDelay:
    """How long the browser shall hold frames back: nothing on a good path, else what it takes to
    hide jitter or the round trip of a retransmission. Up at once, down a step at a time."""

    LEVELS_MS = (0, 50, 100, 200, 400)
    CALM_S = 5.0
    _SOME_LOSS = 0.02
    # A camera or a machine that is late for a moment looks like this too; it needs no delay.
    _SOME_JITTER_S = 0.05
    _MOST_FOR_JITTER_S = 0.1

    def __init__(self) -> None:
        self._level = 0
        self._was_jittery = False
        self._needed_at_s = 0.0

    @property
    def delay_ms(self) -> int:
        return self.LEVELS_MS[self._level]

    def take(self, report: Report, *, now_s: float) -> None:
        needed = self._level_of(self._needed_ms(report))
        if needed >= self._level:
            self._level, self._needed_at_s = needed, now_s
        elif now_s - self._needed_at_s > self.CALM_S:
            self._level, self._needed_at_s = self._level - 1, now_s

    def _needed_ms(self, report: Report) -> float:
        needed_s = 0.0
        if report.fraction_lost > self._SOME_LOSS:
            # Retransmissions get lost as well: time for a second one.
            needed_s = 0.05 + 2.5 * (report.rtt_s or 0.0)
        is_jittery = report.jitter_s > self._SOME_JITTER_S
        if is_jittery and self._was_jittery:
            needed_s = max(needed_s, min(2 * report.jitter_s, self._MOST_FOR_JITTER_S))
        self._was_jittery = is_jittery
        return needed_s * 1000

    def _level_of(self, needed_ms: float) -> int:
        enough = [n for n, level_ms in enumerate(self.LEVELS_MS) if level_ms >= needed_ms]
        return enough[0] if enough else len(self.LEVELS_MS) - 1


class Throttle:
    """Whether the path carries keyframes only: most of what is sent gets lost, time and again.

    Each relapse makes the next trial of the whole stream come later.
    """

    HEAVY_LOSS = 0.35
    REPORTS = 2
    FIRST_S, LAST_S = 2.0, 30.0

    def __init__(self) -> None:
        self._heavy = 0
        self._wait_s = self.FIRST_S
        self._since_s = float("-inf")
        self.is_on = False

    def take(self, report: Report, *, now_s: float) -> None:
        self._heavy = self._heavy + 1 if report.fraction_lost > self.HEAVY_LOSS else 0
        if self.is_on:
            if self._heavy:
                self._since_s = now_s
            elif now_s - self._since_s > self._wait_s:
                self.is_on, self._since_s = False, now_s
        elif self._heavy >= self.REPORTS:
            relapsed = now_s - self._since_s < 4 * self._wait_s
            self._wait_s = min(2 * self._wait_s, self.LAST_S) if relapsed else self.FIRST_S
            self.is_on, self._since_s, self._heavy = True, now_s, 0


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
