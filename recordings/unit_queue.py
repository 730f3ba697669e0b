"""From the event loop to the thread that writes: bounded, and nobody on the loop ever waits."""

import threading
from collections import deque
from typing import NamedTuple

from recordings.rolling import Piece

# So much is on its way when the process is killed, besides a fragment that is not full yet.
BATCH_S = 0.05
BATCH_BYTES = 256 * 1024
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

    def __init__(self, *, most_bytes: int = MOST_BYTES, batch_s: float = BATCH_S) -> None:
        self.dropped_gops = self.dropped_units = 0
        self._most_bytes, self._batch_s = most_bytes, batch_s
        self._orders: deque[Order] = deque()
        self._bytes = 0
        self._changed = threading.Condition()
        self._is_closed = self._is_due = False
        self._dropped_gop = -1
        self._has_gap = False

    @property
    def bytes(self) -> int:
        """How much waits. Any thread."""
        return self._bytes

    def put(self, piece: Piece) -> None:
        """Let it be written. Never waits."""
        with self._changed:
            if piece.gop == self._dropped_gop:
                self.dropped_units += len(piece.units)
                return
            if self._bytes + piece.bytes > self._most_bytes:
                self._drop(piece)
                return
            if self._has_gap:
                piece, self._has_gap = piece._replace(follows=False), False
            self._bytes += piece.bytes
            self._add(piece, is_due=self._bytes >= BATCH_BYTES)

    def end(self, next_90k: int | None = None) -> None:
        """The segment that is being written is over."""
        with self._changed:
            self._add(End(next_90k), is_due=True)

    def close(self) -> None:
        """Nothing more will come: `take` gives out the rest, then None."""
        with self._changed:
            self._is_closed = self._is_due = True
            self._changed.notify_all()

    def take(self, timeout_s: float) -> list[Order] | None:
        """All that waits, a batch at a time; [] when there is nothing for so long, None at the end.

        A batch is what comes within `batch_s` of its first piece, or BATCH_BYTES.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._orders or self._is_closed, timeout_s):
                return []
            self._changed.wait_for(lambda: self._is_due, self._batch_s)
            if not self._orders:
                return None
            orders = list(self._orders)
            self._orders.clear()
            self._bytes, self._is_due = 0, self._is_closed
            return orders

    def _add(self, order: Order, *, is_due: bool) -> None:
        # Waking the thread for each picture would cost as much as writing it.
        has_news = not self._orders or (is_due and not self._is_due)
        self._orders.append(order)
        self._is_due |= is_due
        if has_news:
            self._changed.notify_all()

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
