"""Reads the shared-memory segment in which the earlier pet camera's detector says what it saw.

It holds one result, overwritten in place, in one of three layouts that the size of the file tells
apart: docs/detections.md describes them.
"""

import asyncio
import math
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from detections.payloads import LABEL
from detections.vision.boxes import Box, inside
from detections.vision.seen import Seen, SeenFrame
from streaming.media.capture_clock import CaptureClock, known_capture_ns
from streaming.media.clock import media_time_90k
from streaming.media.ring_file import RingFile, Unreadable

MOST_DETECTIONS = 10
# Its writer tells 10 to 30 results a second.
POLL_S = 0.015
# While there is no such segment.
LOOK_AGAIN_S = 1.0
_SECOND_NS = 1_000_000_000
# class name, confidence, and left, top, width, height in pixels
_DETECTION = struct.Struct("<32sf4i")
_RING_ENDS, _SEGMENT_ENDS = "_stream", "_detections"


@dataclass(frozen=True, slots=True)
class Layout:
    """Offsets in bytes; `width` and `height` are what its boxes are measured in."""

    has_double_time: bool
    count_at: int
    detections_at: int
    version_at: int
    width: int
    height: int


LAYOUTS = {
    552: Layout(False, 24, 28, 548, 640, 480),
    # The same with a semaphore behind it.
    584: Layout(False, 24, 28, 548, 640, 480),
    576: Layout(True, 16, 20, 540, 1280, 720),
}


def segment_beside(ring: Path) -> Path | None:
    """Where the detector of that ring's camera writes: pet_camera_detections beside
    pet_camera_stream. None for a ring of another name."""
    if not ring.name.endswith(_RING_ENDS):
        return None
    return ring.with_name(ring.name.removesuffix(_RING_ENDS) + _SEGMENT_ENDS)


class DetectionsReader:
    """Follows one segment: `poll` often. Not thread-safe; whatever the file holds, it never raises.

    A result is given once it was read alike twice in a row, so that none is given that its writer
    had only begun to write. What lies there from before, and is not of now, is left alone.
    """

    def __init__(
        self,
        path: Path,
        *,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        wall_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._path = path
        self._monotonic_ns, self._wall_ns = monotonic_ns, wall_ns
        self._file: RingFile | None = None
        self._clock = CaptureClock()
        self._version: int | None = None
        self._stamp = (-1, 0)
        self._candidate = b""
        self.torn = self.refused = 0

    @property
    def is_there(self) -> bool:
        """Whether there was such a segment at the last `poll`."""
        return self._file is not None

    def poll(self) -> SeenFrame | None:
        """The newest result, if it has not been given yet."""
        if self._file is None or not self._file.is_current():
            self._attach()
        if self._file is None:
            return None
        layout = LAYOUTS[self._file.size]
        # The version counts from 1 again when its writer starts again: another one is a newer one.
        data = self._read(layout)
        if len(data) < layout.version_at + 4:
            return None
        version = struct.unpack_from("<I", data, layout.version_at)[0]
        if version == self._version or version == 0:
            return None
        if data != self._candidate:
            self.torn += bool(self._candidate)
            self._candidate = data
            return None
        self._candidate, is_first = b"", self._version is None
        self._version = version
        frame = self._frame(layout, data, is_first)
        self.refused += frame is None
        return frame

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _attach(self) -> None:
        self.close()
        self._version, self._candidate, self._clock = None, b"", CaptureClock()
        try:
            file = RingFile(self._path)
        except Unreadable:
            return
        if file.size in LAYOUTS:
            self._file = file
        else:
            file.close()

    def _read(self, layout: Layout) -> bytes:
        assert self._file is not None, "poll has seen to it"
        try:
            return self._file.read(layout.version_at + 4, 0)
        except OSError:
            return b""

    def _frame(self, layout: Layout, data: bytes, is_first: bool) -> SeenFrame | None:
        """None for what makes no sense, or is the first found and not known to be of now."""
        stamp_ns, seen = _stamp_ns(layout, data), _seen(layout, data)
        if stamp_ns is None or seen is None:
            return None
        now_ns, wall_ns = self._monotonic_ns(), self._wall_ns()
        if is_first and known_capture_ns(stamp_ns, now_ns=now_ns, wall_ns=wall_ns) is None:
            return None
        if stamp_ns != self._stamp[0]:
            capture_ns = self._clock.capture_ns(stamp_ns, now_ns=now_ns, wall_ns=wall_ns)
            self._stamp = stamp_ns, capture_ns
        return SeenFrame(media_time_90k(self._stamp[1]), seen)


def _stamp_ns(layout: Layout, data: bytes) -> int | None:
    if layout.has_double_time:
        (stamp_s,) = struct.unpack_from("<d", data, 8)
        is_sane = math.isfinite(stamp_s) and 0 < stamp_s < 2**33
        return round(stamp_s * _SECOND_NS) if is_sane else None
    seconds, nanoseconds = struct.unpack_from("<qq", data, 8)
    is_sane = 0 <= seconds < 2**33 and 0 <= nanoseconds < _SECOND_NS
    return seconds * _SECOND_NS + nanoseconds if is_sane else None


def _seen(layout: Layout, data: bytes) -> tuple[Seen, ...] | None:
    """What the result holds, without what is outside of the picture; None for nonsense."""
    (count,) = struct.unpack_from("<i", data, layout.count_at)
    if not 0 <= count <= MOST_DETECTIONS:
        return None
    found = []
    for number in range(count):
        at = layout.detections_at + number * _DETECTION.size
        name, score, x, y, w, h = _DETECTION.unpack_from(data, at)
        label = name.partition(b"\0")[0].decode("utf-8", "replace").strip().lower()
        if not LABEL.fullmatch(label) or not 0 <= score <= 1:
            return None
        shares = Box(x / layout.width, y / layout.height, w / layout.width, h / layout.height)
        if box := inside(shares):
            # float32 has seven digits.
            found.append(Seen(label, round(score, 6), box))
    return tuple(found)


async def follow_segment(path: Path, on_frame: Callable[[SeenFrame], None]) -> None:
    """Calls `on_frame` for every result, on the event loop, until cancelled."""
    reader = DetectionsReader(path)
    try:
        while True:
            if (frame := reader.poll()) is not None:
                on_frame(frame)
            await asyncio.sleep(POLL_S if reader.is_there else LOOK_AGAIN_S)
    finally:
        reader.close()
