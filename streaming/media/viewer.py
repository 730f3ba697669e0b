"""What one viewer is sent: numbers, pace, retransmissions, and what to do about its network."""

import random
import time
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from streaming.media.adapter.outlet import Outlet
from streaming.media.clock import VIDEO_CLOCK_RATE
from streaming.media.conditions import Budget, Jitter, LossRate, PlayoutDelay, Report
from streaming.media.packetise import SLICE_PACKETS, Header, PacketisedUnit, Template
from streaming.media.throttle import Ping, Throttle

# A viewer that is this far behind drops to the next keyframe.
MAX_PENDING_BYTES = 16 * 1024 * 1024
MAX_PENDING_UNITS = 3600
MAX_BLOCKED_S = 1.0
# And one that takes less than the stream, when what waits for it would take so long.
MAX_WAITING_S = 1.0
# Longer than the largest keyframe's way plus a second, and bounded.
HISTORY_S = 3.0
MAX_HISTORY_UNITS = 4096
# No packet number may be in it twice.
MAX_HISTORY_PACKETS = 1 << 15
# What a new viewer gets of the past at its true times; older pictures come just before.
SHOWN_PAST_90K = 45_000
HURRIED_STEP_90K = 90
# Receiver reports are about the burst of the start until then.
SETTLING_S = 1.0
# A packet that was asked for again is on its way for so long, if the round trip is not known.
USUAL_RTT_S = 0.02
# A queue that grows shows itself so, before anything is lost.
SUSPICIOUS_JITTER_S = 0.01
# Receiver reports know the way there only as it was at our last report: pings are better.
PINGED_LATELY_S = 3.0


class _Sent(NamedTuple):
    """A unit on its way: which packet numbers it has, and in which form it left."""

    first: int
    unit: PacketisedUnit
    timestamp: int
    header: Header
    at_s: float


