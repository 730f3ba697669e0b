"""Fragmented MP4 for one H.264 track (ISO/IEC 14496-12, 14496-15): one fragment per access unit.

Nothing is held back: libavformat's muxer waits for the next frame to learn how long this one
lasts. Here a fragment gives the measured frame interval instead; the decode time is authoritative.
The parts that a fragment is made of are public, for files with more than one sample in each.
"""

import struct
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from streaming.media.access_unit import AccessUnit
from streaming.media.annexb import nal_type, nal_units
from streaming.media.clock import VIDEO_CLOCK_RATE
from streaming.media.problems import B_FRAMES, CameraProblem
from streaming.media.sps import BadSps, BitReader, SpsInfo, codec_string

_SLICE, _IDR_SLICE, _SPS, _PPS = 1, 5, 7, 8
# Delimiter, end of sequence, end of stream, filler: an MP4 sample is better off without them.
_LEFT_OUT = (9, 10, 11, 12)
# 14496-15 5.3.3.1.2: these profiles tell chroma format and bit depths in avcC.
_PROFILES_WITH_CHROMA = (100, 110, 122)
_B_SLICE_TYPES = (1, 6)
# How nearly all slices begin: ue(0), the picture's first macroblock, then ue of another slice_type
# than B. Reading bits takes longer than all else that is done with a picture.
_FIRST_OF_P_OR_I = frozenset(
    bytes([0x80 | code << (7 - bits) | rest])
    for code, bits in ((1, 1), (3, 3), (6, 5), (8, 7))
    for rest in range(1 << (7 - bits))
)
# 14496-12 8.8.3.1: "depends on nothing", and "depends on others, is no sync sample".
_SYNC_FLAGS, _NON_SYNC_FLAGS = 0x02000000, 0x01010000
_UNITY_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_FIRST_INTERVAL = VIDEO_CLOCK_RATE // 30
# A longer step between two pictures is a gap in the stream, not its frame interval.
_LONGEST_INTERVAL = 6 * VIDEO_CLOCK_RATE
# A step back, or one further ahead than this, is a camera that counts anew.
_LONGEST_GAP = 3600 * VIDEO_CLOCK_RATE


@dataclass(frozen=True, slots=True)
class InitSegment:
    """ftyp and moov for the fragments after it, and what a player must know of them.

    The decode time of those fragments is their media time (90 kHz) minus `pts_origin`.
    """

    data: bytes
    codec: str
    width: int
    height: int
    pts_origin: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """One access unit as moof and mdat; a player needs `init` before it."""

    data: bytes
    is_keyframe: bool
    init: InitSegment


class TrackSample(NamedTuple):
    """What a fragment's head tells of one sample; `duration` in 1/90000 s."""

    duration: int
    size_bytes: int
    is_keyframe: bool


