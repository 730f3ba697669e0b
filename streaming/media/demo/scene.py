"""The demo camera's picture at a moment: the room, what moves in it, and the strip."""

import math
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from streaming.media.demo import props, story
from streaming.media.demo.cat import ORIGIN
from streaming.media.demo.paper import grain
from streaming.media.demo.poses import PoseBook, pose_at
from streaming.media.demo.room import CLOCK_CENTRE, CLOCK_RADIUS_PX, HEIGHT_PX, WIDTH_PX, draw_room
from streaming.media.demo.sprite import Planes, Sprite, lay, planes_of
from streaming.media.demo.story import Activity
from streaming.media.strip import StripStamp, write_strip

# So many pictures of the room, each with grain of its own, take turns: a sensor is never still.
_GRAINS = 6
_GRAIN_STRENGTH = 1.5
# In so many steps day becomes night, and the cat at night is lit by so much.
_LIGHT_STEPS = 24
_NIGHT_BRIGHTNESS = 0.74

_YARN_Y = 648
_DREAM_S = 4.0


@dataclass(frozen=True, slots=True)
class CatState:
    """The truth about the cat at a moment; `box` is left, top, right, bottom in px."""

    activity: Activity
    box: tuple[int, int, int, int]


class Scene:
    """Draws frames; making one takes about a second. Not thread-safe.

    What is to be seen depends on the time alone, not on the frames drawn before.
    """

    def __init__(self) -> None:
        self._day, self._night = (planes_of(picture) for picture in draw_room())
        noise = np.rint(grain((HEIGHT_PX, WIDTH_PX), _GRAIN_STRENGTH, 1)).astype(np.int16)
        self._grain = [np.roll(noise, (97 * n, 211 * n), (0, 1)) for n in range(_GRAINS)]
        self._rooms: list[tuple[int, Planes]] = [(-1, self._day)] * _GRAINS
        self._poses = PoseBook()
        self._yarn = [
            props.yarn_ball(2 * math.pi * turn / props.YARN_TURNS)
            for turn in range(props.YARN_TURNS)
        ]
        self._shadow = props.soft_shadow(190)
        self._dreams = [props.dream(size) for size in (12, 16, 20)]
        self._clock_second = -1
        self._clock: list[tuple[Sprite, int, int]] = []

    def state(self, unix_s: float) -> CatState:
        """Where the cat is and what she does at `unix_s`."""
        now = story.moment(unix_s)
        sprite, left, top = self._cat(now)
        box = sprite.box
        return CatState(now.activity, (left + box[0], top + box[1], left + box[2], top + box[3]))

    def draw(self, planes: Planes, stamp: StripStamp, unix_s: float) -> None:
        """Fill `planes` (WIDTH_PX x HEIGHT_PX) with the picture of `unix_s`."""
        self._draw_room(planes, stamp.frame_number, unix_s)
        self._draw_clock(planes, unix_s)
        now = story.moment(unix_s)
        lay(planes, self._shadow, round(now.x) - 115, round(now.y) - 26)
        lay(planes, *self._cat(now))
        self._draw_yarn(planes, now)
        if now.activity == "sleep":
            self._draw_dreams(planes, now)
        write_strip(planes[0], stamp)
        planes[1][:24, :256] = planes[2][:24, :256] = 128

    def prepare_one(self) -> bool:
        """Do some 20 ms of drawing ahead of need; False when there is nothing left to do."""
        return self._poses.prepare_one()

    def _cat(self, now: story.Moment) -> tuple[Sprite, int, int]:
        sprite = self._poses.sprite(pose_at(now), faces_right=now.faces_right)
        feet_x = ORIGIN[0] if now.faces_right else sprite.width - ORIGIN[0]
        return sprite, round(now.x - feet_x), round(now.y - ORIGIN[1])

    def _draw_room(self, planes: Planes, frame_number: int, unix_s: float) -> None:
        night = round(darkness(datetime.fromtimestamp(unix_s).astimezone()) * _LIGHT_STEPS)
        turn = frame_number % _GRAINS
        if self._rooms[turn][0] != night:
            self._rooms[turn] = (night, self._mixed(night / _LIGHT_STEPS, self._grain[turn]))
            self._poses.light(1 - (1 - _NIGHT_BRIGHTNESS) * night / _LIGHT_STEPS)
        for plane, room in zip(planes, self._rooms[turn][1], strict=True):
            plane[...] = room

    def _mixed(self, night: float, noise: NDArray[np.int16]) -> Planes:
        part = round(night * 256)
        y, u, v = (
            (by_day.astype(np.uint16) * (256 - part) + by_night.astype(np.uint16) * part) >> 8
            for by_day, by_night in zip(self._day, self._night, strict=True)
        )
        luma = np.clip(y.astype(np.int16) + noise, 16, 235)
        return luma.astype(np.uint8), u.astype(np.uint8), v.astype(np.uint8)

    def _draw_clock(self, planes: Planes, unix_s: float) -> None:
        second = int(unix_s)
        if second != self._clock_second:
            now = datetime.fromtimestamp(second).astimezone()
            x, y = (round(v) - CLOCK_RADIUS_PX for v in CLOCK_CENTRE)
            self._clock = [
                (props.clock_hands(now), x, y),
                (props.digits(now), 1069, 343),
                (props.caption(now), 696, 6),
            ]
            self._clock_second = second
        for sprite, x, y in self._clock:
            lay(planes, sprite, x, y)

    def _draw_yarn(self, planes: Planes, now: story.Moment) -> None:
        rolled = story.yarn_offset(now)
        turn = rolled / props.YARN_RADIUS_PX / (2 * math.pi) * props.YARN_TURNS
        ball = self._yarn[round(turn) % props.YARN_TURNS]
        lay(planes, ball, round(story.YARN_REST_X + rolled) - 32, _YARN_Y - 32)

    def _draw_dreams(self, planes: Planes, now: story.Moment) -> None:
        for number in range(3):
            age = (now.elapsed_s / _DREAM_S + number / 3) % 1
            if now.elapsed_s < _DREAM_S * (1 - number / 3):
                continue
            x = now.x + 96 + 40 * age + 7 * math.sin(7 * age + number)
            lay(planes, self._dreams[int(age * 3)], round(x) - 20, round(now.y - 96 - 96 * age))


def darkness(now: datetime) -> float:
    """0 by day, 1 at night, in between at dawn (6 to 7:30) and dusk (18:30 to 20)."""
    hour = now.hour + now.minute / 60 + now.second / 3600
    return max(min(max((7.5 - hour) / 1.5, 0.0), 1.0), min(max((hour - 18.5) / 1.5, 0.0), 1.0))
