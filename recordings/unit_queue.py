"""From the event loop to the thread that writes: bounded, and nobody on the loop ever waits."""

import threading
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from recordings.rolling import Piece

MOST_BYTES = 64 * 1024 * 1024


class End(NamedTuple):
    """The segment that is being written is over. `next_90k` is when the first picture was taken
    that is left out, if that is known."""

    next_90k: int | None = None


Order = Piece | End


class UnitQueue:
    """Pieces of GOPs on their way to the disk.

    When the disk is too slow for `most_bytes`, the newest GOP is left out as far as it still waits,
    with all that is yet to come of it; `dropped_gops` and `dropped_units` count that.
    """

    def __init__(self, *, most_bytes: int = MOST_BYTES) -> None:
        self.dropped_gops = self.dropped_units = 0
        self._most_bytes = most_bytes
        self._orders: deque[Order] = deque()
        self._bytes = 0
        self._changed = threading.Condition()
        self._is_closed = False
        self._dropped_gop = -1
        self._has_gap = False

    @property
    def bytes(self) -> int:
        """How much waits. Any thread."""
        return self._bytes

    def put(self, pieces: Iterable[Piece]) -> None:
        """Let them be written. Never waits."""
        # All at once: waking the thread for each picture would cost as much as writing it.
        with self._changed:
            for piece in pieces:
                self._put(piece)
            self._changed.notify_all()

    def end(self, next_90k: int | None = None) -> None:
        """The segment that is being written is over."""
        with self._changed:
            self._orders.append(End(next_90k))
            self._changed.notify_all()

    def close(self) -> None:
        """Nothing more will come: `take` gives out the rest, then None."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def take(self, timeout_s: float) -> list[Order] | None:
        """All that waits; [] when there is nothing for so long, None at the end."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._orders or self._is_closed, timeout_s):
                return []
            if not self._orders:
                return None
            orders = list(self._orders)
            self._orders.clear()
            self._bytes = 0
            return orders

    def _put(self, piece: Piece) -> None:
        if piece.gop == self._dropped_gop:
            self.dropped_units += len(piece.units)
        elif self._bytes + piece.bytes > self._most_bytes:
            self._drop(piece)
        else:
            if self._has_gap:
                piece, self._has_gap = piece._replace(follows=False), False
            self._bytes += piece.bytes
            self._orders.append(piece)

    def _drop(self, piece: Piece) -> None:
        """Leave out the whole GOP of this piece, whatever of it still waits."""
        self._dropped_gop, self._has_gap = piece.gop, True
        self.dropped_gops += 1
        self.dropped_units += len(piece.units)
        while self._orders and isinstance(waiting := self._orders[-1], Piece):
            if waiting.gop != piece.gop:
                break
            self._orders.pop()
            self._bytes -= waiting.bytes
            self.dropped_units += len(waiting.units)
