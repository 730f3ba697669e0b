"""H.264 byte streams (ITU-T H.264 Annex B): split, inspect, and make safe what strangers write."""

from collections.abc import Iterable
from dataclasses import dataclass

from streaming.media.access_unit import AccessUnit
from streaming.media.sps import BadSps, SpsInfo, codec_string, parameter_set_id

__all__ = [
    "START_CODE",
    "BadNalUnits",
    "BadSps",
    "ParameterSets",
    "Sanitiser",
    "SpsInfo",
    "avcc_to_annexb",
    "codec_string",
    "is_keyframe",
    "nal_type",
    "nal_units",
    "parameter_sets",
    "split_nal_units",
]

START_CODE = b"\x00\x00\x00\x01"
LARGEST_NAL = 4 * 1024 * 1024
MOST_NALS = 2048
LARGEST_PARAMETER_SET = 4096

_PREFIX = b"\x00\x00\x01"
_IDR, _SPS, _PPS = 5, 7, 8
_SLICES = frozenset({1, 2, 3, 4, 5})
_DELIMITER_AND_FILLER = frozenset({9, 12})


class BadNalUnits(ValueError):
    """The bytes are not the NAL units that they should be."""


@dataclass(frozen=True, slots=True)
class ParameterSets:
    """The SPS and PPS of a keyframe, NAL units without start codes."""

    sps: bytes
    pps: bytes


def split_nal_units(data: bytes) -> list[bytes]:
    """The NAL units of a byte stream, without start codes, padding and empty ones."""
    return [data[begin:end] for begin, end in _spans(data) if end > begin]


def nal_units(unit: AccessUnit) -> list[bytes]:
    """Those of an access unit; looks for them only if nobody has yet."""
    if not unit.nals:
        return split_nal_units(unit.data)
    return [unit.data[begin:end] for begin, end in unit.nals]


def nal_type(nal: bytes) -> int:
    """nal_unit_type of a NAL unit that has at least its header byte."""
    return nal[0] & 0x1F


def is_keyframe(data: bytes) -> bool:
    """Whether the first slice of a byte stream belongs to an IDR picture."""
    at = data.find(_PREFIX)
    while 0 <= at < len(data) - 3:
        kind = data[at + 3] & 0x1F
        if kind in _SLICES:
            return kind == _IDR
        at = data.find(_PREFIX, at + 3)
    return False


def parameter_sets(data: bytes) -> ParameterSets | None:
    """The first SPS and the first PPS of a byte stream; None if it lacks either."""
    found: dict[int, bytes] = {}
    for begin, end in _spans(data):
        kind = data[begin] & 0x1F if end > begin else 0
        if kind in _SLICES:
            break
        if kind in (_SPS, _PPS):
            found.setdefault(kind, data[begin:end])
    if _SPS not in found or _PPS not in found:
        return None
    return ParameterSets(found[_SPS], found[_PPS])


def avcc_to_annexb(data: bytes, length_size: int) -> bytes:
    """Turn length-prefixed NAL units (ISO/IEC 14496-15) into a byte stream.

    Raises BadNalUnits when the lengths do not add up.
    """
    if length_size not in (1, 2, 4):
        raise BadNalUnits(f"a length field of {length_size} bytes does not exist")
    parts: list[bytes] = []
    at = 0
    while at < len(data):
        begin = at + length_size
        at = begin + int.from_bytes(data[at:begin], "big")
        if begin > len(data) or at > len(data):
            raise BadNalUnits("a NAL unit is longer than its sample")
        if at > begin:
            parts += (START_CODE, data[begin:at])
    return b"".join(parts)


def _spans(data: bytes) -> list[tuple[int, int]]:
    """Begin and end of each NAL unit, at most MOST_NALS + 1 of them.

    Zero bytes before a start code and at the end are padding: a NAL unit never ends in one.
    """
    spans: list[tuple[int, int]] = []
    find = data.find
    at = find(_PREFIX)
    while at >= 0 and len(spans) <= MOST_NALS:
        begin = at + 3
        at = find(_PREFIX, begin)
        end = len(data) if at < 0 else at
        if end > begin and not data[end - 1]:
            end = begin + len(data[begin:end].rstrip(b"\x00"))
        spans.append((begin, end))
    return spans


