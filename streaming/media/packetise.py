"""Access units as RTP payloads (RFC 6184, packetization mode 1), made once for all viewers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from streaming.media.access_unit import AccessUnit
from streaming.media.annexb import nal_type, nal_units

# With header, extensions, SRTP, UDP and IPv6 around it this fits what every path carries.
MAX_PACKET_BYTES = 1200
RTP_HEADER_BYTES = 12
_MAX_EXTENSION_BYTES = 12
# A retransmission carries the original sequence number too (RFC 4588).
_RTX_BYTES = 2
MAX_PAYLOAD_BYTES = MAX_PACKET_BYTES - RTP_HEADER_BYTES - _MAX_EXTENSION_BYTES - _RTX_BYTES
# Packets that leave in one go: home routers' queues and browsers' sockets are short.
SLICE_PACKETS = 32

_SLICES = frozenset({1, 2, 3, 4, 5})
_STAP_A, _FU_A = 24, 28


class Header(NamedTuple):
    """What the packets of several viewers may have in common.

    `extension` is a whole RTP header extension (RFC 8285) or empty, `tag_bytes` is the room
    that SRTP wants behind each packet.
    """

    payload_type: int
    extension: bytes
    tag_bytes: int


@dataclass(frozen=True, slots=True)
class Run:
    """Packets of one unit that may leave in one segmented send: all of `lengths` are equal, but
    the last may be shorter. They lie at `begin` to `end` of the template, `tag_bytes` apart."""

    first: int
    begin: int
    end: int
    lengths: tuple[int, ...]
    segment_bytes: int
    payload_bytes: int


class Template:
    """A unit's packets in one piece, without sequence numbers, timestamp, SSRC and SRTP."""

    __slots__ = ("data", "runs")

    def __init__(self, payloads: list[bytes], header: Header) -> None:
        first = 0x90 if header.extension else 0x80
        fixed = bytes([first, header.payload_type]) + bytes(10) + header.extension
        last = bytes([first, 0x80 | header.payload_type]) + fixed[2:]
        tag = bytes(header.tag_bytes)
        heads = [fixed] * (len(payloads) - 1) + [last]
        self.data = memoryview(
            b"".join(part for pair in zip(heads, payloads, strict=True) for part in (*pair, tag))
        )
        self.runs = tuple(_runs(payloads, len(fixed), header.tag_bytes))

    def run_of(self, index: int) -> Run:
        """Packet number `index` alone."""
        run = next(one for one in reversed(self.runs) if one.first <= index)
        begin = run.begin + (index - run.first) * run.segment_bytes
        length = run.lengths[index - run.first]
        tag_bytes = run.segment_bytes - run.lengths[0]
        return Run(index, begin, begin + length + tag_bytes, (length,), length + tag_bytes, 0)


class PacketisedUnit:
    """An access unit as its RTP payloads. Its templates are made when first asked for."""

    __slots__ = ("_templates", "is_keyframe", "payloads", "pts_90k", "size")

    def __init__(self, unit: AccessUnit) -> None:
        self.payloads = rtp_payloads(nal_units(unit))
        self.size = len(unit.data)
        self.pts_90k = unit.pts_90k
        self.is_keyframe = unit.is_keyframe
        self._templates: dict[Header, Template] = {}

    def template(self, header: Header) -> Template:
        template = self._templates.get(header)
        if template is None:
            template = self._templates[header] = Template(self.payloads, header)
        return template


def rtp_payloads(nals: Iterable[bytes]) -> list[bytes]:
    """The payloads of the packets for these NAL units, in order; none exceeds MAX_PAYLOAD_BYTES.

    Parameter sets and their like share a packet, each slice has its own, larger ones several of
    the same size, of which only the last may be shorter.
    """
    payloads: list[bytes] = []
    small: list[bytes] = []
    for nal in nals:
        if nal_type(nal) in _SLICES or len(nal) > MAX_PAYLOAD_BYTES - 3:
            payloads += _aggregated(small)
            payloads += _fragments(nal)
            small = []
        else:
            if sum(len(other) + 2 for other in small) + len(nal) > MAX_PAYLOAD_BYTES - 3:
                payloads += _aggregated(small)
                small = []
            small.append(nal)
    return payloads + list(_aggregated(small))


def _aggregated(nals: list[bytes]) -> Iterator[bytes]:
    """RFC 6184 section 5.7.1, or the NAL unit itself if there is but one."""
    if len(nals) > 1:
        importance = max(nal[0] & 0x60 for nal in nals)
        sized = (part for nal in nals for part in (len(nal).to_bytes(2, "big"), nal))
        yield bytes([importance | _STAP_A]) + b"".join(sized)
    else:
        yield from nals


def _fragments(nal: bytes) -> Iterator[bytes]:
    """RFC 6184 section 5.8, or the NAL unit itself if it fits."""
    if len(nal) <= MAX_PAYLOAD_BYTES:
        yield nal
        return
    size = len(nal) - 1
    count = -(-size // (MAX_PAYLOAD_BYTES - 2))
    piece = -(-size // count)
    indicator, kind = nal[0] & 0xE0 | _FU_A, nal[0] & 0x1F
    for begin in range(1, len(nal), piece):
        start = 0x80 if begin == 1 else 0
        end = 0x40 if begin + piece >= len(nal) else 0
        yield bytes([indicator, start | end | kind]) + nal[begin : begin + piece]


def _runs(payloads: list[bytes], head_bytes: int, tag_bytes: int) -> Iterator[Run]:
    sizes = [len(payload) for payload in payloads]
    first = begin = 0
    while first < len(sizes):
        last = first + 1
        while (
            last < len(sizes)
            and last - first < SLICE_PACKETS
            and sizes[last - 1] == sizes[first] >= sizes[last]
        ):
            last += 1
        lengths = tuple(size + head_bytes for size in sizes[first:last])
        end = begin + sum(lengths) + tag_bytes * len(lengths)
        yield Run(first, begin, end, lengths, lengths[0] + tag_bytes, sum(sizes[first:last]))
        first, begin = last, end
