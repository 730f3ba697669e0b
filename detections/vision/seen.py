"""What was seen in one picture: the value that detectors make and everybody else reads."""

from dataclasses import dataclass

from detections.vision.boxes import Box


@dataclass(frozen=True, slots=True)
class Seen:
    """One animal or person in one picture. `label` is "cat", "dog", "person", "bird"...;
    `score` is 0..1."""

    label: str
    score: float
    box: Box


@dataclass(frozen=True, slots=True)
class SeenFrame:
    """All that a source saw in the picture with media time `t_90k` (90 kHz, not wrapped).

    A frame in which it looked and saw nothing has no `seen`: that ends tracks sooner than silence.
    """

    t_90k: int
    seen: tuple[Seen, ...] = ()
