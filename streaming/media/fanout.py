"""One stream for N viewers: packetised once, paced, with one history for retransmissions.

Everything here happens on the event loop's thread, and nothing waits.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from streaming.media.access_unit import AccessUnit
from streaming.media.packetise import PacketisedUnit

log = logging.getLogger(__name__)

# Slices leave so far apart: 32 packets each make 100 Mbit/s.
PACE_S = 0.0025
REPORT_S = 2.0
_MOST_KEPT_UNITS = 3600


class Viewer(Protocol):
    """One of those who watch a stream."""

    def put(self, unit: PacketisedUnit) -> bool:
        """Takes the next unit, in order. Whether `advance` has to be called."""

    def restart(self, units: Sequence[PacketisedUnit]) -> bool:
        """Goes back to the newest keyframe and what followed. Whether there is more to do."""

    def advance(self) -> bool:
        """Sends the next slice. Whether there is more to do."""

    def report(self) -> bool:
        """Tells the browser how much was sent. Whether there is more to do."""


class Fanout:
    """The viewers of one stream, and one timer for all of them while there is work.

    `recent` gives the newest keyframe and all that came after it until now.
    """

    def __init__(self, recent: Callable[[], Sequence[AccessUnit]]) -> None:
        self._recent = recent
        self._viewers: dict[Viewer, None] = {}
        self._behind: dict[Viewer, None] = {}
        self._kept: dict[int, PacketisedUnit] = {}
        self._pacing: asyncio.TimerHandle | None = None
        self._reporting: asyncio.TimerHandle | None = None

    @property
    def viewers(self) -> int:
        return len(self._viewers)

    def publish(self, unit: AccessUnit) -> None:
        """The next access unit, for everybody."""
        if not self._viewers:
            self._kept.clear()
            return
        if unit.is_keyframe or len(self._kept) > _MOST_KEPT_UNITS:
            self._kept.clear()
        packetised = self._kept[unit.pts_90k] = PacketisedUnit(unit)
        for viewer in list(self._viewers):
            self._guarded(viewer, partial(viewer.put, packetised))

    def join(self, viewer: Viewer) -> None:
        """Starts with the newest keyframe at once."""
        self._viewers[viewer] = None
        self.restart(viewer)
        if self._reporting is None:
            self._reporting = asyncio.get_running_loop().call_later(REPORT_S, self._report)

    def leave(self, viewer: Viewer) -> None:
        self._viewers.pop(viewer, None)
        self._behind.pop(viewer, None)
        if not self._viewers:
            for timer in (self._pacing, self._reporting):
                if timer is not None:
                    timer.cancel()
            self._pacing = self._reporting = None
            self._kept.clear()

    def restart(self, viewer: Viewer) -> None:
        """Begins again at the newest keyframe, for a viewer that has lost the picture."""
        if viewer in self._viewers:
            units = [self._packetised(unit) for unit in self._recent()]
            self._guarded(viewer, partial(viewer.restart, units))

    def _packetised(self, unit: AccessUnit) -> PacketisedUnit:
        packetised = self._kept.get(unit.pts_90k)
        if packetised is None:
            packetised = self._kept[unit.pts_90k] = PacketisedUnit(unit)
        return packetised

    def _guarded(self, viewer: Viewer, act: Callable[[], bool]) -> None:
        """One viewer's fault is nobody else's; it is left alone then, until its peer gives up."""
        try:
            is_behind = act()
        except Exception:
            # Whatever a peer makes us stumble over.
            log.exception("a viewer cannot be sent to")
            self._viewers.pop(viewer, None)
            is_behind = False
        if is_behind:
            self._behind[viewer] = None
            if self._pacing is None:
                self._pacing = asyncio.get_running_loop().call_later(PACE_S, self._pace)
        else:
            self._behind.pop(viewer, None)

    def _pace(self) -> None:
        self._pacing = None
        for viewer in list(self._behind):
            self._guarded(viewer, viewer.advance)

    def _report(self) -> None:
        self._reporting = asyncio.get_running_loop().call_later(REPORT_S, self._report)
        for viewer in list(self._viewers):
            self._guarded(viewer, viewer.report)
