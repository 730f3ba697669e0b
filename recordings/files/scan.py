"""Reads what a segment file holds, whoever wrote it and wherever the power was cut.

Only the heads of boxes are read, a few kilobytes at a time: a file may lie about every number in it
and costs no more than its size. Media is read only to check it.
"""

import hashlib
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from uuid import UUID

from recordings.files.disk import OS_FILES, Files
from recordings.files.faultpoints import faultpoint
from recordings.files.layout import (
    BOX_HEAD,
    CHECK_TYPE,
    CRC,
    LARGEST_INIT,
    TAG,
    TAG_TYPE,
    TAG_VERSION,
    FragmentEntry,
    SegmentHead,
    SegmentTag,
)
from recordings.files.names import open_regular
from recordings.files.writer import DIGEST_BYTES
from streaming.media.clock import VIDEO_CLOCK_RATE
from streaming.media.sps import BadSps, SpsInfo, codec_string

NOT_OURS = "it is not a segment of Petcam's"
TORN = "it ends within a fragment"
STRANGE = "what follows its last fragment is none"
DAMAGED = "what some fragments hold has changed"
TOO_MANY = "it has more fragments than any segment"
MOST_FRAGMENTS = 65_536
# What a power cut can have taken, though fragments after it are there: it was not synced yet.
UNSYNCED_90K = 5 * VIDEO_CLOCK_RATE

