"""Real H.264 to test with: a moving test picture, encoded here and now."""

from fractions import Fraction

import av
from av.video.frame import PictureType

from streaming.media.access_unit import AccessUnit

TICKS_PER_FRAME = 3000


def encoded_units(
    count: int,
    *,
    width: int = 320,
    height: int = 240,
    gop: int = 15,
    profile: str = "high",
    b_frames: int = 0,
    first_pts_90k: int = 0,
) -> list[AccessUnit]:
    """`count` access units at 30 fps, SPS and PPS before each keyframe."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.gop_size = Fraction(1, 30), gop
    encoder.max_b_frames = b_frames
    encoder.options = {
        "profile": profile,
        "preset": "veryfast",
        "x264-params": "scenecut=0:repeat-headers=1:sync-lookahead=0:rc-lookahead=0",
    }
    packets = []
    with av.open(f"testsrc2=size={width}x{height}:rate=30", format="lavfi") as source:
        for number, frame in zip(range(count), source.decode(video=0), strict=False):
            picture = frame.reformat(format="yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, 30)
            picture.pict_type = PictureType.NONE
            packets += encoder.encode(picture)
    packets += encoder.encode(None)
    return [
        AccessUnit(
            data=bytes(packet),
            capture_ns=(first_pts_90k + number * TICKS_PER_FRAME) * 100_000 // 9,
            pts_90k=first_pts_90k + number * TICKS_PER_FRAME,
            is_keyframe=packet.is_keyframe,
            width=width,
            height=height,
            sequence=number,
        )
        for number, packet in enumerate(packets)
    ]


def decoded_pictures(data: list[bytes]) -> list[bytes]:
    """The raw pictures of an Annex B stream."""
    decoder = av.CodecContext.create("h264", "r")
    frames = [frame for part in data for frame in decoder.decode(av.Packet(part))]
    return [frame.to_ndarray().tobytes() for frame in [*frames, *decoder.decode(None)]]