class Fragmenter:
    """Turns the access units of one camera, in order, into fragments. Not thread-safe.

    Parameter sets live in the init segment (sample entry avc1), and a keyframe that brings others
    starts a new one. Decode times only grow, over any restart of the camera: when it counts anew,
    a new init segment with another `pts_origin` makes up for it.
    """

    def __init__(self) -> None:
        self._init: InitSegment | None = None
        self._parameter_sets: list[bytes] = []
        self._awaits_keyframe = True
        self._number = 0
        self._decode_time = 0
        self._interval = _FIRST_INTERVAL

    def fragment(self, unit: AccessUnit) -> Fragment | None:
        """The unit as a fragment; None for one without a picture or that no keyframe precedes.

        Raises CameraProblem(B_FRAMES) for pictures that are not shown in the order they come, and
        BadSps for parameter sets that cannot be read.
        """
        nals = nals_to_keep(unit)
        if not self._can_start_or_follow(unit, nals):
            return None
        assert self._init is not None, "what can follow has something to follow"
        sample = sample_of(nals, self._parameter_sets)
        if not sample:
            self._awaits_keyframe |= unit.is_keyframe
            return None
        decode_time = unit.pts_90k - self._init.pts_origin
        step = decode_time - self._decode_time
        if 0 < step < _LONGEST_INTERVAL:
            self._interval = step
        self._decode_time = decode_time
        self._number += 1
        track = [TrackSample(self._interval, len(sample), unit.is_keyframe)]
        head = moof(self._number, decode_time, track)
        return Fragment(head + box(b"mdat", sample), unit.is_keyframe, self._init)

    def _can_start_or_follow(self, unit: AccessUnit, nals: list[bytes]) -> bool:
        """Whether a decoder can use this unit; after one that it cannot, it needs a keyframe."""
        if unit.is_keyframe:
            self._awaits_keyframe = True
            self._renew_init(unit.pts_90k, parameter_sets_among(nals))
            self._awaits_keyframe = self._init is None
        if self._init is None or not self._follows(unit.pts_90k):
            self._awaits_keyframe = True
        return not self._awaits_keyframe

    def _renew_init(self, pts_90k: int, parameter_sets: list[bytes]) -> None:
        """Another init segment when the keyframe brings other parameter sets or another clock."""
        if not parameter_sets:
            return
        if self._init is None:
            origin = pts_90k
        elif not self._follows(pts_90k):
            origin = pts_90k - self._decode_time - self._interval
        elif parameter_sets != self._parameter_sets:
            origin = self._init.pts_origin
        else:
            return
        self._init = init_segment(parameter_sets, pts_origin=origin)
        self._parameter_sets = parameter_sets

    def _follows(self, pts_90k: int) -> bool:
        """Whether this media time comes after the last fragment's by the same clock."""
        assert self._init is not None
        step = pts_90k - self._init.pts_origin - self._decode_time
        return (1 if self._number else 0) <= step < _LONGEST_GAP


def nals_to_keep(unit: AccessUnit) -> list[bytes]:
    """The NAL units of an access unit without those that a file is better off without."""
    return [nal for nal in nal_units(unit) if nal[0] & 0x1F not in _LEFT_OUT]


def parameter_sets_among(nals: list[bytes]) -> list[bytes]:
    """The SPS and PPS NAL units, each once, in their order; [] unless there are both."""
    sets = list(dict.fromkeys(nal for nal in nals if nal_type(nal) in (_SPS, _PPS)))
    return sets if {nal_type(nal) for nal in sets} == {_SPS, _PPS} else []


def sample_of(nals: list[bytes], parameter_sets: Collection[bytes]) -> bytes:
    """NAL units as a sample, without the parameter sets of its init segment; b"" for no picture.

    Raises CameraProblem(B_FRAMES) for a picture that is not shown in the order it came.
    """
    has_picture = False
    parts: list[bytes] = []
    for nal in nals:
        kind = nal[0] & 0x1F
        if kind in (_SLICE, _IDR_SLICE):
            has_picture = True
            if _is_b_slice(nal):
                raise CameraProblem(B_FRAMES)
        elif nal in parameter_sets:
            continue
        parts += (len(nal).to_bytes(4, "big"), nal)
    return b"".join(parts) if has_picture else b""


def init_segment(parameter_sets: list[bytes], *, pts_origin: int) -> InitSegment:
    """The init segment of a track with these SPS and PPS NAL units, at least one of each.

    Raises BadSps for an SPS that cannot be read.
    """
    sps = next(nal for nal in parameter_sets if nal_type(nal) == _SPS)
    info = SpsInfo.parse(sps)
    data = box(b"ftyp", b"iso6", struct.pack(">I", 1), b"iso6avc1mp41")
    data += _moov(info.width, info.height, _avcc(parameter_sets))
    return InitSegment(data, codec_string(sps), info.width, info.height, pts_origin)


def _avcc(parameter_sets: list[bytes]) -> bytes:
    """AVCDecoderConfigurationRecord (14496-15 5.3.3.1) for NAL units with 4-byte lengths."""
    sps_list = [nal for nal in parameter_sets if nal_type(nal) == _SPS][:31]
    pps_list = [nal for nal in parameter_sets if nal_type(nal) == _PPS][:255]
    sps = sps_list[0]
    record = bytes((1, *sps[1:4], 0xFF, 0xE0 | len(sps_list)))
    record += b"".join(struct.pack(">H", len(nal)) + nal for nal in sps_list)
    record += bytes((len(pps_list),))
    record += b"".join(struct.pack(">H", len(nal)) + nal for nal in pps_list)
    if sps[1] in _PROFILES_WITH_CHROMA:
        bits = BitReader(sps[4:12])
        bits.ue()
        chroma_format, luma_depth, chroma_depth = bits.ue(2), bits.ue(6), bits.ue(6)
        record += bytes((0xFC | chroma_format, 0xF8 | luma_depth, 0xF8 | chroma_depth, 0))
    return record


