"""JPEG pictures out of H.264 for viewers that can play nothing better."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import av
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext

from streaming.media.access_unit import AccessUnit

# Pictures that a decoder may keep back to bring them into order (H.264 A.3.1), and some more.
_REMEMBERED_UNITS = 64


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture and the access unit that it came from."""

    frame: av.VideoFrame
    unit: AccessUnit


class PictureDecoder:
    """Decodes one camera's access units in order. For one thread at a time; free it by `del`.

    Starts at a keyframe and, after data that cannot be decoded, again at the next one.
    `decoded_frames` counts what it cost.
    """

    def __init__(self) -> None:
        self.decoded_frames = 0
        self._codec: VideoCodecContext | None = None
        self._units: dict[int, AccessUnit] = {}

    def decode(self, units: Iterable[AccessUnit]) -> Picture | None:
        """The newest picture that `units` complete; None when there is none."""
        newest = None
        for unit in units:
            if unit.is_keyframe and self._codec is None:
                self._codec = _low_delay_decoder()
            newest = self._decoded(unit.data, unit) or newest
        return newest

    def flush(self) -> Picture | None:
        """The newest picture that was kept back, if any; then it needs a keyframe again."""
        picture = self._decoded(None, None)
        self._codec = None
        self._units.clear()
        return picture

    def _decoded(self, data: bytes | None, unit: AccessUnit | None) -> Picture | None:
        if self._codec is None:
            return None
        packet = None
        if data is not None and unit is not None:
            packet = av.Packet(data)
            packet.pts = packet.dts = unit.pts_90k
            self._remember(unit)
        try:
            frames = self._codec.decode(packet)
        except av.FFmpegError:
            self._codec = None
            return None
        self.decoded_frames += len(frames)
        for frame in reversed(frames):
            source = self._units.get(frame.pts) if frame.pts is not None else None
            if source is not None:
                return Picture(frame, source)
        return None

    def _remember(self, unit: AccessUnit) -> None:
        self._units[unit.pts_90k] = unit
        if len(self._units) > _REMEMBERED_UNITS:
            del self._units[next(iter(self._units))]


def _low_delay_decoder() -> VideoCodecContext:
    codec = VideoCodecContext.create("h264", "r")
    # Without it a stream that does not rule out reordering gives every picture frames late.
    codec.flags |= Flags.low_delay
    # One thread: pictures must not wait for others, nor take the cores of those who watch live.
    codec.thread_count = 1
    return codec


def encode_jpeg(frame: av.VideoFrame, *, max_width_px: int = 1280, quality: int = 4) -> bytes:
    """`frame` as JPEG, no wider than `max_width_px`; `quality` from 2 (best) to 31.

    Raises av.FFmpegError for a picture that cannot be encoded.
    """
    scale = min(1.0, max_width_px / frame.width)
    # Even sizes: the chroma planes are half as wide and high.
    width_px = max(2, round(frame.width * scale / 2) * 2)
    height_px = max(2, round(frame.height * scale / 2) * 2)
    picture = frame.reformat(width=width_px, height=height_px, format="yuvj420p")
    codec = VideoCodecContext.create("mjpeg", "w")
    codec.width, codec.height, codec.pix_fmt = width_px, height_px, "yuvj420p"
    codec.time_base = Fraction(1, 25)
    codec.flags |= Flags.qscale
    codec.options = {"qmin": str(quality), "qmax": str(quality)}
    picture.pts = 0
    return b"".join(bytes(packet) for packet in [*codec.encode(picture), *codec.encode(None)])
