"""The frame ring: one writer hands access units to any number of readers through a file."""

import fcntl
import mmap
import os
import secrets
import time
import zlib
from pathlib import Path
from typing import BinaryIO

from streaming.media.access_unit import AccessUnit
from streaming.media.ring_file import (
    MOST_BYTES_PER_POLL,
    MOST_UNITS_PER_POLL,
    FrameReader,
    RingFile,
    RingState,
    RingStatus,
    Unreadable,
)
from streaming.media.ring_layout import (
    HEAD_AT,
    HEADER,
    HEADER_BYTES,
    HEARTBEAT_AT,
    HEARTBEAT_TIMEOUT_NS,
    KEYFRAME,
    KEYFRAME_AT,
    MAGIC,
    SLOT,
    SLOT_BYTES,
    SLOT_FIELDS,
    TAIL_AT,
    VERSION,
    WORD,
    BadRing,
    Codec,
    Header,
)
from streaming.media.seed_ring import SeedRingReader, is_seed_ring

__all__ = [
    "Codec",
    "RingBusy",
    "RingReader",
    "RingStatus",
    "RingWriter",
    "UnitTooBig",
    "open_ring",
]

_PAGE = 4096
_TRIES = 3


class RingBusy(Exception):
    """Another living process writes this ring."""


class UnitTooBig(ValueError):
    """An access unit is empty or takes more than half of the ring; nothing was written."""


class RingWriter:
    """Makes a ring file and writes access units into it. Not thread-safe.

    Each writer makes a file of its own and puts it in the old one's place at once, so that readers
    never see it half made. Its space is reserved: a full disk shows as OSError here, not later.
    """

    def __init__(
        self,
        path: Path,
        *,
        payload_bytes: int,
        camera_number: int = 0,
        codec: Codec = Codec.H264,
        slots: int = 1024,
    ) -> None:
        """Raises RingBusy while another writer lives, OSError when the file cannot be made."""
        self._path = path
        self._codec = codec
        self._slots = slots
        self._capacity = payload_bytes
        self.largest_unit = payload_bytes // 2
        self.epoch = secrets.randbits(63) | 1
        self._payload_at = -(-(HEADER_BYTES + slots * SLOT_BYTES) // _PAGE) * _PAGE
        self._sequence = self._next_at = self._tail = 0
        self._lock = _lock(path)
        try:
            self._fd = self._make(camera_number)
            self._map = mmap.mmap(self._fd, self._payload_at + payload_bytes)
        except BaseException:
            self._lock.close()
            raise

    def write(self, unit: AccessUnit) -> int:
        """Publish a unit and return its sequence number; `unit.sequence` is ignored.

        Raises UnitTooBig, struct.error for numbers that do not fit their fields; either way
        nothing was published and the ring is as good as before.
        """
        size = len(unit.data)
        if not 0 < size <= self.largest_unit:
            raise UnitTooBig(f"{size} bytes; this ring takes 1 to {self.largest_unit}")
        sequence, at = self._sequence, self._place(size)
        is_keyframe = unit.is_keyframe or self._codec is Codec.JPEG
        fields = SLOT_FIELDS.pack(
            sequence + 1,
            unit.capture_ns,
            unit.pts_90k,
            at,
            size,
            KEYFRAME if is_keyframe else 0,
            unit.width,
            unit.height,
            unit.sensor,
        )
        crc = zlib.crc32(unit.data, zlib.crc32(fields))
        self._store(at, fields + crc.to_bytes(4, "little"), unit.data)
        if is_keyframe:
            WORD.pack_into(self._map, KEYFRAME_AT, sequence + 1)
        self.heartbeat()
        self._sequence = sequence + 1
        # A write, not a store: it is what wakes the readers that wait by inotify.
        os.pwrite(self._fd, WORD.pack(self._sequence), HEAD_AT)
        return sequence

    def heartbeat(self) -> None:
        """Tell that the writer lives. Call it at least once a second when no pictures come."""
        WORD.pack_into(self._map, HEARTBEAT_AT, time.monotonic_ns())

    def close(self) -> None:
        """Remove the file and let another writer in. Harmless when closed."""
        if self._lock.closed:
            return
        try:
            if os.lstat(self._path).st_ino == os.fstat(self._fd).st_ino:
                os.unlink(self._path)
        except FileNotFoundError:
            pass
        self._map.close()
        os.close(self._fd)
        self._lock.close()

    def _place(self, size: int) -> int:
        """The virtual offset of the next payload: a unit is never split at the end."""
        into_lap = self._next_at % self._capacity
        is_fitting = into_lap + size <= self._capacity
        return self._next_at if is_fitting else self._next_at + self._capacity - into_lap

    def _store(self, at: int, fields: bytes, data: bytes) -> None:
        """First take from readers what is overwritten, then write, then tell that it is whole."""
        slot_at = HEADER_BYTES + self._sequence % self._slots * SLOT_BYTES
        self._next_at = at + len(data)
        self._tail = max(self._tail, self._next_at - self._capacity)
        WORD.pack_into(self._map, TAIL_AT, self._tail)
        self._map[slot_at : slot_at + 8] = fields[:8]
        place = self._payload_at + at % self._capacity
        self._map[place : place + len(data)] = data
        self._map[slot_at : slot_at + len(fields)] = fields
        end_at = slot_at + SLOT_BYTES - WORD.size
        self._map[end_at : end_at + WORD.size] = fields[:8]

    def _make(self, camera_number: int) -> int:
        draft = self._path.with_name(f".{self._path.name}.new")
        draft.unlink(missing_ok=True)
        fd = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o640)
        try:
            os.fchmod(fd, 0o640)
            os.posix_fallocate(fd, 0, self._payload_at + self._capacity)
            os.pwrite(fd, self._header(camera_number), 0)
            os.rename(draft, self._path)
        except BaseException:
            os.close(fd)
            draft.unlink(missing_ok=True)
            raise
        return fd

    def _header(self, camera_number: int) -> bytes:
        return HEADER.pack(
            MAGIC,
            VERSION,
            HEADER_BYTES,
            self.epoch,
            self._codec,
            camera_number,
            self._slots,
            SLOT_BYTES,
            self._payload_at,
            self._capacity,
            0,
            0,
            0,
            time.monotonic_ns(),
        )