class PacedViewer:
    """Sends a stream to one outlet (fanout.Viewer, outlet.Feedback). Event loop only."""

    def __init__(
        self,
        outlet: Outlet,
        *,
        on_keyframe_wanted: Callable[[], None],
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outlet = outlet
        self._on_keyframe_wanted = on_keyframe_wanted
        self._now_s = now_s
        # Below 2^15 so that a receiver cannot mistake the first wrap (RFC 3711 section 3.3.1).
        self._sequence = random.randrange(1 << 15)
        self.rtp_offset = random.getrandbits(32)
        self._pending: deque[tuple[PacketisedUnit, int]] = deque()
        self._pending_bytes = 0
        self._sending: tuple[_Sent, Template] | None = None
        self._next_run = 0
        self._rest: tuple[bytes, int] | None = None
        self._blocked_since_s: float | None = None
        self._newest_pts: int | None = None
        self._needs_keyframe = True
        self._is_stopped = False
        self._history: deque[_Sent] = deque()
        self._sent_again_s: dict[int, float] = {}
        self._rtt_s: float | None = None
        self._started_s: float | None = None
        self._header: Header | None = None
        self._delay, self._throttle, self._budget = PlayoutDelay(), Throttle(), Budget()
        self._loss = LossRate()
        self._ponged_at_s = float("-inf")
        self._again_bytes = self._lost_bytes = 0
        self.packets_sent = self.bytes_sent = self.packets_sent_again = self.dropped = 0
        outlet.listen(self)

    @property
    def delay_ms(self) -> int:
        """How long the browser is told to hold frames back."""
        return self._delay.delay_ms

    @property
    def is_throttled(self) -> bool:
        """Whether the path takes less than the stream."""
        return self._throttle.rate is not None

    @property
    def is_behind(self) -> bool:
        return bool(self._pending or self._sending or self._rest)

    def stop(self) -> None:
        """Sends nothing any more, retransmissions neither."""
        self._is_stopped = True
        self._pending.clear()
        self._history.clear()
        self._sending = self._rest = None
        self._outlet.close()

    # fanout.Viewer

    def put(self, unit: PacketisedUnit) -> bool:
        if self._newest_pts is not None and unit.pts_90k <= self._newest_pts:
            return self.is_behind
        if (
            len(self._pending) >= MAX_PENDING_UNITS
            or self._pending_bytes >= MAX_PENDING_BYTES
            or self._is_blocked_for_long()
        ):
            self._skip_to_keyframe()
        if self._throttle.rate is not None:
            self._make_room(unit, self._throttle.rate)
        if not unit.is_keyframe and self._needs_keyframe:
            self.dropped += 1
            return self.is_behind
        self._needs_keyframe = False
        was_behind = self.is_behind
        self._append(unit, unit.pts_90k)
        return True if was_behind else self.advance()

    def restart(self, units: Sequence[PacketisedUnit]) -> bool:
        if not units or self._is_stopped:
            return self.is_behind
        self._clear_pending()
        self._needs_keyframe = self.is_throttled
        units = units[:1] if self.is_throttled else units
        for unit, pts in zip(units, _hurried([unit.pts_90k for unit in units]), strict=True):
            self._append(unit, pts)
        return self.advance()

    def advance(self) -> bool:
        if self._started_s is None:
            self._started_s = self._now_s()
        before: Ping | None = None
        if self.is_throttled and self.is_behind and self._may_send():
            before = self._ping()
        packets, sent_bytes = SLICE_PACKETS, self.bytes_sent
        while packets > 0 and not self._is_stopped:
            if self._rest is not None and not self._send_rest():
                break
            if self._sending is None and not self._pending:
                break
            if self._throttle.rate is not None and not self._may_send():
                break
            if self._sending is None:
                self._begin()
            packets -= self._send_run()
        if before is not None:
            burst_bytes = self.bytes_sent - sent_bytes
            self._send_ping(replace(before, burst_bytes=burst_bytes, before=before))
        elif self._throttle.is_watching and self.bytes_sent > sent_bytes:
            self._ping()
        return self.is_behind

    def report(self) -> bool:
        if self.packets_sent and not self._is_stopped:
            self._outlet.report(
                offset=self.rtp_offset, packets=self.packets_sent, payload_bytes=self.bytes_sent
            )
        return self.is_behind

    # outlet.Feedback

    def lost(self, sequences: Sequence[int]) -> None:
        """NACK: what is still in the history goes again, once a round trip, within a budget."""
        now_s = self._now_s()
        self._forget_older_than(now_s)
        # Browsers ask again after a round trip as they measure it: a little sooner than ours.
        round_trip_s = 0.8 * (USUAL_RTT_S if self._rtt_s is None else self._rtt_s)
        for sequence in sequences:
            again_s = self._sent_again_s.get(sequence)
            if again_s is not None and now_s - again_s < round_trip_s:
                continue
            sent = self._find(sequence)
            if sent is None:
                continue
            index = (sequence - sent.first) & 0xFFFF
            size = len(sent.unit.payloads[index])
            if again_s is None:
                self._lost_bytes += size
            if not self._budget.spend(size):
                return
            self._throttle.spend(size)
            self._again_bytes += size
            self._sent_again_s[sequence] = now_s
            self.packets_sent_again += 1
            self._outlet.send_again(sent.unit, sent.header, index, sequence, sent.timestamp)

    def reported(self, report: Report) -> None:
        now_s = self._now_s()
        if report.rtt_s is not None:
            self._throttle.take_rtt(report.rtt_s, now_s=now_s)
            if now_s - self._ponged_at_s > PINGED_LATELY_S:
                self._rtt_s = report.rtt_s
        loss = self._loss.take(report, now_s=now_s)
        jitter_s = report.jitter_s
        if jitter_s > SUSPICIOUS_JITTER_S:
            jitter_s -= self._own_jitter_s()
        if self._started_s is None or now_s - self._started_s < SETTLING_S:
            return
        if loss or jitter_s > SUSPICIOUS_JITTER_S:
            self._throttle.suspect(now_s=now_s)
        if self.is_throttled:
            return
        if loss > self._throttle.HEAVY_LOSS:
            self._throttle.take_loss(loss, usual_rate=self._usual_rate(), now_s=now_s)
            return self._give_way()
        self._delay.take(
            loss=loss,
            jitter_s=jitter_s,
            rtt_s=USUAL_RTT_S if self._rtt_s is None else self._rtt_s,
            now_s=now_s,
        )

    def wants_keyframe(self) -> None:
        """PLI or FIR; while the picture comes again already there is nothing to do."""
        if not self._is_stopped and not self.is_behind:
            self._on_keyframe_wanted()

    # Sending

    def _append(self, unit: PacketisedUnit, pts: int) -> None:
        self._newest_pts = unit.pts_90k
        if unit.payloads:
            self._pending.append((unit, pts))
            self._pending_bytes += unit.size

    def _begin(self) -> None:
        """Takes the next unit."""
        unit, pts = self._pending.popleft()
        self._pending_bytes -= unit.size
        now_s = self._now_s()
        if self._delay.step(now_s=now_s) or self._header is None:
            self._header = self._outlet.header(self._delay.delay_ms)
        timestamp = (pts + self.rtp_offset) & 0xFFFFFFFF
        sent = _Sent(self._sequence, unit, timestamp, self._header, now_s)
        self._sequence = (self._sequence + len(unit.payloads)) & 0xFFFF
        self._sending, self._next_run = (sent, unit.template(self._header)), 0
        self._history.append(sent)
        self._forget_older_than(now_s)

    def _send_run(self) -> int:
        """How many packets that were."""
        assert self._sending is not None
        sent, template = self._sending
        run = template.runs[self._next_run]
        rest = self._outlet.send(template, run, sent.first + run.first, sent.timestamp)
        if rest:
            self._rest = (bytes(rest), run.segment_bytes)
            self._blocked_since_s = self._now_s()
        self._next_run += 1
        if self._next_run == len(template.runs):
            self._sending = None
        self.packets_sent += len(run.lengths)
        self.bytes_sent += run.payload_bytes
        self._budget.earn(run.payload_bytes)
        self._throttle.spend(run.payload_bytes)
        return len(run.lengths)

    def _send_rest(self) -> bool:
        """Packets that are protected already must leave as they are. Whether they have."""
        assert self._rest is not None
        packets, segment_bytes = self._rest
        rest = self._outlet.send_rest(memoryview(packets), segment_bytes)
        if rest:
            self._rest = (bytes(rest), segment_bytes)
            return False
        self._rest = self._blocked_since_s = None
        return True

    def _is_blocked_for_long(self) -> bool:
        since_s = self._blocked_since_s
        return since_s is not None and self._now_s() - since_s > MAX_BLOCKED_S

    def _skip_to_keyframe(self) -> None:
        """Drops what is queued and all that cannot be decoded without it."""
        self.dropped += len(self._pending)
        self._clear_pending()
        self._needs_keyframe = True

    def _clear_pending(self) -> None:
        self._pending.clear()
        self._pending_bytes = 0

    # A path that takes less than the stream

    def _may_send(self) -> bool:
        return self._throttle.may_send(now_s=self._now_s())

    def _ping(self) -> Ping | None:
        sent_bytes = self.bytes_sent + self._again_bytes
        ping = self._throttle.ping(sent_bytes, now_s=self._now_s())
        if ping is not None:
            self._send_ping(ping)
        return ping

    def _send_ping(self, ping: Ping) -> None:
        self._outlet.ping(partial(self._answered, ping))

    def _answered(self, ping: Ping) -> None:
        now_s, was_throttled = self._now_s(), self.is_throttled
        self._rtt_s, self._ponged_at_s = now_s - ping.at_s, now_s
        usual_rate = 0.0 if was_throttled else self._usual_rate()
        lost_bytes = self._lost_bytes
        self._throttle.pong(ping, lost_bytes=lost_bytes, usual_rate=usual_rate, now_s=now_s)
        if self.is_throttled and not was_throttled:
            self._give_way()

    def _give_way(self) -> None:
        """What was sent or waits is late already: begin anew with the next keyframe."""
        self._skip_to_keyframe()
        self._history.clear()
        self._sending = None
        self._delay.forget()
        self._header = None

    def _make_room(self, unit: PacketisedUnit, rate: float) -> None:
        """A keyframe comes before what is left of the pictures before it."""
        if unit.is_keyframe or self._pending_bytes > rate * MAX_WAITING_S:
            self._skip_to_keyframe()

    def _own_jitter_s(self) -> float:
        """How unevenly the pictures left here lately."""
        jitter = Jitter()
        for sent in self._history:
            jitter.take(sent.timestamp / VIDEO_CLOCK_RATE, now_s=sent.at_s)
        return jitter.jitter_s

    def _usual_rate(self) -> float:
        """Bytes a second of what was sent lately, by its media time."""
        history = self._history
        if len(history) < 2:
            return 0.0
        ticks = (history[-1].timestamp - history[0].timestamp) & 0xFFFFFFFF
        return sum(sent.unit.size for sent in history) * VIDEO_CLOCK_RATE / max(ticks, 1)

    # History

    def _find(self, sequence: int) -> _Sent | None:
        """The unit that packet number is of. Quick: a browser may ask for thousands at once."""
        history = self._history
        if not history:
            return None
        oldest = history[0].first
        place = bisect_right(
            history, (sequence - oldest) & 0xFFFF, key=lambda sent: (sent.first - oldest) & 0xFFFF
        )
        sent = history[place - 1]
        return sent if (sequence - sent.first) & 0xFFFF < len(sent.unit.payloads) else None

    def _forget_older_than(self, now_s: float) -> None:
        history = self._history
        while history and (
            history[0].at_s < now_s - HISTORY_S
            or len(history) > MAX_HISTORY_UNITS
            or (self._sequence - history[0].first) & 0xFFFF > MAX_HISTORY_PACKETS
        ):
            history.popleft()
        if len(self._sent_again_s) > MAX_HISTORY_UNITS:
            self._sent_again_s.clear()


def _hurried(times: Sequence[int]) -> list[int]:
    """The media times that units since a keyframe are sent with.

    The last half second has its true times. Older pictures, which a new viewer needs for
    decoding only, come close together just before: a browser that believed in the true ones
    would wait for them, or take the burst for jitter. They all look older than half a second.
    """
    start = next(n for n, pts in enumerate(times) if pts >= times[-1] - SHOWN_PAST_90K)
    past = [times[start] - n * HURRIED_STEP_90K for n in range(start, 0, -1)]
    return [max(true, hurried) for true, hurried in zip(times, past, strict=False)] + list(
        times[start:]
    )
