"""Writes the earlier pet camera's detections segment, whole or in part, as its detector does."""

import os
import struct
from collections.abc import Sequence
from pathlib import Path

SIZES = (552, 584, 576)
CAT = ("cat", 0.875, (64, 48, 320, 240))
_DETECTION = struct.Struct("<32sf4i")


class SegmentWriter:
    """One segment of `size` bytes, zero at first."""

    def __init__(self, path: Path, size: int) -> None:
        self._size, self.version = size, 0
        self._fd = os.open(path, os.O_CREAT | os.O_RDWR, 0o666)
        os.ftruncate(self._fd, size)

    def close(self) -> None:
        os.close(self._fd)

    def bytes_of(
        self, stamp_ns: int, detections: Sequence[tuple] = (CAT,), *, count: int | None = None
    ) -> bytes:
        """What the next result looks like; `version` counts up."""
        self.version += 1
        is_double = self._size == 576
        count = len(detections) if count is None else count
        rows = b"".join(
            _DETECTION.pack(name.encode() if isinstance(name, str) else name, score, *box)
            for name, score, box in detections
        )
        head = struct.pack("<Q", self.version)
        head += (
            struct.pack("<d", stamp_ns / 1e9)
            if is_double
            else struct.pack("<qq", *divmod(stamp_ns, 10**9))
        )
        data = head + struct.pack("<i", count) + rows.ljust(520, b"\0")
        return (data + struct.pack("<I", self.version)).ljust(self._size, b"\0")

    def write(self, stamp_ns: int, detections: Sequence[tuple] = (CAT,), **more: int) -> None:
        self.put(self.bytes_of(stamp_ns, detections, **more))

    def put(self, data: bytes, at: int = 0) -> None:
        """Some bytes of a result."""
        os.pwrite(self._fd, data, at)
