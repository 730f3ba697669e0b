"""The bytes of a frame ring file, as docs/frame-ring.md describes them. All little-endian."""

import struct
from dataclasses import dataclass
from enum import IntEnum

MAGIC = b"PCAMRING"
VERSION = 1
HEADER_BYTES = 256
SLOT_BYTES = 64
MOST_SLOTS = 1 << 20
KEYFRAME = 1
# A heartbeat is due every second; a writer that missed more than two of them is dead.
HEARTBEAT_TIMEOUT_NS = 2_500_000_000

HEAD_AT = 64
TAIL_AT = 72
KEYFRAME_AT = 128
HEARTBEAT_AT = 136

WORD = struct.Struct("<Q")
PLACES = struct.Struct("<QQ")
HEADER = struct.Struct("<8sIIQIIIIQQ8xQQ48xQQ112x")
# begin, capture ns, pts, payload place, length, flags, width, height, sensor, CRC-32, end
SLOT = struct.Struct("<QqqQIIIIIIQ")
SLOT_FIELDS = struct.Struct("<QqqQIIIII")
assert HEADER.size == HEADER_BYTES
assert SLOT.size == SLOT_BYTES


class Codec(IntEnum):
    """What the access units of a ring are."""

    H264 = 1
    JPEG = 2


class BadRing(ValueError):
    """The file is not a frame ring that this version reads; the message says why."""


@dataclass(slots=True)
class Header:
    """The header of a ring file, checked. `keyframe` is a sequence + 1, 0 while there is none.

    The numbers from `head` on move while the writer writes; `refresh` takes the new ones.
    """

    unchanging: bytes
    epoch: int
    codec: Codec
    camera_number: int
    slots: int
    slot_bytes: int
    header_bytes: int
    payload_at: int
    payload_bytes: int
    head: int
    tail: int
    keyframe: int
    heartbeat_ns: int

    @classmethod
    def parse(cls, data: bytes, file_bytes: int) -> "Header":
        """Read and check a header. Raises BadRing, also for offsets past `file_bytes`."""
        if len(data) < HEADER_BYTES:
            raise BadRing("the file is too short to be a frame ring")
        (
            magic,
            version,
            header_bytes,
            epoch,
            codec,
            camera_number,
            slots,
            slot_bytes,
            payload_at,
            payload_bytes,
            head,
            tail,
            keyframe,
            heartbeat_ns,
        ) = HEADER.unpack_from(data)
        if magic != MAGIC:
            raise BadRing("the file does not begin like a frame ring")
        if version != VERSION:
            raise BadRing(f"layout version {version} is not known")
        if codec not in (Codec.H264, Codec.JPEG):
            raise BadRing(f"codec {codec} is not known")
        if epoch == 0:
            raise BadRing("its writer has not finished making it")
        is_sound = (
            header_bytes >= HEADER_BYTES
            and slot_bytes >= SLOT_BYTES
            and 2 <= slots <= MOST_SLOTS
            and payload_bytes > 0
            and payload_at >= header_bytes + slots * slot_bytes
            and payload_at + payload_bytes <= file_bytes
        )
        if not is_sound:
            raise BadRing("its numbers do not fit the file")
        return cls(
            data[:HEAD_AT],
            epoch,
            Codec(codec),
            camera_number,
            slots,
            slot_bytes,
            header_bytes,
            payload_at,
            payload_bytes,
            head,
            tail,
            keyframe,
            heartbeat_ns,
        )

    def refresh(self, data: bytes) -> bool:
        """Take the moving numbers of a later copy; False if more than those has changed."""
        if len(data) < HEADER_BYTES or data[:HEAD_AT] != self.unchanging:
            return False
        self.head, self.tail = PLACES.unpack_from(data, HEAD_AT)
        self.keyframe, self.heartbeat_ns = PLACES.unpack_from(data, KEYFRAME_AT)
        return True

    def slot_at(self, sequence: int) -> int:
        """Where in the file the slot of a sequence number is."""
        return self.header_bytes + sequence % self.slots * self.slot_bytes