_LARGEST_MOOF = 64 * 1024
_USUAL_MOOF = 2048
_CHUNK = 1024 * 1024
_LATEST_90K = 2**61
_CRC_AT = BOX_HEAD.size + len(CHECK_TYPE)
_SYNC_FLAGS, _TRUN_FLAGS, _TFHD_FLAGS, _TFDT_V1 = 0x02000000, 0x000701, 0x020000, 0x01000000
_TO_STBL = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
# The fields before the boxes in stsd and avc1.
_STSD_BYTES, _AVC1_BYTES = 8, 78


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a file holds: `fragments` are whole, one after the other, and end at `whole_bytes`.

    `problem` is "" when that is all of it. `damaged` are the numbers of those that fail their check
    (known only where they were checked), `cut_bytes` is what a repair took off the end. `digest` is
    the BLAKE2b of all that is whole but its samples.
    """

    head: SegmentHead | None
    fragments: list[FragmentEntry]
    whole_bytes: int
    problem: str
    damaged: tuple[int, ...] = ()
    cut_bytes: int = 0
    digest: bytes = b""

    @property
    def frames(self) -> int:
        return sum(fragment.frames for fragment in self.fragments)

    @property
    def end_90k(self) -> int:
        """Where the last frame ends; without frames, the origin."""
        if self.fragments:
            return self.fragments[-1].end_90k
        return self.head.pts_origin if self.head else 0


class _Bad(Exception):
    """These bytes are not what they should be; the message is a problem."""


def scan(source: Path | int, *, upto_bytes: int | None = None, is_checked: bool = False) -> Scanned:
    """What a file (a path, or one open for reading) holds within its first `upto_bytes`.

    With `is_checked` all of it is read and each fragment's check is compared. Raises OSError as the
    disk does, FileNotFoundError also for links and for what is no file; never for what is in it.
    """
    with _opened(source) as fd:
        size = os.fstat(fd).st_size
        if upto_bytes is not None:
            size = min(size, upto_bytes)
        try:
            first = os.pread(fd, min(size, LARGEST_INIT), 0)
            head = _head_of(first)
        except (_Bad, BadSps, struct.error, IndexError):
            return Scanned(None, [], 0, NOT_OURS)
        digest = hashlib.blake2b(first[: head.init_bytes], digest_size=DIGEST_BYTES)
        return _Walk(fd, size, head, digest, is_checked).scanned()


def repair(path: Path, *, files: Files = OS_FILES) -> Scanned:
    """Make a file that was being written when its writer died end with its last good fragment.

    What is left is lasting afterwards. A file without one whole fragment is left as it is: its
    `fragments` are [], and it is worth nothing. Raises OSError.
    """
    good = _before_unsynced_damage(scan(path, is_checked=True))
    if not good.fragments:
        return good
    fd = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        cut_bytes = os.fstat(fd).st_size - good.whole_bytes
        if cut_bytes:
            files.truncate(fd, good.whole_bytes)
            faultpoint("after_repair_truncate")
        files.fsync(fd)
    finally:
        files.close(fd)
    faultpoint("after_repair_sync")
    problem = DAMAGED if good.damaged else ""
    return replace(good, problem=problem, cut_bytes=cut_bytes, digest=scan(path).digest)


def _before_unsynced_damage(scanned: Scanned) -> Scanned:
    """Without the first damaged fragment that may not have been synced, and all after it."""
    for index in scanned.damaged:
        fragment = scanned.fragments[index]
        if scanned.end_90k - fragment.end_90k < UNSYNCED_90K:
            kept = scanned.fragments[:index]
            damaged = tuple(number for number in scanned.damaged if number < index)
            return replace(scanned, fragments=kept, whole_bytes=fragment.offset, damaged=damaged)
    return scanned


class _Walk:
    """From fragment to fragment, until the end or something else."""

    def __init__(
        self, fd: int, size: int, head: SegmentHead, digest: hashlib.blake2b, is_checked: bool
    ) -> None:
        self._fd, self._size = fd, size
        self._head, self._digest = head, digest
        self._is_checked = is_checked
        self._fragments: list[FragmentEntry] = []
        self._damaged: list[int] = []

    def scanned(self) -> Scanned:
        at, problem = self._head.init_bytes, ""
        try:
            while at < self._size:
                at = self._step(at)
        except (_Bad, struct.error) as error:
            problem = str(error) if isinstance(error, _Bad) else STRANGE
        if self._damaged and not problem:
            problem = DAMAGED
        return Scanned(
            self._head,
            self._fragments,
            at,
            problem,
            tuple(self._damaged),
            digest=self._digest.digest(),
        )

    def _step(self, at: int) -> int:
        """Take the fragment that begins here; where it ends."""
        if len(self._fragments) == MOST_FRAGMENTS:
            raise _Bad(TOO_MANY)
        moof = self._moof_at(at)
        facts = _facts_of(moof, len(self._fragments) + 1)
        size = len(moof) + BOX_HEAD.size + facts.media_bytes
        if at + size > self._size:
            raise _Bad(TORN)
        mdat = os.pread(self._fd, BOX_HEAD.size, at + len(moof))
        if mdat != BOX_HEAD.pack(BOX_HEAD.size + facts.media_bytes, b"mdat"):
            raise _Bad(STRANGE)
        first_90k = self._head.pts_origin + facts.decode_time
        if self._fragments and first_90k <= self._fragments[-1].first_90k:
            raise _Bad(STRANGE)
        if self._is_checked and not self._is_good(at, moof, facts.media_bytes):
            self._damaged.append(len(self._fragments))
        self._digest.update(moof + mdat)
        end_90k = first_90k + facts.duration
        self._fragments.append(
            FragmentEntry(at, size, first_90k, end_90k, facts.frames, facts.starts_with_keyframe)
        )
        return at + size

    def _moof_at(self, at: int) -> bytes:
        data = os.pread(self._fd, min(_USUAL_MOOF, self._size - at), at)
        if len(data) < BOX_HEAD.size:
            raise _Bad(TORN)
        size, kind = BOX_HEAD.unpack_from(data)
        if kind != b"moof" or not BOX_HEAD.size < size <= _LARGEST_MOOF:
            raise _Bad(STRANGE)
        if at + size > self._size:
            raise _Bad(TORN)
        if size > len(data):
            data = os.pread(self._fd, size, at)
        return data[:size]

    def _is_good(self, at: int, moof: bytes, media_bytes: int) -> bool:
        (wanted,) = CRC.unpack(moof[-CRC.size :])
        crc = zlib.crc32(moof[: -CRC.size])
        for chunk in _chunks(self._fd, at + len(moof) + BOX_HEAD.size, media_bytes):
            crc = zlib.crc32(chunk, crc)
        return crc == int(wanted)


@dataclass(frozen=True, slots=True)
class _Facts:
    decode_time: int
    duration: int
    frames: int
    media_bytes: int
    starts_with_keyframe: bool


def _facts_of(moof: bytes, number: int) -> _Facts:
    """What a moof tells. Raises _Bad(STRANGE) for one that our writer would not write."""
    parts = _children(moof, BOX_HEAD.size, len(moof))
    begin, end = _only(parts, b"traf")
    track = _children(moof, begin, end)
    told = struct.unpack_from(">II", moof, _only(parts, b"mfhd")[0])[1]
    check_begin, check_end = _only(parts, b"uuid")
    is_ours = moof[check_begin : check_begin + len(CHECK_TYPE)] == CHECK_TYPE
    is_last = check_end == len(moof) == check_begin + len(CHECK_TYPE) + CRC.size
    flags = struct.unpack_from(">I", moof, _only(track, b"tfhd")[0])[0]
    version, decode_time = struct.unpack_from(">IQ", moof, _only(track, b"tfdt")[0])
    begin, end = _only(track, b"trun")
    trun_flags, frames, data_offset = struct.unpack_from(">IIi", moof, begin)
    if (told, flags, version, trun_flags) != (number, _TFHD_FLAGS, _TFDT_V1, _TRUN_FLAGS):
        raise _Bad(STRANGE)
    is_fitting = end - begin == 12 + 12 * frames and data_offset == len(moof) + BOX_HEAD.size
    if not (is_ours and is_last and is_fitting and frames and decode_time < _LATEST_90K):
        raise _Bad(STRANGE)
    samples = list(struct.iter_unpack(">III", moof[begin + 12 : end]))
    duration = sum(sample[0] for sample in samples)
    media_bytes = sum(sample[1] for sample in samples)
    return _Facts(decode_time, duration, frames, media_bytes, samples[0][2] == _SYNC_FLAGS)


def _head_of(data: bytes) -> SegmentHead:
    """The head in a file's first bytes. Raises _Bad, BadSps, struct.error or IndexError."""
    spans = []
    at = 0
    for wanted in (b"ftyp", b"uuid", b"moov"):
        size, kind = BOX_HEAD.unpack_from(data, at)
        if kind != wanted or size < BOX_HEAD.size or at + size > len(data):
            raise _Bad(NOT_OURS)
        spans.append((at, at + size))
        at += size
    tag, pts_origin = _tag_of(data[spans[1][0] + BOX_HEAD.size : spans[1][1]])
    sps = _sps_of(data[: spans[2][1]], spans[2][0])
    info = SpsInfo.parse(sps)
    return SegmentHead(tag, codec_string(sps), info.width, info.height, pts_origin, at)


