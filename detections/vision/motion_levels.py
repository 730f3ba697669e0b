"""How much moved in one camera's picture, remembered in steps of ten seconds of media time."""

import math
from collections.abc import Mapping

from detections.vision.rules import CLOCK_RATE

STEP_S = 10
STEP_90K = STEP_S * CLOCK_RATE
STEPS_AN_HOUR = 3600 // STEP_S
# Of a step: nobody looked; looked, and nothing moved; all of the picture moved.
NOT_LOOKED, STILL, ALL_OF_IT = 0, 1, 255
# Whoever cannot take them for longer than a day gets the newest.
MOST_STEPS = 24 * STEPS_AN_HOUR

# A step (media time / STEP_90K) and its level.
Levels = Mapping[int, int]


def level_of(share: float) -> int:
    """STILL to ALL_OF_IT, for 0 to 1 of the picture.

    By the root: a cat at the other end of the room moves a hundredth of the picture, and that is
    to be told from nothing.
    """
    return STILL + round((ALL_OF_IT - STILL) * math.sqrt(min(max(share, 0.0), 1.0)))


class MotionLevels:
    """The highest level of each step, until somebody takes them. Not thread-safe."""

    def __init__(self) -> None:
        self._levels: dict[int, int] = {}

    def note(self, t_90k: int, share: float) -> None:
        """At that media time so much of the picture moved."""
        self._raise(t_90k // STEP_90K, level_of(share))

    def take(self) -> dict[int, int]:
        """What was noted since the last time."""
        levels, self._levels = self._levels, {}
        return levels

    def give_back(self, levels: Levels) -> None:
        """They could not be kept: take them again, with what came since."""
        for step, level in levels.items():
            self._raise(step, level)

    def _raise(self, step: int, level: int) -> None:
        self._levels[step] = max(level, self._levels.get(step, NOT_LOOKED))
        if len(self._levels) > MOST_STEPS:
            del self._levels[min(self._levels)]
