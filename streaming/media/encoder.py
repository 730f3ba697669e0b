"""H.264 for live viewing: what the demo camera and the owner's opt-in conversion use."""

from dataclasses import dataclass
from fractions import Fraction

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from streaming.media.clock import VIDEO_CLOCK_RATE


@dataclass(frozen=True, slots=True)
class EncoderConfig:
    """`bits_per_s` is the mean that the encoder keeps; a keyframe stays under 0.4 s of it."""

    width: int
    height: int
    fps: int
    bits_per_s: int
    preset: str = "ultrafast"


class LiveEncoder:
    """libx264 without look-ahead, B-frames or extra slices: each picture in is one out at once.

    A keyframe with its SPS and PPS comes every second of media time, however many pictures that
    second has. Not thread-safe.
    """

    def __init__(self, config: EncoderConfig) -> None:
        context = av.CodecContext.create("libx264", "w")
        assert isinstance(context, VideoCodecContext)
        context.width, context.height = config.width, config.height
        context.pix_fmt = "yuv420p"
        context.time_base = Fraction(1, VIDEO_CLOCK_RATE)
        context.framerate = Fraction(config.fps)
        context.bit_rate = config.bits_per_s
        # 1: BT.709 in all three; limited range.
        context.color_primaries = context.color_trc = context.colorspace = 1
        context.color_range = 1
        context.thread_count = 1
        kbps = config.bits_per_s // 1000
        context.options = {
            "preset": config.preset,
            "tune": "zerolatency",
            "profile": "baseline",
            "forced-idr": "1",
            "x264-params": f"keyint={2 * config.fps}:min-keyint=1:scenecut=0:bframes=0:"
            f"vbv-maxrate={kbps * 11 // 10}:vbv-bufsize={kbps // 2}:qpmin=8",
        }
        context.open()
        self._context = context
        self._keyframe_due_90k: int | None = None
        # Half a picture early rather than a whole one late.
        self._tolerance_90k = VIDEO_CLOCK_RATE // config.fps // 2

    def encode(self, picture: VideoFrame, pts_90k: int, *, as_keyframe: bool = False) -> bytes:
        """The access unit (Annex B) of `picture`; empty if the encoder holds it back."""
        due = self._keyframe_due_90k
        is_due = as_keyframe or due is None or pts_90k >= due - self._tolerance_90k
        if is_due:
            self._keyframe_due_90k = pts_90k + VIDEO_CLOCK_RATE
        picture.pict_type = PictureType.I if is_due else PictureType.NONE
        picture.pts = pts_90k
        picture.time_base = Fraction(1, VIDEO_CLOCK_RATE)
        return b"".join(bytes(packet) for packet in self._context.encode(picture))
