"""From a container's packets to H.264 that browsers play live: copied, or converted if asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from av.bitstream import BitStreamFilterContext
from av.container.input import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from streaming.media.encoder import EncoderConfig, LiveEncoder
from streaming.media.problems import B_FRAMES, H265, OTHER_CODEC, CameraProblem
from streaming.media.sources.errors import named

DEFAULT_FPS = 25
_SECOND_NS = 1_000_000_000
# A step back in time by less than this is reordering; by more, the camera's clock was set.
_REORDERING_NS = _SECOND_NS
_BITS_PER_PIXEL = 0.075


@dataclass(frozen=True, slots=True)
class Picture:
    """One access unit (Annex B) with the source's own time."""

    data: bytes
    pts_ns: int


class Passage(Protocol):
    """What becomes of the packets of one stream. A copy cannot heed `is_keyframe_wanted`."""

    is_keyframe_wanted: bool

    def pictures(self, packet: "Packet[VideoStream]") -> Iterator[Picture]:
        """The access units that `packet` makes complete. Raises CameraProblem."""
        ...


def passage_for(stream: VideoStream, *, converts: bool) -> Passage:
    """How this stream gets through. Raises CameraProblem if it needs what the owner forbids."""
    name = stream.codec_context.name
    if converts:
        return Conversion(stream)
    if name != "h264":
        raise CameraProblem(H265 if name == "hevc" else OTHER_CODEC, name)
    return Copy(stream)


def packets(container: InputContainer, stream: VideoStream) -> "Iterator[Packet[VideoStream]]":
    """The stream's packets until its end. Raises CameraProblem, STALLED when none come."""
    demuxed = container.demux(stream)
    while True:
        with named(opening=False):
            packet = next(demuxed, None)
        if packet is None:
            return
        if packet.size:
            yield packet


def frames_per_s(stream: VideoStream) -> float:
    """What the stream says of its rate, within reason."""
    rate = float(stream.average_rate or stream.guessed_rate or DEFAULT_FPS)
    return rate if 1 <= rate <= 240 else DEFAULT_FPS


class Timeline:
    """Gives every picture a time: its own, or one interval after the one before."""

    def __init__(self, stream: VideoStream) -> None:
        self._tick_ns = (stream.time_base or 1) * _SECOND_NS
        self._interval_ns = round(_SECOND_NS / frames_per_s(stream))
        self._last_ns = -self._interval_ns

    def pts_ns(self, pts: int | None) -> int:
        """The time of a picture whose timestamp is `pts`, None if it has none."""
        if pts is None:
            self._last_ns += self._interval_ns
        else:
            self._last_ns = int(pts * self._tick_ns)
        return self._last_ns


class Copy:
    """H.264 as it is, as Annex B. Raises CameraProblem at the first reordered picture."""

    is_keyframe_wanted = False

    def __init__(self, stream: VideoStream, *, allows_reordering: bool = False) -> None:
        self._allows_reordering = allows_reordering
        self._timeline = Timeline(stream)
        self._last_ns: int | None = None
        # Files keep lengths before NAL units and the parameter sets apart (ISO/IEC 14496-15).
        extradata = stream.codec_context.extradata or b""
        has_lengths = extradata[:1] == b"\x01"
        self._filter = BitStreamFilterContext("h264_mp4toannexb", stream) if has_lengths else None

    def pictures(self, packet: "Packet[VideoStream]") -> Iterator[Picture]:
        """The packet itself."""
        with named(opening=False):
            whole = [packet] if self._filter is None else self._filter.filter(packet)
        for each in whole:
            pts_ns = self._timeline.pts_ns(each.pts)
            back_ns = 0 if self._last_ns is None else self._last_ns - pts_ns
            if 0 < back_ns < _REORDERING_NS and not self._allows_reordering:
                raise CameraProblem(B_FRAMES)
            self._last_ns = pts_ns
            yield Picture(bytes(each), pts_ns)


class Conversion:
    """Decoded and encoded again as H.264 without B-frames."""

    is_keyframe_wanted = False

    def __init__(self, stream: VideoStream) -> None:
        self._stream = stream
        self._timeline = Timeline(stream)
        self._encoder: LiveEncoder | None = None
        self._size = (0, 0)
        stream.codec_context.thread_count = 1

    def pictures(self, packet: "Packet[VideoStream]") -> Iterator[Picture]:
        """One access unit for each picture that can be shown now."""
        with named(opening=False):
            decoded = packet.decode()
        for frame in decoded:
            if isinstance(frame, VideoFrame):
                pts_ns = self._timeline.pts_ns(frame.pts)
                if data := self._encode(frame, pts_ns):
                    yield Picture(data, pts_ns)

    def _encode(self, frame: VideoFrame, pts_ns: int) -> bytes:
        width, height = frame.width // 2 * 2, frame.height // 2 * 2
        if self._encoder is None or self._size != (width, height):
            fps = max(1, round(frames_per_s(self._stream)))
            bits_per_s = round(width * height * fps * _BITS_PER_PIXEL)
            self._encoder = LiveEncoder(EncoderConfig(width, height, fps, bits_per_s))
            self._size = (width, height)
        picture = frame.reformat(width, height, "yuv420p")
        pts_90k = pts_ns * 9 // 100_000
        return self._encoder.encode(picture, pts_90k, as_keyframe=self.is_keyframe_wanted)
