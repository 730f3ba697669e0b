"""How boxes become tracks and visits: the numbers, in one place."""

from dataclasses import dataclass, field

from detections.vision.places import PlaceRule

CLOCK_RATE = 90_000
# Visits are built of whole chunks of media time, so that nothing older is ever needed.
CHUNK_90K = 12 * 3600 * CLOCK_RATE


def chunk_start(t_90k: int) -> int:
    """Where the chunk of this media time begins."""
    return t_90k // CHUNK_90K * CHUNK_90K


@dataclass(frozen=True, slots=True)
class TrackerConfig:
    """Scores are 0..1, overlaps are intersections over unions."""

    # A track begins with a sure sighting and goes on with less sure ones.
    begin_score: float = 0.45
    keep_score: float = 0.25
    # How long one may be missed: while it moves, and while it lies still.
    patience_s: float = 2.0
    still_patience_s: float = 15.0
    least_overlap: float = 0.15
    # Who moves fast overlaps too little: so many own sizes away, plus so many more per second.
    reach: float = 0.5
    reach_per_s: float = 0.75
    # Two boxes on one animal.
    same_overlap: float = 0.65
    same_inside: float = 0.9
    most_seen: int = 50


@dataclass(frozen=True, slots=True)
class VisitRules:
    """One camera's. Who is away for longer than `grace_s` comes for another visit."""

    places: tuple[PlaceRule, ...] = ()
    tracker: TrackerConfig = field(default_factory=TrackerConfig)
    min_stay_s: float = 1.0
    min_sightings: int = 3
    grace_s: float = 30.0
    # Who was lying still and is seen again in the same spot has not left.
    still_grace_s: float = 120.0

    @property
    def silence_90k(self) -> int:
        """Nobody seen for this long: whatever comes later has nothing to do with before."""
        graces = [place.end_grace_s for place in self.places]
        return round(max(60.0, self.grace_s, self.still_grace_s, *graces) * CLOCK_RATE) + 1
