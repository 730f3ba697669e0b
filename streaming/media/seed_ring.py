"""Reads the shared-memory rings of the earlier pet camera's daemon, layouts A0 to E.

The layouts have neither magic nor version: the size of the file tells which one it is. Only the
pictures' own bytes are read, never whole 3 MB slots. docs/frame-ring.md describes the layouts.
"""

import os
import stat
import struct
import time
from dataclasses import dataclass
from pathlib import Path

from streaming.media.access_unit import AccessUnit
from streaming.media.annexb import is_keyframe
from streaming.media.capture_clock import CaptureClock, known_capture_ns
from streaming.media.clock import media_time_90k
from streaming.media.ring_file import (
    MOST_BYTES_PER_POLL,
    MOST_UNITS_PER_POLL,
    STALLED_AFTER_NS,
    FrameReader,
    RingFile,
    RingState,
    Unreadable,
)
from streaming.media.ring_layout import Codec

_INDEX = struct.Struct("<I")
# frame number, seconds, nanoseconds, camera, width, height, format, payload bytes
_SLOT = struct.Struct("<QqqiiiiQ")
_LARGEST_PICTURE = 1920 * 1080 * 3 // 2
_FORMAT_H264 = 3
_FORMAT_NAMES = {0: "JPEG", 1: "NV12", 2: "RGB", 4: "H.265"}
_ENOUGH_FOR_PARAMETER_SETS = 4096
_MOST_CAMERAS = 16
_LARGEST_CAMERA = 255
_LARGEST_SIDE = 16384
_MOST_KEPT = 600
_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Layout:
    """One layout. `is_index_first`: the writer counts a slot before it has copied it."""

    names: str
    slots: int
    first_slot_at: int
    slot_bytes: int
    data_at: int
    is_index_first: bool


# Layout C began two days before its writer learned to copy first, so it counts as index first.
LAYOUTS = {
    93_313_448: Layout("A0 or A", 30, 8, 3_110_448, 48, True),
    93_313_480: Layout("B", 30, 40, 3_110_448, 48, True),
    93_313_960: Layout("C", 30, 40, 3_110_464, 60, True),
    93_314_112: Layout("D", 30, 192, 3_110_464, 60, False),
    18_662_976: Layout("E", 6, 192, 3_110_464, 60, False),
}


def is_seed_ring(path: Path) -> bool:
    """Whether the file at the path has the size of one of the layouts."""
    try:
        info = os.lstat(path)
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(info.st_mode) and info.st_size in LAYOUTS


@dataclass(frozen=True, slots=True)
class _Slot:
    """The fields before a slot's payload, checked. `width` and `height` are 0 if absurd."""

    fields: bytes
    number: int
    stamp_ns: int
    camera: int
    width: int
    height: int
    size: int


