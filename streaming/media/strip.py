"""The demo camera's machine-readable strip: which camera, which frame, captured when.

Top-left corner of the picture, 3 rows of 32 cells of 16x16 px, white for 1, most significant bit
first. Row 1: frame number. Row 2: capture time, Unix milliseconds modulo 2^32. Row 3: camera
number (16 bits) and CRC-16/CCITT-FALSE over the ten bytes before it, all big-endian.
"""

import binascii
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CELL_PX = 16
ROWS = 3
COLUMNS = 32
WIDTH_PX = COLUMNS * CELL_PX
HEIGHT_PX = ROWS * CELL_PX

BLACK_LUMA = 16
WHITE_LUMA = 235

_STAMP = struct.Struct(">IIH")


@dataclass(frozen=True, slots=True)
class StripStamp:
    """What one frame's strip says; each number is kept modulo its width."""

    frame_number: int
    captured_unix_ms: int
    camera_number: int


def write_strip(luma: NDArray[np.uint8], stamp: StripStamp) -> None:
    """Draw `stamp` into the luma plane, rows x columns, at least WIDTH_PX x HEIGHT_PX."""
    body = _STAMP.pack(
        stamp.frame_number & 0xFFFFFFFF,
        stamp.captured_unix_ms & 0xFFFFFFFF,
        stamp.camera_number & 0xFFFF,
    )
    coded = np.frombuffer(body + struct.pack(">H", crc16(body)), np.uint8)
    bits = np.unpackbits(coded).reshape(ROWS, COLUMNS)
    cells = np.where(bits, WHITE_LUMA, BLACK_LUMA).astype(np.uint8)
    luma[:HEIGHT_PX, :WIDTH_PX] = cells.repeat(CELL_PX, axis=0).repeat(CELL_PX, axis=1)


def read_strip(luma: NDArray[np.uint8]) -> StripStamp | None:
    """The stamp in a luma plane; None when there is none or its CRC is wrong."""
    if luma.shape[0] < HEIGHT_PX or luma.shape[1] < WIDTH_PX:
        return None
    centre = CELL_PX // 2
    cells = luma[centre:HEIGHT_PX:CELL_PX, centre:WIDTH_PX:CELL_PX]
    coded = np.packbits(cells > 128).tobytes()
    body, crc = coded[: _STAMP.size], coded[_STAMP.size :]
    if crc16(body) != int.from_bytes(crc, "big"):
        return None
    return StripStamp(*_STAMP.unpack(body))


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 0x1021, initial value 0xFFFF."""
    return binascii.crc_hqx(data, 0xFFFF)
