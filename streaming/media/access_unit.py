"""The one thing that travels: a coded picture with its time."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One H.264 access unit (ITU-T H.264 7.4.1.2), or one JPEG picture in a JPEG ring.

    `data` is Annex B with a start code before each NAL unit. `capture_ns` is CLOCK_MONOTONIC.
    `pts_90k` is the media time derived from it, in 1/90000 s, not wrapped: the number that RTP
    timestamps, fragments and detections share. `sequence` counts the access units of one ring
    epoch from 0. `nals` is where each NAL unit begins and ends in `data`, () for not looked yet:
    whoever gives other data to `replace` gives both.
    """

    data: bytes
    capture_ns: int
    pts_90k: int
    is_keyframe: bool
    width: int
    height: int
    sensor: int = 0
    sequence: int = 0
    nals: tuple[tuple[int, int], ...] = field(default=(), compare=False, repr=False)
