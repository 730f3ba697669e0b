"""Sequence parameter sets: what an H.264 stream says about itself (ITU-T H.264 7.3.2.1, E.1)."""

from dataclasses import dataclass

_PROFILES_WITH_CHROMA = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})
_LARGEST_SET = 4096
_MOST_MACROBLOCKS = 1024
_EXTENDED_ASPECT_RATIO = 255


class BadSps(ValueError):
    """The bytes are not a sequence parameter set that a decoder could use."""


@dataclass(frozen=True, slots=True)
class SpsInfo:
    """The facts of one SPS. `width` and `height` are what is shown, after cropping.

    `constraints` is the byte of constraint_set flags. `max_num_reorder_frames` is None when the
    stream does not say (then a profile above Baseline may hold B-frames).
    """

    sps_id: int
    profile_idc: int
    constraints: int
    level_idc: int
    width: int
    height: int
    max_num_reorder_frames: int | None

    @classmethod
    def parse(cls, sps: bytes) -> "SpsInfo":
        """Read an SPS NAL unit (with its header byte). Raises BadSps on anything else."""
        if not 5 <= len(sps) <= _LARGEST_SET or sps[0] & 0x9F != 7:
            raise BadSps("not a sequence parameter set")
        bits = BitReader(_unescape(sps[1:]))
        profile_idc, constraints, level_idc = bits.u(8), bits.u(8), bits.u(8)
        sps_id = bits.ue(31)
        chroma = _chroma_format(bits) if profile_idc in _PROFILES_WITH_CHROMA else 1
        _skip_picture_order(bits)
        width, height = _picture_size(bits, chroma)
        reorder = _reorder_frames(bits) if bits.u(1) else None
        return cls(sps_id, profile_idc, constraints, level_idc, width, height, reorder)


def codec_string(sps: bytes) -> str:
    """The RFC 6381 name of the stream, like "avc1.64001f". Raises BadSps if there is none."""
    if len(sps) < 4 or sps[0] & 0x9F != 7:
        raise BadSps("not a sequence parameter set")
    return f"avc1.{sps[1:4].hex()}"


def parameter_set_id(nal: bytes) -> int:
    """The id of a picture parameter set NAL unit. Raises BadSps if it has none."""
    return BitReader(_unescape(nal[1:16])).ue(255)


class BitReader:
    """Reads numbers of the H.264 syntax. Raises BadSps past the end or out of range."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def u(self, count: int) -> int:
        """The next `count` bits, unsigned."""
        self._left -= count
        if self._left < 0:
            raise BadSps("it ends too early")
        return (self._value >> self._left) & ((1 << count) - 1)

    def ue(self, largest: int = 2**32 - 2) -> int:
        """The next Exp-Golomb number, at most `largest`."""
        zeros = 0
        while not self.u(1):
            zeros += 1
            if zeros > 32:
                raise BadSps("a number is too long")
        number = (1 << zeros) - 1 + self.u(zeros)
        if number > largest:
            raise BadSps(f"{number} is more than {largest}")
        return number

    def se(self) -> int:
        """The next signed Exp-Golomb number."""
        number = self.ue()
        return (number + 1) // 2 if number % 2 else -(number // 2)


def _unescape(data: bytes) -> bytes:
    """Take out the emulation prevention bytes (7.4.1)."""
    return data.replace(b"\x00\x00\x03", b"\x00\x00")


def _chroma_format(bits: BitReader) -> int:
    chroma = bits.ue(3)
    is_separate = bool(bits.u(1)) if chroma == 3 else False
    bits.ue(6)
    bits.ue(6)
    bits.u(1)
    if bits.u(1):
        for index in range(12 if chroma == 3 else 8):
            if bits.u(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return 0 if is_separate else chroma


def _skip_scaling_list(bits: BitReader, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def _skip_picture_order(bits: BitReader) -> None:
    bits.ue(12)
    order_type = bits.ue(2)
    if order_type == 0:
        bits.ue(12)
    elif order_type == 1:
        bits.u(1)
        bits.se()
        bits.se()
        for _ in range(bits.ue(255)):
            bits.se()
    bits.ue(16)
    bits.u(1)


def _picture_size(bits: BitReader, chroma: int) -> tuple[int, int]:
    width = (bits.ue(_MOST_MACROBLOCKS - 1) + 1) * 16
    map_units = bits.ue(_MOST_MACROBLOCKS - 1) + 1
    is_frames_only = bits.u(1)
    if not is_frames_only:
        bits.u(1)
    height = map_units * 16 * (2 - is_frames_only)
    bits.u(1)
    if bits.u(1):
        unit_x = 2 if chroma in (1, 2) else 1
        unit_y = (2 if chroma == 1 else 1) * (2 - is_frames_only)
        width -= (bits.ue() + bits.ue()) * unit_x
        height -= (bits.ue() + bits.ue()) * unit_y
    if width <= 0 or height <= 0:
        raise BadSps("the picture is cropped away")
    return width, height


def _reorder_frames(bits: BitReader) -> int | None:
    if bits.u(1) and bits.u(8) == _EXTENDED_ASPECT_RATIO:
        bits.u(32)
    if bits.u(1):
        bits.u(1)
    if bits.u(1):
        bits.u(4)
        if bits.u(1):
            bits.u(24)
    if bits.u(1):
        bits.ue(5)
        bits.ue(5)
    if bits.u(1):
        bits.u(65)
    _skip_reference_decoders(bits)
    bits.u(1)
    if not bits.u(1):
        return None
    bits.u(1)
    for _ in range(4):
        bits.ue()
    return bits.ue(16)


def _skip_reference_decoders(bits: BitReader) -> None:
    """The NAL and VCL HRD parameters (E.1.2)."""
    is_any = False
    for _ in range(2):
        if not bits.u(1):
            continue
        is_any = True
        schedules = bits.ue(31) + 1
        bits.u(8)
        for _ in range(schedules):
            bits.ue()
            bits.ue()
            bits.u(1)
        bits.u(20)
    if is_any:
        bits.u(1)
