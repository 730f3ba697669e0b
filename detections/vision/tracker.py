"""Follows animals and people from picture to picture: sightings become tracks."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, sqrt

from detections.vision.boxes import Box, overlap
from detections.vision.rules import CLOCK_RATE, TrackerConfig
from detections.vision.seen import Seen, SeenFrame

# Detectors take one for the other, in the same animal, from picture to picture.
_CONFUSED = frozenset({"cat", "dog"})
# A prediction holds for a second; who was not seen for longer waits where it led.
_PREDICTS_S = 1.0
# How quickly the estimated velocity follows what is seen.
_VELOCITY_S = 0.25
# In own sizes per second: slower is lying, sitting or a box that trembles.
_STILL_SPEED = 0.2
_STILL_OVERLAP = 0.3
_SEEN_FOR_STILL = 3
_MOST_TRACKS = 100
_NO_VELOCITY = Box(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class TrackedSeen:
    """One of a picture's sightings and the track it belongs to.

    `box` is as it was seen; `velocity` is the smoothed change of each of its numbers per second.
    `label` is what the track was taken for most.
    """

    track: int
    label: str
    score: float
    box: Box
    velocity: Box = _NO_VELOCITY

    @property
    def is_still(self) -> bool:
        """Lies, sits or stands about."""
        return _is_slow(self.velocity, self.box)


@dataclass(frozen=True, slots=True)
class _Track:
    number: int
    votes: tuple[tuple[str, float], ...]
    box: Box
    velocity: Box
    last_90k: int
    times_seen: int = 1

    @property
    def label(self) -> str:
        return max(self.votes, key=lambda vote: (vote[1], vote[0]))[0]

    @property
    def is_still(self) -> bool:
        return self.times_seen >= _SEEN_FOR_STILL and _is_slow(self.velocity, self.box)

    def seen_again(self, seen: Seen, t_90k: int) -> "_Track":
        gap_s = (t_90k - self.last_90k) / CLOCK_RATE
        votes = dict(self.votes)
        votes[seen.label] = votes.get(seen.label, 0.0) + seen.score
        return _Track(
            number=self.number,
            votes=tuple(sorted(votes.items())),
            box=seen.box,
            velocity=_followed(self, seen.box, gap_s),
            last_90k=t_90k,
            times_seen=self.times_seen + 1,
        )


class Tracker:
    """Gives the sightings of picture after picture their tracks.

    What it says depends on the pictures before and on nothing else. It holds at most
    _MOST_TRACKS tracks, however long it runs.
    """

    def __init__(self, config: TrackerConfig | None = None) -> None:
        self._config = config or TrackerConfig()
        self._tracks: list[_Track] = []
        self._last_number = 0
        self._last_90k: int | None = None

    def copy(self) -> "Tracker":
        """One that goes on from here by itself."""
        twin = Tracker(self._config)
        twin._tracks = list(self._tracks)
        twin._last_number, twin._last_90k = self._last_number, self._last_90k
        return twin

    def add(self, frame: SeenFrame) -> list[TrackedSeen]:
        """The picture's sightings that belong to tracks, by number of track.

        In time order: an earlier picture than the last means that the clock began anew, and all
        tracks end.
        """
        if self._last_90k is not None and frame.t_90k < self._last_90k:
            self._tracks = []
        self._last_90k = frame.t_90k
        patience_90k = self._config.still_patience_s * CLOCK_RATE
        self._tracks = [one for one in self._tracks if frame.t_90k - one.last_90k <= patience_90k]
        seen = one_box_each(frame.seen, self._config)
        matched = self._match(seen, frame.t_90k)
        updated: dict[int, tuple[_Track, Seen]] = {}
        for index, one in enumerate(seen):
            track = matched.get(index)
            if track is not None:
                updated[track.number] = track.seen_again(one, frame.t_90k), one
            elif one.score >= self._config.begin_score:
                track = self._begin(one, frame.t_90k)
                updated[track.number] = track, one
        self._keep(updated)
        return [_tracked(*updated[number]) for number in sorted(updated)]

    def _begin(self, seen: Seen, t_90k: int) -> _Track:
        self._last_number += 1
        votes = ((seen.label, seen.score),)
        return _Track(self._last_number, votes, seen.box, _NO_VELOCITY, t_90k)

    def _keep(self, updated: dict[int, tuple[_Track, Seen]]) -> None:
        missed = [one for one in self._tracks if one.number not in updated]
        tracks = [*missed, *(track for track, _ in updated.values())]
        tracks.sort(key=lambda track: (track.last_90k, track.number))
        self._tracks = tracks[-_MOST_TRACKS:]

    def _match(self, seen: Sequence[Seen], t_90k: int) -> dict[int, _Track]:
        """The best pair first, then the best of those that are left."""
        pairs = []
        for track in self._tracks:
            for index, one in enumerate(seen):
                fit = self._fit(track, one, t_90k)
                if fit > 0:
                    pairs.append((-fit, track.number, index, track))
        matched: dict[int, _Track] = {}
        taken = set()
        for _, number, index, track in sorted(pairs, key=lambda pair: pair[:3]):
            if index not in matched and number not in taken:
                matched[index] = track
                taken.add(number)
        return matched

    def _fit(self, track: _Track, seen: Seen, t_90k: int) -> float:
        """0 for impossible; 1 and more where the boxes overlap as predicted."""
        if kind_of(track.label) != kind_of(seen.label):
            return 0.0
        gap_s = (t_90k - track.last_90k) / CLOCK_RATE
        if gap_s > self._config.patience_s:
            shared = overlap(track.box, seen.box)
            return 1 + shared if track.is_still and shared >= _STILL_OVERLAP else 0.0
        expected = _predicted(track, gap_s)
        shared = overlap(expected, seen.box)
        if shared >= self._config.least_overlap:
            return 1 + shared
        reach = self._config.reach + self._config.reach_per_s * gap_s
        return max(0.0, 1 - distance_in_sizes(expected, seen.box) / reach)


def kind_of(label: str) -> str:
    """What a label cannot be confused with: a cat may look like a dog, never like a person."""
    return "cat or dog" if label in _CONFUSED else label


def distance_in_sizes(one: Box, other: Box) -> float:
    """Between the centres, in sizes of the boxes."""
    (x, y), (other_x, other_y) = one.centre, other.centre
    size = (sqrt(one.area) + sqrt(other.area)) / 2
    return hypot(other_x - x, other_y - y) / max(size, 1e-3)


def one_box_each(seen: Sequence[Seen], config: TrackerConfig) -> list[Seen]:
    """Without boxes that lie on a surer one of the same kind, and without what is too unsure."""
    surest_first = sorted(seen, key=lambda one: (-one.score, one.label, one.box))
    kept: list[Seen] = []
    for one in surest_first:
        if one.score < config.keep_score or len(kept) == config.most_seen:
            break
        if not any(_is_same(one, other, config) for other in kept):
            kept.append(one)
    return kept


def _is_same(one: Seen, other: Seen, config: TrackerConfig) -> bool:
    if kind_of(one.label) != kind_of(other.label):
        return False
    shared = overlap(one.box, other.box)
    # From the overlap: what both cover, as a share of the smaller.
    both = shared * (one.box.area + other.box.area) / (1 + shared)
    inside = both / max(min(one.box.area, other.box.area), 1e-9)
    return shared >= config.same_overlap or inside >= config.same_inside


def _tracked(track: _Track, seen: Seen) -> TrackedSeen:
    return TrackedSeen(track.number, track.label, seen.score, seen.box, track.velocity)


def _is_slow(velocity: Box, box: Box) -> bool:
    return hypot(velocity.x + velocity.w / 2, velocity.y + velocity.h / 2) <= _STILL_SPEED * max(
        sqrt(box.area), 1e-3
    )


def _predicted(track: _Track, gap_s: float) -> Box:
    ahead_s = min(gap_s, _PREDICTS_S)
    box, velocity = track.box, track.velocity
    return Box(
        box.x + velocity.x * ahead_s,
        box.y + velocity.y * ahead_s,
        max(box.w + velocity.w * ahead_s, box.w / 2),
        max(box.h + velocity.h * ahead_s, box.h / 2),
    )


def _followed(track: _Track, box: Box, gap_s: float) -> Box:
    """The velocity after the track was seen in `box`."""
    if gap_s <= 0:
        return track.velocity
    # The second sighting tells all that is known; later ones are weighed by their distance.
    gain = max(gap_s / (gap_s + _VELOCITY_S), 1 / track.times_seen)
    pairs = zip(track.velocity, track.box, box, strict=True)
    return Box(*(speed + gain * ((now - was) / gap_s - speed) for speed, was, now in pairs))
