"""H.264 made for tests: a real encoder's access units, and NAL units of a shape."""

import functools
from fractions import Fraction

import av
import numpy as np

START = b"\x00\x00\x00\x01"
# Parameter sets of libx264, 1280x720 High with VUI.
SPS = bytes.fromhex("6764001facd9405005bb016a02020280000003008000001e478c18cb")
PPS = bytes.fromhex("68ebecb22c")
IDR = b"\x65\x88\x84" + b"idr picture" * 9
SLICE = b"\x41\x9a\x24" + b"other picture" * 7


def unit(*nals: bytes) -> bytes:
    """The byte stream of these NAL units."""
    return b"".join(START + nal for nal in nals)


@functools.cache
def encoded(
    frames: int = 30, width: int = 320, height: int = 240, gop: int = 10
) -> tuple[bytes, ...]:
    """Access units of a moving picture, Annex B, parameter sets before each keyframe."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base = Fraction(1, 30)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "g": str(gop)}
    units = []
    for number in range(frames):
        picture = np.full((height, width, 3), number * 5 % 256, np.uint8)
        picture[:, number * 4 % width :][:, :40] = (255, 40, 90)
        frame = av.VideoFrame.from_ndarray(picture, "rgb24")
        frame.pts = number
        units += [bytes(packet) for packet in encoder.encode(frame)]
    units += [bytes(packet) for packet in encoder.encode(None)]
    return tuple(units)
