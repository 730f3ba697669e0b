"""A camera's newest GOPs, kept until it is known whether they are to be recorded."""

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from recordings.wanted import Wanted
from streaming.media.access_unit import AccessUnit


class Piece(NamedTuple):
    """Units of one GOP, in order, that nothing is missing between.

    `follows`: they continue the piece before. Otherwise the first of them is a keyframe.
    """

    gop: int
    units: list[AccessUnit]
    follows: bool

    @property
    def bytes(self) -> int:
        return sum(len(unit.data) for unit in self.units)


@dataclass(slots=True)
class _Gop:
    """`units` are those that were not given out yet."""

    number: int
    start_90k: int
    follows: bool
    end_90k: int = 0
    bytes: int = 0
    is_taken: bool = False
    units: list[AccessUnit] = field(default_factory=list)


class RollingBuffer:
    """Gives out whole GOPs, each unit once and in order, as soon as they are wanted.

    It keeps what is newer than `keep_90k` and at most `most_bytes`; what is older or more goes, and
    `shortened` counts the GOPs that went before their time. Not thread-safe.
    """

    def __init__(self, *, keep_90k: int, most_bytes: int) -> None:
        self.keep_90k = keep_90k
        self.shortened = 0
        self._most_bytes = most_bytes
        self._gops: deque[_Gop] = deque()
        self._bytes = 0
        self._number = 0
        self._is_whole = False
        self._taken = -1

    @property
    def bytes(self) -> int:
        """How much is kept now."""
        return self._bytes

    @property
    def next_90k(self) -> int | None:
        """When the first picture was taken after what was given out last, if that is known."""
        after = next((gop for gop in self._gops if gop.number > self._taken), None)
        return after.start_90k if after else None

    def lost(self) -> None:
        """Something is missing from here to the next keyframe."""
        self._is_whole = False

    def add(self, unit: AccessUnit) -> None:
        """The next unit of the camera."""
        if unit.is_keyframe:
            self._begin(unit)
        elif not self._is_whole or not self._gops:
            return
        gop = self._gops[-1]
        gop.units.append(unit)
        gop.end_90k = unit.pts_90k + 1
        gop.bytes += len(unit.data)
        self._bytes += len(unit.data)

    def take(self, wanted: Wanted) -> list[Piece]:
        """What is wanted of what is kept, and not given out yet."""
        oldest_90k = (self._gops[-1].end_90k if self._gops else 0) - self.keep_90k
        pieces = []
        while self._gops:
            gop = self._next_wanted(wanted, oldest_90k)
            if gop is None:
                break
            if gop.units:
                pieces.append(self._give(gop))
            if gop is self._gops[-1]:
                break
            self._gops.popleft()
        self._let_go(oldest_90k)
        return pieces

    def _begin(self, keyframe: AccessUnit) -> None:
        if self._gops:
            self._gops[-1].end_90k = keyframe.pts_90k
        self._number += 1
        self._gops.append(_Gop(self._number, keyframe.pts_90k, self._is_whole))
        self._is_whole = True

    def _next_wanted(self, wanted: Wanted, oldest_90k: int) -> _Gop | None:
        """The first GOP to give out, now the first of all: what is before it was not wanted."""
        for index, gop in enumerate(self._gops):
            is_wanted = gop.is_taken or wanted.is_sure(gop.start_90k, gop.end_90k)
            if not is_wanted and (gop.end_90k <= oldest_90k or self._bytes > self._most_bytes):
                # It cannot wait for being wanted for sure.
                is_wanted = wanted.is_possible(gop.start_90k, gop.end_90k)
            if is_wanted:
                for _ in range(index):
                    self._drop_first()
                return gop
        return None

    def _give(self, gop: _Gop) -> Piece:
        follows = gop.is_taken or (gop.follows and gop.number == self._taken + 1)
        piece = Piece(gop.number, gop.units, follows)
        self._bytes -= gop.bytes
        self._taken, gop.is_taken, gop.units, gop.bytes = gop.number, True, [], 0
        return piece

    def _let_go(self, oldest_90k: int) -> None:
        while len(self._gops) > 1 and self._gops[0].end_90k <= oldest_90k:
            self._drop_first()
        while self._bytes > self._most_bytes:
            self.shortened += 1
            self._drop_first()

    def _drop_first(self) -> None:
        self._bytes -= self._gops.popleft().bytes
        if not self._gops:
            # What comes now belongs to a GOP that is gone.
            self._is_whole = False