class SeedRingReader(FrameReader):
    """Follows every picture of a ring of layout A0 to E, each once, in the order written.

    A slot that its writer may still be copying is left alone: where the index is counted up first
    (A to C) that is the newest one, so a picture is read when the next index comes.
    """

    codec = Codec.H264

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._layout = LAYOUTS[93_313_448]
        self._attached_ns = 0
        self._restarts = 0
        self._written = self._position = 0
        self._is_moving = False
        self._is_lapped = False
        self._sequence = 0
        self._capture_ns = 0
        self._numbers: dict[int, int] = {}
        self._clocks: dict[int, CaptureClock] = {}
        self._since_keyframe: list[AccessUnit] = []
        self._other_format: int | None = None

    def _start(self, file: RingFile) -> int:
        layout = LAYOUTS.get(file.size)
        if layout is None:
            raise Unreadable("unreadable", "the file has the size of no known layout")
        self._layout = layout
        self._begin_anew(self._read_index(file))
        return file.inode + (self._restarts << 48)

    def _begin_anew(self, written: int) -> None:
        """What lies in the ring may be old: nothing is read before the index moves."""
        self._written = self._position = written
        self._attached_ns = time.monotonic_ns()
        self._is_moving = self._is_lapped = False
        self._wants_keyframe = True
        self._sequence = 0
        self._numbers.clear()
        self._clocks.clear()
        self._since_keyframe = []
        self._other_format = None

    def _read_new(self, file: RingFile) -> list[AccessUnit]:
        self._refresh(file)
        ready = self._ready()
        units: list[AccessUnit] = []
        room = MOST_BYTES_PER_POLL
        while self._position < ready and room > 0 and len(units) < MOST_UNITS_PER_POLL:
            unit = self._next(file)
            if unit is None:
                continue
            room -= len(unit.data)
            if self._is_wanted(unit):
                units.append(unit)
                self._keep(unit)
        self.has_more = self._position < ready
        return units

    def _read_since_keyframe(self, file: RingFile) -> list[AccessUnit]:
        """Of what was read, if anything was: the ring itself holds less than a second."""
        if self._arrived_ns:
            return list(self._since_keyframe)
        self._refresh(file)
        whole = self._written - self._layout.is_index_first
        first = self._newest_keyframe(file, whole)
        return [] if first is None else self._look_back(file, first, whole)

    def _look_back(self, file: RingFile, first: int, end: int) -> list[AccessUnit]:
        """What lies in the ring, if its stamps prove that it is not what a dead daemon left."""
        now_ns, wall_ns = time.monotonic_ns(), time.time_ns()
        units: list[AccessUnit] = []
        seen: set[tuple[int, int]] = set()
        for index in range(first, end):
            slot = self._read_slot(file, index)
            if slot is None or (slot.camera, slot.number) in seen:
                continue
            seen.add((slot.camera, slot.number))
            data = self._read_data(file, index, slot)
            capture_ns = known_capture_ns(slot.stamp_ns, now_ns=now_ns, wall_ns=wall_ns)
            if data is None or capture_ns is None:
                return []
            units.append(_access_unit(slot, data, min(capture_ns, now_ns), len(units)))
        return units

    def _seek(self, file: RingFile) -> bool:
        self._refresh(file)
        self._sequence += 1
        return self._go_to_newest_keyframe(file)

    def _go_to_newest_keyframe(self, file: RingFile) -> bool:
        ready = self._ready()
        newest = self._newest_keyframe(file, ready)
        self._wants_keyframe = True
        self._numbers.clear()
        self._position = ready if newest is None else newest
        return newest is not None

    def _refresh(self, file: RingFile) -> None:
        """Look at the index: it tells what is new, and whether the writer is."""
        written = self._read_index(file)
        if written < self._written:
            # The file was zeroed in place by a new writer (or the index wrapped after years).
            self._restarts += 1
            self._restarted(self._start(file))
        elif written > self._written:
            self._written = written
            if not self._is_moving:
                self._is_moving = True
                self._go_to_newest_keyframe(file)
        if self._position < self._oldest():
            self._position = self._oldest()
            self._is_lapped = True

    def _ready(self) -> int:
        """The index before which slots are surely whole."""
        return max(0, self._written - self._layout.is_index_first) if self._is_moving else 0

    def _oldest(self) -> int:
        """The oldest slot that stays whole for a while: one more than may be in flight is left."""
        return max(0, self._written - self._layout.slots + 2)

    def _next(self, file: RingFile) -> AccessUnit | None:
        """The picture at the position, which moves on; None if it is none or a known one."""
        index = self._position
        self._position += 1
        slot = self._read_slot(file, index)
        if slot is None or self._numbers.get(slot.camera) == slot.number:
            return None
        data = self._read_data(file, index, slot)
        if data is None or self._is_gap(slot):
            self._overruns += 1
            self._wants_keyframe = True
            self._sequence += 1
        if data is None:
            return None
        unit = self._unit(slot, data)
        self._sequence += 1
        return unit

    def _is_gap(self, slot: _Slot) -> bool:
        """Whether pictures were missed: being lapped by copies of one picture loses nothing."""
        was_lapped, self._is_lapped = self._is_lapped, False
        last = self._numbers.get(slot.camera)
        return was_lapped and last is not None and slot.number != last + 1

    def _keep(self, unit: AccessUnit) -> None:
        if unit.is_keyframe:
            self._since_keyframe = []
        elif not self._since_keyframe or len(self._since_keyframe) >= _MOST_KEPT:
            self._since_keyframe = []
            return
        self._since_keyframe.append(unit)

    def _unit(self, slot: _Slot, data: bytes) -> AccessUnit:
        if slot.camera not in self._numbers and len(self._numbers) >= _MOST_CAMERAS:
            self._numbers.clear()
            self._clocks.clear()
        self._numbers[slot.camera] = slot.number
        clock = self._clocks.setdefault(slot.camera, CaptureClock())
        now_ns, wall_ns = time.monotonic_ns(), time.time_ns()
        capture_ns = clock.capture_ns(slot.stamp_ns, now_ns=now_ns, wall_ns=wall_ns)
        # Two cameras take turns, each with a delay of its own: time never goes back.
        self._capture_ns = max(self._capture_ns, capture_ns)
        return _access_unit(slot, data, self._capture_ns, self._sequence)

    def _newest_keyframe(self, file: RingFile, ready: int) -> int | None:
        for index in range(ready - 1, self._oldest() - 1, -1):
            slot = self._read_slot(file, index)
            if slot is None:
                continue
            size = min(slot.size, _ENOUGH_FOR_PARAMETER_SETS)
            if is_keyframe(self._pread(file, size, self._slot_at(index) + self._layout.data_at)):
                return index
        return None

    def _slot_at(self, index: int) -> int:
        return self._layout.first_slot_at + index % self._layout.slots * self._layout.slot_bytes

    def _read_index(self, file: RingFile) -> int:
        data = self._pread(file, _INDEX.size, 0)
        if len(data) < _INDEX.size:
            raise Unreadable("unreadable", "the file is too short")
        return int(_INDEX.unpack(data)[0])

    def _read_slot(self, file: RingFile, index: int) -> _Slot | None:
        """The fields of a slot; None if there is no H.264 picture in it."""
        fields = self._pread(file, _SLOT.size, self._slot_at(index))
        if len(fields) < _SLOT.size:
            return None
        number, seconds, nanos, camera, width, height, kind, size = _SLOT.unpack(fields)
        is_sound = 0 < size <= _LARGEST_PICTURE and 0 <= camera <= _LARGEST_CAMERA
        if kind != _FORMAT_H264 or not is_sound:
            self._other_format = kind if size else self._other_format
            return None
        has_size = 0 < width <= _LARGEST_SIDE and 0 < height <= _LARGEST_SIDE
        return _Slot(
            fields,
            number,
            seconds * _SECOND_NS + nanos,
            camera,
            width if has_size else 0,
            height if has_size else 0,
            size,
        )

    def _read_data(self, file: RingFile, index: int, slot: _Slot) -> bytes | None:
        """A slot's payload, or None if it may have been written while it was read."""
        data = self._pread(file, slot.size, self._slot_at(index) + self._layout.data_at)
        again = self._pread(file, _SLOT.size, self._slot_at(index))
        written = self._read_index(file)
        is_lapped = written < self._written or written - index > self._layout.slots - 2
        return None if again != slot.fields or is_lapped or len(data) < slot.size else data

    def _pread(self, file: RingFile, count: int, at: int) -> bytes:
        try:
            return file.read(count, at)
        except OSError as error:
            raise Unreadable("unreadable", error.strerror or "it cannot be read") from None

    def _liveness(self, now_ns: int) -> tuple[RingState, str]:
        state, detail = super()._liveness(now_ns)
        if state != "starting":
            return state, detail
        if self._other_format is not None:
            name = _FORMAT_NAMES.get(self._other_format, f"format {self._other_format}")
            return state, f"it holds {name}, not H.264"
        if not self._is_moving and now_ns - self._attached_ns > STALLED_AFTER_NS:
            return "stalled", "the program that writes it has stopped"
        return state, detail


def _access_unit(slot: _Slot, data: bytes, capture_ns: int, sequence: int) -> AccessUnit:
    return AccessUnit(
        data,
        capture_ns,
        media_time_90k(capture_ns),
        is_keyframe(data),
        slot.width,
        slot.height,
        slot.camera,
        sequence,
    )
