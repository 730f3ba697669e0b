"""One camera's pictures through decoder, motion gate and detector."""

from collections.abc import Sequence
from dataclasses import dataclass

import av
import numpy as np
from av.video.reformatter import Interpolation

from detections.vision.detector import Detector, Picture
from detections.vision.looking import Looking
from detections.vision.motion import Grey, MotionGate
from detections.vision.seen import Seen, SeenFrame
from streaming.media.access_unit import AccessUnit
from streaming.media.clock import VIDEO_CLOCK_RATE
from streaming.media.jpeg import PictureDecoder

# While nothing changes, a look this often; so often after a change, for the room has some sides.
STILL_LOOK_90K = 5 * VIDEO_CLOCK_RATE
_LOOKS_AFTER_CHANGE = 5
# Nobody there and nothing moving for so long: keyframes are enough to notice the next one.
_IDLE_AFTER_90K = 10 * VIDEO_CLOCK_RATE
# Motion is looked for in a small picture, animals in one that is no larger than this.
_GREY_WIDTH_PX, _MOST_WIDTH_PX = 320, 1280
_HD_HEIGHT_PX = 720


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What is in a picture. `was_looked_at`: the detector was asked, on this very picture.

    Else it shows the same as the one that was: no part of it differs beyond the sensor's noise.
    `moving` is the share of the picture in which something moves; a lamp that is switched on, or
    a camera that is turned, is no motion.
    """

    frame: SeenFrame
    was_looked_at: bool
    moving: float


@dataclass(slots=True)
class Costs:
    """What it took: decoded pictures, those that were judged, and looks of the detector."""

    decoded: int = 0
    judged: int = 0
    looks: int = 0


class Eyes:
    """Judges pictures, in time order. Not thread-safe, and for any one thread at a time."""

    def __init__(self, detector: Detector) -> None:
        self._decoder = PictureDecoder()
        self._gate = MotionGate()
        self._looking = Looking(detector)
        self._seen: tuple[Seen, ...] = ()
        self._looked_90k = self._busy_90k = 0
        self._looks_left = _LOOKS_AFTER_CHANGE
        self._judged = 0
        # Nobody is there: whoever has little time may show keyframes only.
        self.is_idle = False

    @property
    def costs(self) -> Costs:
        return Costs(self._decoder.decoded_frames, self._judged, self._looking.looks)

    def see(self, units: Sequence[AccessUnit]) -> Glimpse | None:
        """Takes in all `units` and judges the newest picture; None when they make none.

        The first ever, and the first after a gap, is a keyframe.
        """
        picture = self._decoder.decode(units)
        if picture is None:
            return None
        self._judged += 1
        return self._judge(picture.frame, picture.unit.pts_90k)

    def _judge(self, frame: av.VideoFrame, t_90k: int) -> Glimpse:
        grey = grey_of(frame)
        motion = self._gate.look(grey)
        if not motion.is_as_kept:
            self._looks_left = _LOOKS_AFTER_CHANGE
        is_due = self._looks_left > 0 or t_90k - self._looked_90k >= STILL_LOOK_90K
        if is_due:
            self._looks_left -= 1
            self._looked_90k = t_90k
            self._seen = tuple(self._looking.find(picture_of(frame), motion))
            self._gate.keep(grey)
        if self._seen or motion.parts or motion.is_new_light:
            self._busy_90k = t_90k
        self.is_idle = t_90k - self._busy_90k >= _IDLE_AFTER_90K
        moving = 0.0 if motion.is_new_light else motion.share
        return Glimpse(SeenFrame(t_90k, self._seen), is_due, moving)


def picture_of(frame: av.VideoFrame) -> Picture:
    """The frame in RGB, not larger than a detector has use for."""
    width = min(frame.width, _MOST_WIDTH_PX)
    height = max(2, round(frame.height * width / frame.width))
    rgb = frame.reformat(
        width=width, height=height, format="rgb24", src_colorspace=_colour_space(frame)
    )
    return np.asarray(rgb.to_ndarray(), np.uint8)


def grey_of(frame: av.VideoFrame) -> Grey:
    """The frame's brightness, small."""
    height = max(2, round(frame.height * _GREY_WIDTH_PX / frame.width))
    # The mean of an area: the sensor's noise goes with it.
    grey = frame.reformat(
        width=_GREY_WIDTH_PX, height=height, format="gray", interpolation=Interpolation.AREA
    )
    return np.asarray(grey.to_ndarray(), np.uint8)


def _colour_space(frame: av.VideoFrame) -> str:
    """What cameras mean that do not say: HD is BT.709, less is BT.601."""
    return "ITU709" if frame.height >= _HD_HEIGHT_PX else "ITU601"
