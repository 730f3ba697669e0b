"""How a segment file lies on disk: what its writer writes and its scanner reads.

    ftyp  uuid (the tag)  moov  { moof [mfhd traf(tfhd tfdt trun) uuid (the check)]  mdat } ...

Nothing follows the last fragment, so that a file is as good while it grows as when it is whole.
The tag says whose file it is, so that a database that was lost can be made again from the files;
the check is a CRC of its fragment, so that a power cut is found however the disk reordered it.
Players skip both.
"""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from streaming.media.access_unit import AccessUnit
from streaming.media.fmp4 import (
    TrackSample,
    box,
    init_segment,
    moof,
    nals_to_keep,
    parameter_sets_among,
)
from streaming.media.sps import BadSps

TAG_TYPE = UUID("7a1c5f0e-93d4-4c57-9a0b-0d6e3b1f2c88").bytes
CHECK_TYPE = UUID("c2f4b6d8-5a1e-4b73-8f0d-6e9a7c3b1d55").bytes
TAG_VERSION = 1
LONGEST_BOOT_BYTES = 256
LARGEST_INIT = 64 * 1024
# version, camera, pts_origin, wall clock at media time 0 (Unix, ms), segment
TAG = struct.Struct(">B3xQqq16s")
CRC = struct.Struct(">I")
BOX_HEAD = struct.Struct(">I4s")
_DECODE_TIME = struct.Struct(">Q")
# The heads of moof, traf and tfdt, mfhd and tfhd as fmp4.moof writes them.
_DECODE_TIME_AT = 8 + 16 + 8 + 16 + 12


class NoSegmentHere(ValueError):
    """No segment can begin at this access unit: it is no keyframe with readable SPS and PPS."""


@dataclass(frozen=True, slots=True)
class SegmentTag:
    """Whose file it is. `boot` and `zero_unix_ms` (the wall clock at media time 0, as it was known
    when the file began) tie its media times to the wall clock."""

    segment: UUID
    camera_id: int
    boot: str
    zero_unix_ms: int


@dataclass(frozen=True, slots=True)
class SegmentHead:
    """What is known of a segment from its first `init_bytes`.

    The decode time in its fragments is the media time (90 kHz) minus `pts_origin`.
    """

    tag: SegmentTag
    codec: str
    width: int
    height: int
    pts_origin: int
    init_bytes: int


@dataclass(frozen=True, slots=True)
class SegmentStart:
    """A segment that is about to be written. `init` is its first bytes."""

    head: SegmentHead
    init: bytes
    parameter_sets: tuple[bytes, ...]


class FragmentEntry(NamedTuple):
    """Where a fragment lies in its file, and the media times (90 kHz) that its frames last."""

    offset: int
    size: int
    first_90k: int
    end_90k: int
    frames: int
    starts_with_keyframe: bool


def segment_start(tag: SegmentTag, first: AccessUnit) -> SegmentStart:
    """The beginning of a segment whose first access unit this is. Raises NoSegmentHere."""
    sets = parameter_sets_among(nals_to_keep(first))
    try:
        init = init_segment(sets, pts_origin=first.pts_90k)
    except (BadSps, StopIteration) as error:
        raise NoSegmentHere(str(error) or "it brings no parameter sets") from None
    if not first.is_keyframe:
        raise NoSegmentHere("it is no keyframe")
    ftyp_bytes = int.from_bytes(init.data[:4], "big")
    data = init.data[:ftyp_bytes] + _tag_box(tag, first.pts_90k) + init.data[ftyp_bytes:]
    if len(data) > LARGEST_INIT:
        raise NoSegmentHere("its parameter sets are too long")
    head = SegmentHead(tag, init.codec, init.width, init.height, first.pts_90k, len(data))
    return SegmentStart(head, data, tuple(sets))


def fragment_parts(
    number: int, decode_time: int, track: Sequence[TrackSample], samples: Sequence[bytes]
) -> list[bytes]:
    """A fragment, ready for `writev`: moof and the head of mdat, then the samples as they are."""
    blank = box(b"uuid", CHECK_TYPE, bytes(CRC.size))
    head = moof(number, decode_time, track, blank)[: -CRC.size]
    crc = check_of(head, samples)
    mdat_bytes = BOX_HEAD.size + sum(len(sample) for sample in samples)
    return [head + CRC.pack(crc) + BOX_HEAD.pack(mdat_bytes, b"mdat"), *samples]


def decode_time_of(entry: FragmentEntry, decode_time: int) -> tuple[int, bytes]:
    """Where in the file the decode time of a fragment lies, and these bytes for another one."""
    return entry.offset + _DECODE_TIME_AT, _DECODE_TIME.pack(decode_time)


def check_of(moof_before_crc: bytes, samples: Sequence[bytes | memoryview]) -> int:
    """The CRC-32 of a fragment: of its moof but the last four bytes, then of its samples."""
    crc = zlib.crc32(moof_before_crc)
    for sample in samples:
        crc = zlib.crc32(sample, crc)
    return crc


def _tag_box(tag: SegmentTag, pts_origin: int) -> bytes:
    fields = TAG.pack(TAG_VERSION, tag.camera_id, pts_origin, tag.zero_unix_ms, tag.segment.bytes)
    return box(b"uuid", TAG_TYPE, fields, tag.boot.encode()[:LONGEST_BOOT_BYTES])
