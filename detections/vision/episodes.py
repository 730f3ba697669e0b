"""Sightings without silence between them: built as they come, again from where one comes late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from detections.vision.rules import CLOCK_RATE, VisitRules, chunk_start
from detections.vision.seen import Seen, SeenFrame
from detections.vision.visits import VisitBuilder, VisitDraft

# How far apart an episode remembers how things stood, at first; the older, the sparser.
_MARK_90K = 10 * CLOCK_RATE
_MOST_MARKS = 24


@dataclass(frozen=True, slots=True)
class _Mark:
    """How things stood after all sightings up to `t_90k`."""

    t_90k: int
    builder: VisitBuilder


@dataclass(slots=True)
class Episode:
    """All sightings of one source, in time order, until nobody was seen for `silence_90k`."""

    rules: VisitRules
    first_90k: int
    last_90k: int | None = None
    # Another one has begun.
    is_over: bool = False
    _builder: VisitBuilder = field(init=False)
    _marks: list[_Mark] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._builder = VisitBuilder(self.rules)

    @property
    def settled_90k(self) -> int:
        """What ended before stays as it was written, and is not among the drafts."""
        forgotten_90k = self._builder.forgotten_90k
        return self.first_90k if forgotten_90k is None else forgotten_90k

    def drafts(self, now_90k: int) -> list[VisitDraft]:
        """The visits that ended since `settled_90k` and those that go on."""
        return [
            draft for draft in self._builder.drafts(now_90k) if draft.end_90k >= self.settled_90k
        ]

    def goes_on_at(self, t_90k: int) -> bool:
        """Whether a sighting then comes after all others and belongs to this episode."""
        if self.last_90k is None:
            return t_90k >= self.first_90k
        return t_90k > self.last_90k and not is_apart(self.last_90k, t_90k, self.rules)

    def add(self, t_90k: int, seen: Sequence[Seen]) -> None:
        """All that was seen at a moment for which `goes_on_at` holds."""
        if self.last_90k is not None:
            since_90k = self._marks[-1].t_90k if self._marks else self.first_90k
            if self.last_90k - since_90k >= _MARK_90K:
                self._mark(self.last_90k)
        self._builder.add(SeenFrame(t_90k, tuple(seen)))
        self.last_90k = t_90k

    def _mark(self, t_90k: int) -> None:
        # The drafts of now stay until they are stored; only the mark forgets.
        builder = self._builder.copy()
        builder.forget(self._settled_by(t_90k))
        self._marks = _thinned([*self._marks, _Mark(t_90k, builder)])

    def end(self) -> None:
        """What comes next is apart: nobody is there any more, whatever the time is."""
        self._builder.end()
        self.is_over = True

    def settle(self) -> None:
        """The drafts are stored: let go of those that nothing changes any more but a late one."""
        if self.last_90k is not None:
            self._builder.forget(max(self.settled_90k, self._settled_by(self.last_90k)))

    def _settled_by(self, t_90k: int) -> int:
        """What ended before is settled at that moment; other episodes' visits are their own."""
        return max(self.first_90k, t_90k - self.rules.silence_90k)

    def back_to(self, t_90k: int) -> Episode | None:
        """As it was before `t_90k`, as near as is remembered; None when nothing is."""
        marks = [mark for mark in self._marks if mark.t_90k < t_90k]
        if not marks:
            return None
        earlier = Episode(self.rules, self.first_90k, marks[-1].t_90k, _marks=marks)
        earlier._builder = marks[-1].builder.copy()
        return earlier


def is_apart(before_90k: int, after_90k: int, rules: VisitRules) -> bool:
    """Whether sightings of these moments, with none between, are of two episodes."""
    is_silent = after_90k - before_90k >= rules.silence_90k
    return is_silent or chunk_start(before_90k) != chunk_start(after_90k)


def _thinned(marks: list[_Mark]) -> list[_Mark]:
    """At most _MOST_MARKS: going back by some time never costs much more than that time."""
    if len(marks) <= _MOST_MARKS:
        return marks
    newest_90k = marks[-1].t_90k

    def gap_without(at: int) -> float:
        """The gap that would be left, as a share of the way back to it."""
        gap_90k = marks[at + 1].t_90k - marks[at - 1].t_90k
        return gap_90k / (newest_90k - marks[at].t_90k + 1)

    spare = min(range(1, len(marks) - 1), key=gap_without)
    return marks[:spare] + marks[spare + 1 :]