def _moov(width_px: int, height_px: int, avcc: bytes) -> bytes:
    avc1 = box(
        b"avc1",
        struct.pack(">6xH16x2H", 1, width_px, height_px),
        # 72 dpi, one frame per sample, no compressor name, 24 bit, no colour table.
        struct.pack(">2I4xH32x2H", 0x480000, 0x480000, 1, 24, 0xFFFF),
        box(b"avcC", avcc),
    )
    stbl = box(
        b"stbl",
        full_box(b"stsd", 0, struct.pack(">I", 1), avc1),
        full_box(b"stts", 0, bytes(4)),
        full_box(b"stsc", 0, bytes(4)),
        full_box(b"stsz", 0, bytes(8)),
        full_box(b"stco", 0, bytes(4)),
    )
    # One data entry: the media is in this file.
    dinf = box(b"dinf", full_box(b"dref", 0, struct.pack(">I", 1), full_box(b"url ", 1)))
    mdia = box(
        b"mdia",
        full_box(b"mdhd", 0, struct.pack(">8x2I2H", VIDEO_CLOCK_RATE, 0, 0x55C4, 0)),
        full_box(b"hdlr", 0, struct.pack(">4x4s12x", b"vide"), b"Petcam\0"),
        box(b"minf", full_box(b"vmhd", 1, bytes(8)), dinf, stbl),
    )
    tkhd = struct.pack(">8xI24x", 1) + _UNITY_MATRIX
    tkhd += struct.pack(">2I", width_px << 16, height_px << 16)
    mvhd = struct.pack(">8x2IIH10x", VIDEO_CLOCK_RATE, 0, 0x10000, 0) + _UNITY_MATRIX
    return box(
        b"moov",
        full_box(b"mvhd", 0, mvhd, bytes(24), struct.pack(">I", 2)),
        box(b"trak", full_box(b"tkhd", 3, tkhd), mdia),
        box(b"mvex", full_box(b"trex", 0, struct.pack(">5I", 1, 1, 0, 0, 0))),
    )


def moof(number: int, decode_time: int, samples: Sequence[TrackSample], *more: bytes) -> bytes:
    """The head of a fragment, whose mdat box with its samples follows at once (8.8.4 - 8.8.12).

    `more` are whole boxes that a player skips; they come last in it.
    """
    tfhd = full_box(b"tfhd", 0x020000, struct.pack(">I", 1))
    tfdt = full_box(b"tfdt", 0, struct.pack(">Q", decode_time), version=1)
    mfhd = full_box(b"mfhd", 0, struct.pack(">I", number & 0xFFFFFFFF))
    trun_bytes = 20 + 12 * len(samples)
    traf_bytes = 8 + len(tfhd) + len(tfdt) + trun_bytes
    moof_bytes = 8 + len(mfhd) + traf_bytes + sum(map(len, more))
    # The data lies behind this box and the head of the mdat box.
    trun = struct.pack(">Ii", len(samples), moof_bytes + 8)
    entries = [
        struct.pack(">III", duration, size_bytes, _SYNC_FLAGS if is_keyframe else _NON_SYNC_FLAGS)
        for duration, size_bytes, is_keyframe in samples
    ]
    traf = box(b"traf", tfhd, tfdt, full_box(b"trun", 0x000701, trun, *entries))
    return box(b"moof", mfhd, traf, *more)


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box (14496-12 4.2) of these parts."""
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full_box(kind: bytes, flags: int, *parts: bytes, version: int = 0) -> bytes:
    """A box with version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def _is_b_slice(nal: bytes) -> bool:
    """Whether slice_type (H.264 7.3.3) says B; a header cut short says nothing."""
    if nal[1:2] in _FIRST_OF_P_OR_I:
        return False
    header = BitReader(nal[1:9])
    try:
        header.ue()
        return header.ue() in _B_SLICE_TYPES
    except BadSps:
        return False