class Sanitiser:
    """Makes access units of one stream safe for packetisers, muxers and decoders.

    What comes out has a 4-byte start code before each NAL unit, at least one slice, and SPS and
    PPS before each IDR slice. Nothing comes out before the first IDR picture, nor between a
    damaged unit and the next IDR picture, because what refers to it would be damaged as well.
    Not thread-safe; never raises, whatever the bytes are.
    """

    def __init__(self) -> None:
        self.sps: SpsInfo | None = None
        # Where the NAL units lie in what came out last.
        self.nals: tuple[tuple[int, int], ...] = ()
        self.is_waiting = True
        self.dropped_units = 0
        self.dropped_nals = 0
        self._sets: dict[tuple[int, int], bytes] = {}

    def lost(self) -> None:
        """Tell that units are missing before the next one."""
        self.is_waiting = True

    def clean(self, data: bytes) -> bytes | None:
        """The unit made safe (the same object if it was), or None if it must not be shown."""
        unit = _Unit(data)
        cleaned = None if self._is_damaged(unit) else self._accept(unit)
        if cleaned is None:
            self.dropped_units += 1
        return cleaned

    def _is_damaged(self, unit: "_Unit") -> bool:
        """Learn the unit's parameter sets; damage breaks what follows, too."""
        for kind, nal in unit.sets:
            try:
                self._learn(kind, nal)
            except BadSps:
                unit.damaged += 1
        self.dropped_nals += unit.ignored + unit.damaged
        if unit.damaged:
            self.is_waiting = True
        return unit.damaged > 0

    def _accept(self, unit: "_Unit") -> bytes | None:
        if not unit.has_slice or (self.is_waiting and not unit.has_idr):
            return None
        if not unit.has_idr:
            return self._joined(unit)
        if not self._has_both_sets():
            self.is_waiting = True
            return None
        self.is_waiting = False
        if unit.leading_sets.issuperset(self._sets.values()):
            return self._joined(unit)
        ordered = [self._sets[key] for key in sorted(self._sets)]
        return self._join([*ordered, *unit.without_sets()])

    def _joined(self, unit: "_Unit") -> bytes:
        if unit.is_canonical:
            self.nals = tuple(unit.kept)
            return unit.data
        return self._join(unit.data[begin:end] for begin, end in unit.kept)

    def _join(self, nals: Iterable[bytes]) -> bytes:
        parts, spans, at = [], [], 0
        for nal in nals:
            begin = at + len(START_CODE)
            at = begin + len(nal)
            parts += [START_CODE, nal]
            spans.append((begin, at))
        self.nals = tuple(spans)
        return b"".join(parts)

    def _learn(self, kind: int, nal: bytes) -> None:
        """Keep a parameter set. A changed SPS makes the PPSs of the old one worthless."""
        if len(nal) > LARGEST_PARAMETER_SET:
            raise BadSps("a parameter set is too long")
        if kind == _PPS:
            self._sets[_PPS, parameter_set_id(nal)] = nal
            return
        if nal in self._sets.values():
            return
        self.sps = SpsInfo.parse(nal)
        self._sets = {key: kept for key, kept in self._sets.items() if key[0] == _SPS}
        self._sets[_SPS, self.sps.sps_id] = nal

    def _has_both_sets(self) -> bool:
        return {kind for kind, _ in self._sets} == {_SPS, _PPS}


class _Unit:
    """One access unit taken apart."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.kept: list[tuple[int, int]] = []
        self.sets: list[tuple[int, bytes]] = []
        self.leading_sets: set[bytes] = set()
        self.has_slice = self.has_idr = self.is_canonical = False
        self.ignored = self.damaged = 0
        spans = _spans(data)
        if len(spans) > MOST_NALS:
            self.damaged += 1
            return
        for begin, end in spans:
            self._sort_in(begin, end)
        self.is_canonical = self._is_canonical(len(spans))

    def _sort_in(self, begin: int, end: int) -> None:
        """A NAL unit is kept, ignored because decoders would ignore it, or marks damage."""
        size = end - begin
        header = self.data[begin] if size else 0
        kind = header & 0x1F
        if header & 0x80 or size > LARGEST_NAL:
            self.damaged += 1
        elif kind == 0 or kind >= 24 or (kind in _SLICES and size < 2):
            self.ignored += 1
        elif kind not in _DELIMITER_AND_FILLER:
            self._keep(kind, begin, end)

    def _keep(self, kind: int, begin: int, end: int) -> None:
        self.kept.append((begin, end))
        if kind in _SLICES:
            self.has_slice = True
            self.has_idr = self.has_idr or kind == _IDR
        elif kind in (_SPS, _PPS):
            nal = self.data[begin:end]
            self.sets.append((kind, nal))
            if not self.has_slice:
                self.leading_sets.add(nal)

    def _is_canonical(self, count: int) -> bool:
        """Whether the bytes are what would be made of them."""
        if len(self.kept) != count or not self.kept:
            return False
        before = 0
        for begin, end in self.kept:
            if begin - before != 4 or self.data[begin - 4]:
                return False
            before = end
        return before == len(self.data)

    def without_sets(self) -> list[bytes]:
        """The kept NAL units but SPS and PPS."""
        nals = [self.data[begin:end] for begin, end in self.kept]
        return [nal for nal in nals if nal_type(nal) not in (_SPS, _PPS)]