def _tag_of(body: bytes) -> tuple[SegmentTag, int]:
    """The tag and the origin of media times."""
    fields = body.removeprefix(TAG_TYPE)
    version, camera_id, pts_origin, zero_unix_ms, segment = TAG.unpack_from(fields)
    is_sound = len(fields) < len(body) and version == TAG_VERSION and camera_id >= 0
    if not is_sound or abs(pts_origin) > _LATEST_90K:
        raise _Bad(NOT_OURS)
    boot = fields[TAG.size :].decode("utf-8", "replace")
    return SegmentTag(UUID(bytes=segment), camera_id, boot, zero_unix_ms), pts_origin


def _sps_of(data: bytes, moov_at: int) -> bytes:
    """The first SPS in the sample entry of the one track."""
    begin, end = moov_at, len(data)
    for kind in _TO_STBL:
        begin, end = _only(_children(data, begin, end), kind)
    begin, end = _only(_children(data, begin, end), b"stsd")
    begin, end = _only(_children(data, begin + _STSD_BYTES, end), b"avc1")
    begin, end = _only(_children(data, begin + _AVC1_BYTES, end), b"avcC")
    count, size = struct.unpack_from(">BH", data, begin + 5)
    if not count & 0x1F or begin + 8 + size > end:
        raise _Bad(NOT_OURS)
    return data[begin + 8 : begin + 8 + size]


def _children(data: bytes, begin: int, end: int) -> dict[bytes, tuple[int, int]]:
    """The boxes that fill this stretch, by kind: where what is in each begins and ends.

    Raises _Bad when they do not fill it, or when there are two of a kind.
    """
    found: dict[bytes, tuple[int, int]] = {}
    while begin < end:
        if end - begin < BOX_HEAD.size:
            raise _Bad(STRANGE)
        size, kind = BOX_HEAD.unpack_from(data, begin)
        if not BOX_HEAD.size <= size <= end - begin or kind in found:
            raise _Bad(STRANGE)
        found[kind] = begin + BOX_HEAD.size, begin + size
        begin += size
    return found


def _only(boxes: dict[bytes, tuple[int, int]], kind: bytes) -> tuple[int, int]:
    if kind not in boxes:
        raise _Bad(STRANGE)
    return boxes[kind]


def _chunks(fd: int, begin: int, size: int) -> Iterator[bytes]:
    edges = [*range(begin, begin + size, _CHUNK), begin + size]
    for start, end in pairwise(edges):
        yield os.pread(fd, end - start, start)


@contextmanager
def _opened(source: Path | int) -> Iterator[int]:
    """Open a path; leave open what was open."""
    if isinstance(source, int):
        yield source
        return
    fd = open_regular(source)
    try:
        yield fd
    finally:
        os.close(fd)