def _lock(path: Path) -> BinaryIO:
    """Hold the ring's lock file. It outlives the ring, because removing it would be a race."""
    lock = path.with_name(f".{path.name}.lock").open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise RingBusy(f"{path} has a writer already") from None
    return lock


class _Overwritten(Exception):
    """The writer has been faster than this reader."""


class _Torn(Exception):
    """A published unit is not what its CRC says."""


class RingReader(FrameReader):
    """Follows every access unit of a ring, in order. A torn or overwritten one is never given out.

    It only ever calls `pread`, so neither can it disturb the writer nor can the writer harm it.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._header: Header | None = None
        self._position = 0

    @property
    def codec(self) -> Codec:
        """What the ring holds; H264 while there is none."""
        return self._header.codec if self._header else Codec.H264

    def _start(self, file: RingFile) -> int:
        self._header = None
        header = self._read_header(file)
        if _is_beating(header, time.monotonic_ns()):
            self._seek_in(file, header)
        else:
            # What a dead writer left is no live picture.
            self._position, self._wants_keyframe = header.head, True
        return header.epoch

    def _read_new(self, file: RingFile) -> list[AccessUnit]:
        header = self._refresh(file)
        units: list[AccessUnit] = []
        room = MOST_BYTES_PER_POLL
        for _ in range(MOST_UNITS_PER_POLL):
            if self._position >= header.head or room <= 0:
                break
            try:
                unit = self._read(file, header, self._position)
            except _Overwritten:
                self._overruns += 1
                header = self._refresh(file)
                self._skip_ahead(file, header)
            except _Torn:
                self._torn += 1
                self._position += 1
                self._wants_keyframe = True
            else:
                self._position += 1
                room -= len(unit.data)
                if self._is_wanted(unit):
                    units.append(unit)
        self.has_more = self._position < header.head
        return units

    def _read_since_keyframe(self, file: RingFile) -> list[AccessUnit]:
        header = self._refresh(file)
        first = header.keyframe - 1
        units: list[AccessUnit] = []
        room = header.payload_bytes
        if first < 0 or header.head - first > header.slots:
            return []
        try:
            for sequence in range(first, header.head):
                units.append(self._read(file, header, sequence))
                room -= len(units[-1].data)
                if room < 0 or not units[0].is_keyframe:
                    return []
        except (_Overwritten, _Torn):
            return []
        return units

    def _seek(self, file: RingFile) -> bool:
        return self._seek_in(file, self._refresh(file))

    def _seek_in(self, file: RingFile, header: Header) -> bool:
        """Go to the newest keyframe, or if there is none to where the next unit will be."""
        self._wants_keyframe = True
        self._position = header.head
        newest = header.keyframe - 1
        if newest < 0 or not header.head - header.slots < newest < header.head:
            return False
        try:
            is_keyframe = self._read(file, header, newest).is_keyframe
        except (_Overwritten, _Torn):
            return False
        if is_keyframe:
            self._position = newest
        return is_keyframe

    def _skip_ahead(self, file: RingFile, header: Header) -> None:
        """Go to the newest keyframe, but never back to what has been read."""
        missed = self._position
        self._seek_in(file, header)
        if self._position <= missed:
            self._position = header.head

    def _refresh(self, file: RingFile) -> Header:
        """The header of now. A new epoch in the same file is a new writer, too."""
        header = self._read_header(file)
        if header.epoch != self._epoch:
            self._seek_in(file, header)
            self._restarted(header.epoch)
        elif not 0 <= header.head - self._position <= header.slots:
            # Far away: maybe a number caught while it changed, so look twice.
            header = self._read_header(file)
            if header.head < self._position:
                self._seek_in(file, header)
        return header

    def _read_header(self, file: RingFile) -> Header:
        try:
            data = file.read(HEADER_BYTES, 0)
            if self._header is None or not self._header.refresh(data):
                self._header = Header.parse(data, file.size)
        except BadRing as error:
            raise Unreadable("unreadable", str(error)) from None
        except OSError as error:
            raise Unreadable("unreadable", error.strerror or "it cannot be read") from None
        return self._header

    def _read(self, file: RingFile, header: Header, sequence: int) -> AccessUnit:
        """One published unit. Raises _Overwritten, or _Torn when it stays damaged."""
        if header.head - sequence > header.slots:
            raise _Overwritten
        for _ in range(_TRIES - 1):
            try:
                return self._read_once(file, header, sequence)
            except _Torn:
                continue
        return self._read_once(file, header, sequence)

    def _read_once(self, file: RingFile, header: Header, sequence: int) -> AccessUnit:
        slot = file.read(SLOT_BYTES, header.slot_at(sequence))
        if len(slot) < SLOT_BYTES:
            raise _Torn
        (begin, capture_ns, pts, at, size, flags, width, height, sensor, crc, end) = SLOT.unpack(
            slot
        )
        if begin > sequence + 1 or end > sequence + 1:
            raise _Overwritten
        place = at % header.payload_bytes
        if begin != sequence + 1 or end != begin or place + size > header.payload_bytes:
            raise _Torn
        data = file.read(size, header.payload_at + place)
        (tail,) = WORD.unpack(file.read(WORD.size, TAIL_AT).ljust(WORD.size, b"\x00"))
        if at < tail:
            raise _Overwritten
        if len(data) != size or zlib.crc32(data, zlib.crc32(slot[: SLOT_FIELDS.size])) != crc:
            raise _Torn
        is_keyframe = bool(flags & KEYFRAME) or header.codec is Codec.JPEG
        return AccessUnit(data, capture_ns, pts, is_keyframe, width, height, sensor, sequence)

    def _liveness(self, now_ns: int) -> tuple[RingState, str]:
        """Pictures prove that the writer lives, whatever its heartbeat says."""
        state, detail = super()._liveness(now_ns)
        if state == "live" or not self._header:
            return state, detail
        if not _is_beating(self._header, now_ns):
            return "stalled", "the program that writes it has stopped"
        return state, detail


def _is_beating(header: Header, now_ns: int) -> bool:
    return abs(now_ns - header.heartbeat_ns) <= HEARTBEAT_TIMEOUT_NS


def open_ring(path: Path) -> RingReader | SeedRingReader:
    """A reader for the file that is at the path now; for our own layout when there is none."""
    return SeedRingReader(path) if is_seed_ring(path) else RingReader(path)
