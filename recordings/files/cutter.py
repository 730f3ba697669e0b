"""Decides which access units go into one segment file. Pure: it writes nothing."""

from dataclasses import dataclass
from enum import Enum, auto

from streaming.media.access_unit import AccessUnit
from streaming.media.clock import VIDEO_CLOCK_RATE
from streaming.media.fmp4 import nals_to_keep, parameter_sets_among

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class CutRules:
    """When a segment ends: at a keyframe, once it is `usual_90k` long or has `usual_bytes`.

    A step of more than `gap_90k` is a gap, unless pictures always come that slowly. A camera that
    sends no keyframe is followed for `longest_90k` or `most_bytes`, whatever is reached first.
    """

    usual_90k: int = 60 * VIDEO_CLOCK_RATE
    usual_bytes: int = 64 * MEGABYTE
    gap_90k: int = 2 * VIDEO_CLOCK_RATE
    longest_90k: int = 3600 * VIDEO_CLOCK_RATE
    most_bytes: int = 1024 * MEGABYTE


class Step(Enum):
    """What to do with a unit."""

    # Nothing: it cannot be decoded, or its time has been.
    SKIP = auto()
    # Into the open segment.
    ADD = auto()
    # Into a new segment, which goes on where the open one ends.
    BEGIN = auto()
    # Into a new segment; there is a gap before it, or nothing.
    BEGIN_AFTER_GAP = auto()


class SegmentCutter:
    """One per camera; tell it every unit, in order. Not thread-safe.

    A segment begins at a keyframe with SPS and PPS, and has one set of them. Media times only grow
    within a segment and from one to the next.
    """

    def __init__(self, rules: CutRules | None = None, *, after_90k: int = -1) -> None:
        """`after_90k`: the end of what was recorded before; nothing earlier is taken."""
        self._rules = rules or CutRules()
        self._after_90k = after_90k
        self._last_90k: int | None = None
        self._interval = 0
        self._is_open = self._is_continuous = False
        self._sets: list[bytes] = []
        self._first_90k = self._bytes = 0

    def end(self) -> None:
        """Tell that the open segment was closed, or that units are missing before the next one:
        what follows begins another, after a gap."""
        self._is_open = self._is_continuous = False

    def step(self, unit: AccessUnit) -> Step:
        """What to do with this unit."""
        self._note_time(unit.pts_90k)
        if unit.pts_90k < self._after_90k:
            # What refers to it is lost with it.
            self.end()
            return Step.SKIP
        self._after_90k = unit.pts_90k + 1
        if self._is_open and self._goes_on_too_long(unit):
            self.end()
        sets = parameter_sets_among(nals_to_keep(unit)) if unit.is_keyframe else []
        if self._is_open and not self._begins_another(unit, sets):
            self._bytes += len(unit.data)
            return Step.ADD
        if not sets:
            return Step.SKIP
        step = Step.BEGIN if self._is_continuous else Step.BEGIN_AFTER_GAP
        self._is_open = self._is_continuous = True
        self._sets, self._first_90k, self._bytes = sets, unit.pts_90k, len(unit.data)
        return step

    def _note_time(self, pts_90k: int) -> None:
        """A gap ends what is open. The usual interval is learnt from any step forward."""
        if self._last_90k is not None:
            interval = pts_90k - self._last_90k
            if interval > max(self._rules.gap_90k, 3 * self._interval):
                self.end()
            if interval > 0:
                self._interval = interval
        self._last_90k = pts_90k

    def _goes_on_too_long(self, unit: AccessUnit) -> bool:
        rules = self._rules
        has_time = unit.pts_90k - self._first_90k < rules.longest_90k
        return not (has_time and self._bytes + len(unit.data) <= rules.most_bytes)

    def _begins_another(self, unit: AccessUnit, sets: list[bytes]) -> bool:
        if not sets:
            return False
        is_long = unit.pts_90k - self._first_90k >= self._rules.usual_90k
        return is_long or self._bytes >= self._rules.usual_bytes or sets != self._sets
