"""Which of the cat's poses belongs to a moment, drawn once and kept."""

from collections.abc import Iterator

from PIL import Image, ImageEnhance

from streaming.media.demo.cat import WALK_FRAMES, CatPainter
from streaming.media.demo.sprite import Sprite, sprite_of
from streaming.media.demo.story import PAT_S, Activity, Moment

Pose = tuple[Activity, int]

_FRAMES: dict[Activity, int] = {
    "sit": 9, "walk": WALK_FRAMES, "play": 16, "eat": 8, "sleep": 12,
}  # fmt: skip
_PERIOD_S: dict[Activity, float] = {
    "sit": 3.2, "walk": 1.0, "play": PAT_S, "eat": 0.8, "sleep": 4.0,
}  # fmt: skip
_BLINK = 8
_BLINK_S = 0.14


def pose_at(now: Moment) -> Pose:
    """The pose of the cat in the film of her current activity."""
    frames, period_s = _FRAMES[now.activity], _PERIOD_S[now.activity]
    if now.activity == "sit":
        if (now.elapsed_s + 1.1) % 2.3 < _BLINK_S:
            return "sit", _BLINK
        frames -= 1
    return now.activity, int(now.elapsed_s / period_s * frames) % frames


class PoseBook:
    """Every pose as a sprite. Drawing one takes some 20 ms, so each is drawn once.

    `brightness` is the light on the cat now. Not thread-safe.
    """

    def __init__(self) -> None:
        self._painter = CatPainter()
        self._pictures: dict[Pose, Image.Image] = {}
        self._sprites: dict[tuple[Pose, bool], Sprite] = {}
        self._brightness = 1.0
        self._to_draw = self._all_poses()

    def light(self, brightness: float) -> None:
        """Show her in this light from now on."""
        if brightness != self._brightness:
            self._brightness = brightness
            self._sprites.clear()

    def sprite(self, pose: Pose, *, faces_right: bool) -> Sprite:
        """The pose, drawn now if it never was."""
        key = (pose, faces_right)
        if key not in self._sprites:
            picture = ImageEnhance.Brightness(self._picture(pose)).enhance(self._brightness)
            right = sprite_of(picture)
            self._sprites[pose, True] = right
            self._sprites[pose, False] = right.mirrored()
        return self._sprites[key]

    def prepare_one(self) -> bool:
        """Draw one pose that will be needed later; False when all are drawn."""
        pose = next(self._to_draw, None)
        if pose is None:
            return False
        self.sprite(pose, faces_right=True)
        return True

    def _all_poses(self) -> Iterator[Pose]:
        for activity, frames in _FRAMES.items():
            for number in range(frames):
                if (activity, number) not in self._pictures:
                    yield activity, number

    def _picture(self, pose: Pose) -> Image.Image:
        if pose not in self._pictures:
            self._pictures[pose] = self._draw(pose)
        return self._pictures[pose]

    def _draw(self, pose: Pose) -> Image.Image:
        activity, number = pose
        phase = number / _FRAMES[activity]
        match activity:
            case "walk":
                return self._painter.walk(phase)
            case "eat":
                return self._painter.eat(phase)
            case "play":
                return self._painter.play(phase)
            case "sleep":
                return self._painter.sleep(phase)
            case "sit":
                return self._painter.sit(number / (_FRAMES["sit"] - 1), blinks=number == _BLINK)
