"""What a detector should have seen on the demo camera, and how well it did."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from av.video.frame import VideoFrame

from detections.vision.boxes import Box, overlap
from detections.vision.seen import SeenFrame
from streaming.media.access_unit import AccessUnit
from streaming.media.annexb import is_keyframe
from streaming.media.clock import VIDEO_CLOCK_RATE
from streaming.media.demo.camera import BITS_PER_S, planes_of_frame
from streaming.media.demo.room import HEIGHT_PX, WIDTH_PX
from streaming.media.demo.scene import CatState, Scene
from streaming.media.encoder import EncoderConfig, LiveEncoder
from streaming.media.strip import StripStamp
from tests.e2e.browser import percentile

# A box is right when it is hers, and overlaps where she is by so much.
RIGHT = 0.5


def box_of(cat: CatState) -> Box:
    """Where the cat is, in shares of the picture."""
    left, top, right, bottom = cat.box
    return Box(
        left / WIDTH_PX, top / HEIGHT_PX, (right - left) / WIDTH_PX, (bottom - top) / HEIGHT_PX
    )


def unix_s(t_90k: int) -> float:
    """The wall clock time of a media time of this machine."""
    return time.time() - time.monotonic() + t_90k / VIDEO_CLOCK_RATE


@dataclass
class Score:
    """Of many pictures, each with one cat."""

    found: int = 0
    missed: int = 0
    wrong: int = 0
    overlaps: list[float] = field(default_factory=list)
    # Moments that went wrong, for whoever wants to know.
    trouble: list[str] = field(default_factory=list)

    def add(self, frame: SeenFrame, cat: CatState) -> None:
        """Compare what was seen in a picture with the truth at its media time."""
        truth = box_of(cat)
        overlaps = [overlap(one.box, truth) if one.label == "cat" else 0.0 for one in frame.seen]
        best = max(overlaps, default=0.0)
        is_found = best >= RIGHT
        self.found += is_found
        self.missed += not is_found
        self.wrong += len(overlaps) - is_found
        if is_found:
            self.overlaps.append(best)
        if not is_found or len(overlaps) > 1:
            seen = ", ".join(f"{one.label} {one.score:.2f}" for one in frame.seen)
            self.trouble.append(f"{cat.activity}: {seen or 'nobody'}, overlap {best:.2f}")

    @property
    def precision(self) -> float:
        """The share of boxes that are right."""
        return self.found / max(self.found + self.wrong, 1)

    @property
    def recall(self) -> float:
        """The share of pictures in which she was found."""
        return self.found / max(self.found + self.missed, 1)

    @property
    def words(self) -> str:
        """All of it in a line."""
        p50, p10 = (percentile(self.overlaps or [0.0], share) for share in (0.5, 0.1))
        return (
            f"precision {self.precision:.3f}, recall {self.recall:.3f} "
            f"(n={self.found + self.missed}, overlap p50 {p50:.2f}, p10 {p10:.2f})"
        )


def demo_film(
    from_unix_s: float, seconds: float, fps: int
) -> Iterator[tuple[AccessUnit, CatState]]:
    """The demo camera's pictures, drawn and encoded as it does, and the truth about each."""
    scene, encoder = Scene(), LiveEncoder(EncoderConfig(WIDTH_PX, HEIGHT_PX, fps, BITS_PER_S))
    picture = VideoFrame(WIDTH_PX, HEIGHT_PX, "yuv420p")
    planes = planes_of_frame(picture)
    for number in range(round(seconds * fps)):
        at_s = from_unix_s + number / fps
        pts = number * VIDEO_CLOCK_RATE // fps
        scene.draw(planes, StripStamp(number, round(at_s * 1000), 1), at_s)
        data = encoder.encode(picture, pts)
        unit = AccessUnit(data, pts * 100_000 // 9, pts, is_keyframe(data), WIDTH_PX, HEIGHT_PX)
        yield unit, scene.state(at_s)
