"""Which stretches of a camera's media time are to be recorded: off, on visits, always, by hand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from streaming.media.clock import VIDEO_CLOCK_RATE

Mode = Literal["off", "visits", "always"]

ENDLESS_90K = 2**62
# A visit that says that it goes on but was not seen for so long is one that nobody closes any more.
_LONGEST_PAUSE_90K = 660 * VIDEO_CLOCK_RATE


class Span(NamedTuple):
    """A stretch of media time (90 kHz), its end not included."""

    start_90k: int
    end_90k: int = ENDLESS_90K

    def touches(self, start_90k: int, end_90k: int) -> bool:
        return self.start_90k < end_90k and start_90k < self.end_90k


@dataclass(frozen=True, slots=True)
class Rule:
    """What a camera's owner wants. `by_hand` is what somebody asked for besides."""

    mode: Mode
    pre_s: float = 0
    post_s: float = 0
    by_hand: tuple[Span, ...] = ()

    @property
    def is_off(self) -> bool:
        """Whether nothing can be wanted, so that nobody need look at the camera."""
        return self.mode == "off" and not self.by_hand


class Seen(NamedTuple):
    """A visit, as far as it is known. While `is_open` it may still get longer."""

    start_90k: int
    end_90k: int
    is_open: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a camera is to be recorded: `sure` now, `maybe` once it cannot wait any longer.

    The pause of a visit that goes on is `maybe`: if the pet does not come back within it, it was
    no part of the visit.
    """

    sure: tuple[Span, ...] = ()
    maybe: tuple[Span, ...] = ()

    def is_sure(self, start_90k: int, end_90k: int) -> bool:
        """Whether some of this stretch is wanted."""
        return any(span.touches(start_90k, end_90k) for span in self.sure)

    def is_possible(self, start_90k: int, end_90k: int) -> bool:
        """Whether some of this stretch may turn out to be wanted."""
        return any(span.touches(start_90k, end_90k) for span in (*self.sure, *self.maybe))


NOTHING = Wanted()
EVERYTHING = Wanted((Span(-ENDLESS_90K),))


def wanted(
    rule: Rule, visits: Iterable[Seen], *, now_90k: int, unknown_from_90k: int | None = None
) -> Wanted:
    """What the rule makes of the visits.

    `unknown_from_90k` is since when nobody can say what visits there are: better all of that than
    a visit without its video.
    """
    if rule.mode == "always":
        return EVERYTHING
    if rule.mode == "off":
        return Wanted(tuple(rule.by_hand))
    pre_90k, post_90k = _in_90k(rule.pre_s), _in_90k(rule.post_s)
    seen = list(visits)
    sure = [
        *rule.by_hand,
        *(Span(visit.start_90k - pre_90k, visit.end_90k + post_90k) for visit in seen),
    ]
    if unknown_from_90k is not None:
        sure.append(Span(unknown_from_90k - pre_90k))
    return Wanted(_joined(sure), _joined(_going_on(seen, pre_90k, now_90k)))


def _going_on(visits: Sequence[Seen], pre_90k: int, now_90k: int) -> list[Span]:
    return [
        Span(visit.start_90k - pre_90k)
        for visit in visits
        if visit.is_open and now_90k - visit.end_90k <= _LONGEST_PAUSE_90K
    ]


def _joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same stretches, in order and apart from each other."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.start_90k <= joined[-1].end_90k:
            joined[-1] = Span(joined[-1].start_90k, max(joined[-1].end_90k, span.end_90k))
        else:
            joined.append(span)
    return tuple(joined)


def _in_90k(seconds: float) -> int:
    return round(seconds * VIDEO_CLOCK_RATE)
