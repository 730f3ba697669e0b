"""Finds the visits that were there before in those that are built again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from detections.vision.visits import VisitDraft


@dataclass(frozen=True, slots=True)
class KnownVisit:
    """A visit as it was built before."""

    key: str
    place_id: int | None
    start_90k: int
    end_90k: int
    best_90k: int
    best_box: tuple[float, ...]


class Matched(NamedTuple):
    """By number of the draft: the one known visit that it continues, and others it swallowed."""

    continued: dict[int, int]
    swallowed: dict[int, list[int]]


def match(drafts: Sequence[VisitDraft], known: Sequence[KnownVisit], *, prefix: str) -> Matched:
    """Which of the known visits each draft is, best pairs first.

    The same place is a must, and that the times overlap. Then the same key tells most, then the
    same best moment, then how much of the times is shared. `prefix` and a draft's `key_part` make
    its key. What is left of the known visits is swallowed by the draft that shares most with it.
    """
    pairs = sorted(
        (fit, -draft_at, -known_at)
        for draft_at, draft in enumerate(drafts)
        for known_at, one in enumerate(known)
        if (fit := _fit(draft, one, prefix)) is not None
    )
    continued: dict[int, int] = {}
    swallowed: dict[int, list[int]] = {}
    taken: set[int] = set()
    left: list[tuple[int, int]] = []
    for _, draft_at, known_at in reversed(pairs):
        if -known_at in taken:
            continue
        if -draft_at in continued:
            left.append((-draft_at, -known_at))
            continue
        continued[-draft_at] = -known_at
        taken.add(-known_at)
    for draft_at, known_at in left:
        if known_at not in taken:
            swallowed.setdefault(draft_at, []).append(known_at)
            taken.add(known_at)
    return Matched(continued, swallowed)


def _fit(draft: VisitDraft, known: KnownVisit, prefix: str) -> tuple[bool, bool, float] | None:
    if draft.place_id != known.place_id:
        return None
    shared = min(draft.end_90k, known.end_90k) - max(draft.start_90k, known.start_90k)
    if shared < 0:
        return None
    whole = max(draft.end_90k, known.end_90k) - min(draft.start_90k, known.start_90k)
    is_same_best = (draft.best_90k, tuple(draft.best_box)) == (known.best_90k, known.best_box)
    return prefix + draft.key_part == known.key, is_same_best, shared / max(whole, 1)
