"""Tracks over time become visits: to the camera's picture, and to the places in it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from detections.vision.boxes import Box, overlap
from detections.vision.path import PathPoint, Trail
from detections.vision.places import PlaceRule, is_ignored, places_at
from detections.vision.rules import CLOCK_RATE, VisitRules, chunk_start
from detections.vision.seen import Seen, SeenFrame
from detections.vision.tracker import TrackedSeen, Tracker, distance_in_sizes, kind_of

# What general detectors find in homes and what visits nobody.
# fmt: off
_THINGS = frozenset({
    "backpack", "bed", "bench", "bicycle", "book", "bottle", "bowl", "cake", "car", "cell phone",
    "chair", "clock", "couch", "cup", "dining table", "food bowl", "fork", "hair drier", "handbag",
    "keyboard", "knife", "laptop", "microwave", "motorcycle", "mouse", "oven", "potted plant",
    "refrigerator", "remote", "scissors", "sink", "sofa", "spoon", "suitcase", "teddy bear", "tie",
    "toaster", "toilet", "toothbrush", "tv", "umbrella", "vase", "water bowl", "wine glass",
})
# fmt: on
_MOST_PRESENT = 100
_STILL_OVERLAP = 0.3


@dataclass(frozen=True, slots=True)
class VisitDraft:
    """A visit as far as it is known. `place_id` None: anywhere in the picture.

    `key_part` tells it from every other visit of its source and boot. Open: it may go on.
    """

    label: str
    place_id: int | None
    start_90k: int
    end_90k: int
    best_score: float
    best_90k: int
    best_box: Box
    path: tuple[PathPoint, ...]
    is_open: bool
    key_part: str


class _Stay:
    """At one place, or anywhere in the picture."""

    def __init__(self, place: PlaceRule | None, start_90k: int, serial: int) -> None:
        self.place = place
        self.start_90k = self.end_90k = start_90k
        self.serial = serial
        self.times_seen = 0
        self.votes: Counter[str] = Counter()
        self.best_score = -1.0
        self.best_90k = start_90k
        self.best_box = Box(0, 0, 0, 0)
        self.trail = Trail()

    def copy(self) -> "_Stay":
        twin = _Stay(self.place, self.start_90k, self.serial)
        twin.end_90k, twin.times_seen = self.end_90k, self.times_seen
        twin.votes, twin.trail = self.votes.copy(), self.trail.copy()
        twin.best_score, twin.best_90k = self.best_score, self.best_90k
        twin.best_box = self.best_box
        return twin

    def add(self, t_90k: int, seen: TrackedSeen) -> None:
        self.end_90k = t_90k
        self.times_seen += 1
        self.votes[seen.label] += 1
        self.trail.add(t_90k, seen.box)
        if seen.score > self.best_score:
            self.best_score, self.best_90k, self.best_box = seen.score, t_90k, seen.box

    def counts(self, rules: VisitRules) -> bool:
        """Whether it was long enough to be a visit; once it is, it stays one."""
        min_stay_s = self.place.min_stay_s if self.place else rules.min_stay_s
        is_long = self.end_90k - self.start_90k >= min_stay_s * CLOCK_RATE
        return is_long and self.times_seen >= rules.min_sightings

    def lasts(self, now_90k: int) -> bool:
        """Whether who is seen here now has not left the place."""
        away_90k = now_90k - self.end_90k
        return self.place is None or away_90k <= self.place.end_grace_s * CLOCK_RATE

    def draft(self, *, is_open: bool) -> VisitDraft:
        place_id = self.place.place_id if self.place else None
        return VisitDraft(
            label=max(self.votes.items(), key=lambda vote: (vote[1], vote[0]))[0],
            place_id=place_id,
            start_90k=self.start_90k,
            end_90k=self.end_90k,
            best_score=self.best_score,
            best_90k=self.best_90k,
            best_box=self.best_box,
            path=tuple(self.trail.points),
            is_open=is_open,
            key_part=f"{self.start_90k}-{place_id or 0}-{self.serial}",
        )


class _Presence:
    """One animal or person, through all the tracks that it takes to follow it."""

    def __init__(self, seen: TrackedSeen, t_90k: int) -> None:
        self.last = seen
        self.last_90k = t_90k
        # By place; 0 for the whole picture.
        self.stays: dict[int, _Stay] = {}

    def copy(self) -> "_Presence":
        twin = _Presence(self.last, self.last_90k)
        twin.stays = {at: stay.copy() for at, stay in self.stays.items()}
        return twin

    def may_come_back(self, t_90k: int, rules: VisitRules) -> bool:
        grace_s = rules.still_grace_s if self.last.is_still else rules.grace_s
        return t_90k - self.last_90k <= max(grace_s, rules.grace_s) * CLOCK_RATE

    def fit(self, seen: TrackedSeen, t_90k: int, rules: VisitRules) -> float:
        """How well the beginning track goes on from here; 0 for not at all."""
        if kind_of(seen.label) != kind_of(self.last.label):
            return 0.0
        gap_s = (t_90k - self.last_90k) / CLOCK_RATE
        shared = overlap(self.last.box, seen.box)
        if gap_s > rules.grace_s:
            return 2 + shared if shared >= _STILL_OVERLAP else 0.0
        distance = distance_in_sizes(self.last.box, seen.box)
        reach = rules.tracker.reach + rules.tracker.reach_per_s * gap_s
        # The tracker may still wait for this one: only who is near can be the same.
        if gap_s <= rules.tracker.patience_s and distance > reach:
            return 0.0
        return 1 + shared + 1 / (1 + distance)


class VisitBuilder:
    """Adds up the pictures of one source, in time order.

    What it says depends on the pictures since the last silence, or since the chunk of media time
    began, and on nothing else: built again of the same pictures it says the same. It holds what
    is going on and the visits that ended since `forget`; a visit of hours takes no more than
    2 * path.MAX_POINTS points.
    """

    def __init__(self, rules: VisitRules) -> None:
        self.rules = rules
        self.last_90k: int | None = None
        # Visits that ended before are gone from here; None: none are.
        self.forgotten_90k: int | None = None
        self._tracker = Tracker(rules.tracker)
        self._present: dict[int, _Presence] = {}
        self._ended: list[VisitDraft] = []

    def copy(self) -> "VisitBuilder":
        """One that goes on from here by itself."""
        twin = VisitBuilder(self.rules)
        twin.last_90k, twin._tracker = self.last_90k, self._tracker.copy()
        twin._present = {track: one.copy() for track, one in self._present.items()}
        twin._ended, twin.forgotten_90k = list(self._ended), self.forgotten_90k
        return twin

    def add(self, frame: SeenFrame) -> None:
        """Later than the frame before; two sightings of one moment come in one frame."""
        seen = tuple(one for one in frame.seen if self._is_visitor(one))
        if not seen:
            return
        t_90k = frame.t_90k
        if self.last_90k is not None and (
            t_90k - self.last_90k >= self.rules.silence_90k
            or chunk_start(t_90k) != chunk_start(self.last_90k)
        ):
            self.end()
        self.last_90k = t_90k
        self._let_go(t_90k)
        tracked = self._tracker.add(SeenFrame(t_90k, seen))
        now = {one.track for one in tracked}
        serials: Counter[int] = Counter()
        for one in tracked:
            presence = self._present.get(one.track) or self._come(one, t_90k, now)
            presence.last, presence.last_90k = one, t_90k
            self._stay(presence, t_90k, serials)

    def _is_visitor(self, seen: Seen) -> bool:
        return seen.label not in _THINGS and not is_ignored(seen.box, self.rules.places)

    def _come(self, seen: TrackedSeen, t_90k: int, now: set[int]) -> _Presence:
        """Somebody new, or somebody back whom the tracker had lost."""
        best, back = 0.0, None
        for track, presence in sorted(self._present.items()):
            fit = 0.0 if track in now else presence.fit(seen, t_90k, self.rules)
            if fit > best:
                best, back = fit, track
        presence = _Presence(seen, t_90k) if back is None else self._present.pop(back)
        self._present[seen.track] = presence
        while len(self._present) > _MOST_PRESENT:
            gone = min(self._present, key=lambda track: (self._present[track].last_90k, track))
            self._end_stays(self._present.pop(gone).stays.values())
        return presence

    def _stay(self, presence: _Presence, t_90k: int, serials: Counter[int]) -> None:
        here: list[PlaceRule | None] = [None, *places_at(presence.last.box, self.rules.places)]
        for place in here:
            at = place.place_id if place else 0
            stay = presence.stays.get(at)
            if stay is None:
                stay = presence.stays[at] = _Stay(place, t_90k, serials[at])
                serials[at] += 1
            stay.add(t_90k, presence.last)

    def _let_go(self, t_90k: int) -> None:
        """End the stays of those who have been away for too long."""
        for track, presence in list(self._present.items()):
            if not presence.may_come_back(t_90k, self.rules):
                del self._present[track]
                self._end_stays(presence.stays.values())
                continue
            for at, stay in list(presence.stays.items()):
                if not stay.lasts(t_90k):
                    del presence.stays[at]
                    self._end_stays([stay])

    def _end_stays(self, stays: Iterable[_Stay]) -> None:
        self._ended += [stay.draft(is_open=False) for stay in stays if stay.counts(self.rules)]

    def end(self) -> None:
        """Nobody comes back: everything that is open ends."""
        for presence in self._present.values():
            self._end_stays(presence.stays.values())
        self._present = {}
        self._tracker = Tracker(self.rules.tracker)

    def drafts(self, now_90k: int) -> list[VisitDraft]:
        """The visits that ended since `forget`, and those that go on or are over by now.

        By start. Changes nothing: a picture told late may still belong to one that is over.
        """
        lasting = [
            stay.draft(is_open=presence.may_come_back(now_90k, self.rules) and stay.lasts(now_90k))
            for presence in self._present.values()
            for stay in presence.stays.values()
            if stay.counts(self.rules)
        ]
        return sorted([*self._ended, *lasting], key=lambda one: (one.start_90k, one.key_part))

    def forget(self, before_90k: int) -> None:
        """Let go of visits that ended before: nothing will change them any more."""
        self._ended = [draft for draft in self._ended if draft.end_90k >= before_90k]
        self.forgotten_90k = before_90k
