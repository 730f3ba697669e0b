"""Writes the seed's shared memory step by step, so that tests can stop it anywhere."""

import os
import struct
import time

from streaming.media.seed_ring import LAYOUTS

SLOT = struct.Struct("<QqqiiiiQ")
SIZES = {layout.names: size for size, layout in LAYOUTS.items()}


class SeedWriter:
    """One segment. Slots are written with `count` before or after `copy`, as the test likes."""

    def __init__(self, path, names="A0 or A"):
        self.layout = LAYOUTS[SIZES[names]]
        self.fd = os.open(path, os.O_CREAT | os.O_RDWR, 0o666)
        os.ftruncate(self.fd, SIZES[names])
        self.index = 0

    def close(self):
        os.close(self.fd)

    def count(self):
        """Count the index up, like the writer does before or after it copies."""
        self.index += 1
        os.pwrite(self.fd, struct.pack("<I", self.index), 0)

    def copy(self, index, data, number, *, camera=0, stamp_ns=None, size=(640, 480), kind=3):
        """Fill the slot of an index."""
        stamp_ns = time.monotonic_ns() if stamp_ns is None else stamp_ns
        at = self.layout.first_slot_at + index % self.layout.slots * self.layout.slot_bytes
        fields = SLOT.pack(number, *divmod(stamp_ns, 10**9), camera, *size, kind, len(data))
        os.pwrite(self.fd, fields, at)
        os.pwrite(self.fd, data, at + self.layout.data_at)

    def write(self, data, number, **fields):
        """A whole picture."""
        self.copy(self.index, data, number, **fields)
        self.count()

    def zero(self):
        """What the daemon does to an old segment when it starts."""
        size = os.fstat(self.fd).st_size
        os.ftruncate(self.fd, 0)
        os.ftruncate(self.fd, size)
        self.index = 0
