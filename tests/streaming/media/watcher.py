"""A viewer without a network (fanout.Viewer): remembers what it was given."""

from collections.abc import Sequence

from streaming.media.packetise import PacketisedUnit


class Watcher:
    """Has `slices` of work left, whatever it is given."""

    def __init__(self, *, slices: int = 0) -> None:
        self.taken: list[PacketisedUnit] = []
        self.starts: list[list[PacketisedUnit]] = []
        self.slices = slices
        self.advanced = self.reports = 0

    def put(self, unit: PacketisedUnit) -> bool:
        self.taken.append(unit)
        return self.advanced < self.slices

    def restart(self, units: Sequence[PacketisedUnit]) -> bool:
        self.starts.append(list(units))
        return self.advanced < self.slices

    def advance(self) -> bool:
        self.advanced += 1
        return self.advanced < self.slices

    def report(self) -> bool:
        self.reports += 1
        return self.advanced < self.slices
