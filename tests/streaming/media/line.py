"""A line with a browser at its end, simulated: loss, delay, a rate with a queue, NACKs, reports."""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from streaming.media.access_unit import AccessUnit
from streaming.media.conditions import Jitter, Report
from streaming.media.packetise import Header, PacketisedUnit, Run, Template
from streaming.media.viewer import PacedViewer

FPS, STEP_S = 30, 0.0025
TICKS = 90_000 // FPS
ASK_AGAIN_S, MOST_ASKED = 0.1, 10
SENDER_REPORT_S, IN_FLIGHT_S = 2.0, 0.1
FREEZE_S = 0.15 + 1 / FPS


def picture(size: int, *, is_keyframe: bool) -> AccessUnit:
    data = b"\0\0\0\1" + (b"\x65" if is_keyframe else b"\x41") + b"\1" * size
    return AccessUnit(data, 0, 0, is_keyframe=is_keyframe, width=160, height=120)


KEYFRAME = PacketisedUnit(picture(80_000, is_keyframe=True))
OTHER = PacketisedUnit(picture(6_000, is_keyframe=False))


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture on the screen: when it was captured, how much later it was there."""

    captured_s: float
    late_s: float


class Line:
    """In an outlet's place. `rate` in bytes a second, `queue_bytes` before it overflows."""

    def __init__(self) -> None:
        self.rate, self.queue_bytes = float("inf"), 60_000
        self.delay_s, self.loss = 0.002, 0.0
        self.now_s = 1000.0
        self.shown: list[Shown] = []
        self.delays_ms: list[int] = []
        self.pings = 0
        self._chance = random.Random(4)
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._free_at_s = 0.0
        # By sequence number, not wrapped: the browser's side.
        self._came: set[int] = set()
        self._highest: int | None = None
        self._lost = 0
        self._units: list[tuple[int, PacketisedUnit, float]] = []
        self._next_number: int | None = None
        self._chain = -1
        self.viewer = PacedViewer(self, on_keyframe_wanted=self._nothing, now_s=lambda: self.now_s)
        self._frame = 0
        self._reported_s = self._told_s = self.now_s
        self._rtt_s: float | None = None
        self._jitter = Jitter()

    def _nothing(self) -> None:
        """This browser never asks for a keyframe."""

    # The outlet

    def listen(self, feedback: object) -> None:
        """There is but one."""

    def header(self, delay_ms: int) -> Header:
        self.delays_ms.append(delay_ms)
        return Header(108, delay_ms.to_bytes(4, "big"), 10)

    def send(self, template: Template, run: Run, sequence: int, timestamp: int) -> memoryview:
        if run.first == 0:
            captured_s = ((timestamp - self.viewer.rtp_offset) & 0xFFFFFFFF) / 90_000
            unit = KEYFRAME if len(template.runs) > 2 else OTHER
            self._units.append((self._unwrapped(sequence), unit, captured_s))
            self._there(0, lambda: self._jitter.take(captured_s, now_s=self.now_s))
        for n, length in enumerate(run.lengths):
            self._there(length, self._arrival(self._unwrapped(sequence + n)))
        return template.data[:0]

    def send_rest(self, packets: memoryview, segment_bytes: int) -> memoryview:
        return packets[:0]

    def send_again(self, unit, header, index, sequence, timestamp) -> int:
        size = len(unit.payloads[index])
        number = self._unwrapped(sequence)
        self._there(size, lambda: self._came.add(number))
        return size

    def ping(self, on_answer: Callable[[], None]) -> None:
        self.pings += 1
        self._there(100, lambda: self._back(on_answer))

    def close(self) -> None:
        """Nothing is held."""

    # The way there and back

    def _unwrapped(self, sequence: int) -> int:
        near = self._next_number if self._next_number is not None else sequence
        self._next_number = near + ((sequence - near + 0x8000) & 0xFFFF) - 0x8000
        return self._next_number

    def _there(self, size: int, arrive: Callable[[], None]) -> None:
        start_s = max(self._free_at_s, self.now_s)
        waits = 0.0 if self.rate == float("inf") else (start_s - self.now_s) * self.rate
        if waits > self.queue_bytes or self._chance.random() < self.loss:
            return
        self._free_at_s = start_s + size / self.rate
        self._at(self._free_at_s + self.delay_s, arrive)

    def _back(self, arrive: Callable[[], None]) -> None:
        if self._chance.random() >= self.loss:
            self._at(self.now_s + self.delay_s, arrive)

    def _at(self, when_s: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._events, (when_s, next(self._order), act))

    # The browser

    def _arrival(self, number: int) -> Callable[[], None]:
        def arrive() -> None:
            self._came.add(number)
            missing = list(range(number if self._highest is None else self._highest + 1, number))
            self._lost += len(missing)
            self._highest = max(number, self._highest or 0)
            if missing:
                self._ask(missing, 1)

        return arrive

    def _ask(self, numbers: list[int], times: int) -> None:
        missing = [number for number in numbers if number not in self._came]
        if not missing or times > MOST_ASKED or missing[-1] < self._chain:
            return
        self._report()
        self._back(lambda: self.viewer.lost([number & 0xFFFF for number in missing]))
        self._at(self.now_s + ASK_AGAIN_S, lambda: self._ask(missing, times + 1))

    def _report(self) -> None:
        self._reported_s = self.now_s
        report = Report(self._highest or 0, self._lost, self._jitter.jitter_s, self._rtt_s)
        self._back(lambda: self.viewer.reported(report))

    def _tell(self) -> None:
        """A sender report: the next receiver reports know how long it took."""
        self._told_s = told_s = self.now_s

        def arrive() -> None:
            self._rtt_s = self.now_s - told_s + self.delay_s

        self._there(60, arrive)

    def _show(self) -> None:
        """Whole pictures, in order, beginning again with any whole keyframe."""
        for place, (first, unit, captured_s) in enumerate(self._units):
            numbers = range(first, first + len(unit.payloads))
            if not all(number in self._came for number in numbers):
                continue
            if first == self._chain or (unit.is_keyframe and first > self._chain):
                self._chain = numbers[-1] + 1
                self.shown.append(Shown(captured_s, self.now_s - captured_s))
                self._units = self._units[place + 1 :]
                return self._show()

    # Time

    def play(self, seconds: float) -> None:
        """The camera goes on so long, and everything with it."""
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.now_s += STEP_S
            while self._events and self._events[0][0] <= self.now_s:
                heapq.heappop(self._events)[2]()
            if self.now_s >= 1000.0 + self._frame / FPS:
                self._capture()
            self.viewer.advance()
            if self.now_s - self._told_s > SENDER_REPORT_S:
                self._tell()
            if self.now_s - self._reported_s > 1:
                self._report()
            self._show()

    def _capture(self) -> None:
        kind = OTHER if self._frame % FPS else KEYFRAME
        unit = PacketisedUnit.__new__(PacketisedUnit)
        for name in PacketisedUnit.__slots__:
            setattr(unit, name, getattr(kind, name))
        unit.pts_90k = 90_000_000 + self._frame * TICKS
        self._frame += 1
        self.viewer.put(unit)

    def shown_since(self, seconds: float) -> list[Shown]:
        """What was captured in the last seconds, without what may be on its way still."""
        end_s = self.now_s - IN_FLIGHT_S
        return [one for one in self.shown if end_s - seconds < one.captured_s <= end_s]

    def freezes(self, seconds: float, *, held_back_s: float) -> int:
        """By the definition of browsers' statistics, if they hold pictures back so long."""
        at_s, found = 0.0, 0
        for one in self.shown_since(seconds):
            now_s = one.captured_s + max(one.late_s, held_back_s)
            found += bool(at_s and now_s - at_s > FREEZE_S)
            at_s = max(at_s, now_s)
        return found
