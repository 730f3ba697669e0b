"""What the cat does when: a pure function of time."""

import math
from dataclasses import dataclass
from typing import Literal

Activity = Literal["sleep", "sit", "walk", "eat", "play"]

WALK_SPEED_PX_PER_S = 92.0
CUSHION_X, BOWL_X, YARN_X = 316.0, 905.0, 610.0
YARN_REST_X = 735.0
FLOOR_Y = 648.0
CUSHION_Y = 618.0


@dataclass(frozen=True, slots=True)
class Moment:
    """Where the cat's feet are (px in 1280x720), what it does, and for how long already."""

    activity: Activity
    x: float
    y: float
    faces_right: bool
    elapsed_s: float
    duration_s: float


@dataclass(frozen=True, slots=True)
class _Scene:
    activity: Activity
    duration_s: float
    x: float
    to_x: float
    faces_right: bool

    def at(self, elapsed_s: float) -> Moment:
        x = self.x + (self.to_x - self.x) * elapsed_s / self.duration_s
        return Moment(self.activity, x, _ground(x), self.faces_right, elapsed_s, self.duration_s)


def _ground(x: float) -> float:
    """The cushion is a small step up from the floor."""
    off_cushion = min(max((x - CUSHION_X - 20) / 90, 0.0), 1.0)
    return CUSHION_Y + (FLOOR_Y - CUSHION_Y) * (1 - math.cos(math.pi * off_cushion)) / 2


def _stay(activity: Activity, duration_s: float, x: float, faces_right: bool) -> _Scene:
    return _Scene(activity, duration_s, x, x, faces_right)


def _walk(x: float, to_x: float) -> _Scene:
    return _Scene("walk", abs(to_x - x) / WALK_SPEED_PX_PER_S, x, to_x, to_x > x)


_DAY = (
    _stay("sit", 5, CUSHION_X, True),
    _walk(CUSHION_X, YARN_X),
    _stay("play", 16, YARN_X, True),
    _stay("sit", 4, YARN_X, True),
    _walk(YARN_X, BOWL_X),
    _stay("eat", 14, BOWL_X, True),
    _stay("sit", 6, BOWL_X, False),
    _walk(BOWL_X, CUSHION_X),
    _stay("sit", 4, CUSHION_X, True),
    _stay("sleep", 24, CUSHION_X, True),
)
CYCLE_S = sum(scene.duration_s for scene in _DAY)


def moment(t: float) -> Moment:
    """What the cat does at `t`, seconds since any epoch; the story repeats every CYCLE_S."""
    remaining = t % CYCLE_S
    for scene in _DAY:
        if remaining < scene.duration_s:
            return scene.at(remaining)
        remaining -= scene.duration_s
    return _DAY[-1].at(_DAY[-1].duration_s)


def yarn_offset(now: Moment) -> float:
    """How far the ball of yarn has rolled from its rest, px: away at each pat, then back."""
    if now.activity != "play":
        return 0.0
    ease = min(1.0, now.elapsed_s, now.duration_s - now.elapsed_s)
    rolled = abs(math.sin(math.pi * now.elapsed_s / PAT_S))
    return float(38.0 * ease * rolled**0.8)


PAT_S = 1.6
