"""Follows a ring on an event loop: every unit is handed on within a few milliseconds."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from streaming.media.access_unit import AccessUnit
from streaming.media.pacer import Pacer
from streaming.media.ring import Codec, RingReader, open_ring
from streaming.media.ring_file import RingStatus
from streaming.media.seed_ring import SeedRingReader
from streaming.media.watch import FileWatch

log = logging.getLogger(__name__)

_LOOK_ANYWAY_S = 0.25
# While the kernel tells of each picture. Waking up is most of what one viewer costs.
_LOOK_RARELY_S = 1.0


class RingFollower:
    """One reader of a ring for everybody in this process.

    `on_unit` gets each unit and `on_status` each change of the ring's state, both on the loop of
    `run`; they must not block. What they raise is logged and harms nobody else.
    """

    def __init__(
        self,
        path: Path,
        *,
        on_unit: Callable[[AccessUnit], None],
        on_status: Callable[[RingStatus], None],
        look_every_s: float | None = None,
    ) -> None:
        """With `look_every_s` nothing wakes the loop for each unit, which costs most of following:
        they come together, so many seconds late at most, and those of all rings at the same time.
        Rings of the seed's layouts, which hold only a few units, are followed closely all the same.
        """
        self._path = path
        self._look_every_s = look_every_s
        self._on_unit = on_unit
        self._on_status = on_status
        self._reader: RingReader | SeedRingReader = RingReader(path)
        self._told: RingStatus | None = None
        self._last: tuple[int, int] | None = None
        self._watch: FileWatch | None = None
        self._pacer = Pacer()
        # Until a unit is found by the clock: our own writers wake their readers.
        self._is_woken = True
        self._heard_at_s = float("-inf")
        self._is_running = False
        self._timer: asyncio.TimerHandle | None = None

    @property
    def status(self) -> RingStatus:
        """How the ring does now."""
        return self._reader.status

    @property
    def codec(self) -> Codec:
        """What the ring holds; H264 while there is none."""
        return self._reader.codec

    async def run(self) -> None:
        """Follow the ring until cancelled."""
        loop = asyncio.get_running_loop()
        if self._look_every_s is None:
            self._watch = self._new_watch()
        if self._watch:
            self._watch.renew()
            loop.add_reader(self._watch.fd, self._on_event)
        self._is_running = True
        try:
            self._on_time()
            await loop.create_future()
        finally:
            self._stop(loop)

    def units_since_keyframe(self) -> list[AccessUnit]:
        """The newest keyframe handed on and all handed on after it: no gap, nothing twice."""
        if self._last is None or self._last[0] != self._reader.status.epoch:
            return []
        units = self._reader.units_since_keyframe()
        return [unit for unit in units if unit.sequence <= self._last[1]]

    def _new_watch(self) -> FileWatch | None:
        try:
            return FileWatch(self._path)
        except OSError as error:
            log.warning("%s: no file watch (%s), looking by the clock", self._path, error)
            return None

    def _stop(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_running = False
        if self._look_every_s is not None:
            # What has come since the last look.
            while self._hand_on() and self._reader.has_more:
                continue
        if self._timer:
            self._timer.cancel()
        if self._watch:
            loop.remove_reader(self._watch.fd)
            self._watch.close()
            self._watch = None
        self._reader.close()

    def _on_event(self) -> None:
        """The kernel says that something happened to the file."""
        if self._watch and self._watch.was_written():
            self._is_woken = True
        if self._hand_on():
            self._heard_at_s = asyncio.get_running_loop().time()

    def _on_time(self) -> None:
        """Look although nobody called: producers that only map the file wake nobody."""
        loop = asyncio.get_running_loop()
        is_told = loop.time() - self._heard_at_s < _LOOK_RARELY_S
        delay_s = _LOOK_RARELY_S if is_told else _LOOK_ANYWAY_S
        try:
            if self._watch and not self._reader.is_attached:
                self._watch.renew()
            if self._hand_on():
                self._is_woken = False
            if not self._is_woken:
                delay_s = self._pacer.delay_s(loop.time())
            if self._look_every_s is not None and isinstance(self._reader, RingReader):
                delay_s = self._look_every_s - loop.time() % self._look_every_s
        finally:
            self._timer = loop.call_later(delay_s, self._on_time)

    def _hand_on(self) -> int:
        """Give out what is new; how many units that were."""
        units = self._reader.poll()
        if not units and not self._reader.is_attached and self._has_other_layout():
            units = self._reader.poll()
        epoch = self._reader.epoch
        told = self._told
        if told is None or not units or told.state != "live" or told.epoch != epoch:
            self._tell(self._reader.status)
        for unit in units:
            self._last = epoch, unit.sequence
            self._call(self._on_unit, unit)
        loop = asyncio.get_running_loop()
        if units:
            self._pacer.arrived(loop.time(), len(units))
        if self._reader.has_more:
            # Others have their turn first.
            loop.call_soon(self._hand_on_rest)
        return len(units)

    def _hand_on_rest(self) -> None:
        if self._is_running:
            self._hand_on()

    def _tell(self, status: RingStatus) -> None:
        if self._told is None or _has_changed(self._told, status):
            self._told = status
            self._call(self._on_status, status)

    def _has_other_layout(self) -> bool:
        """Whether the file at the path needs the other kind of reader; takes it if so."""
        reader = open_ring(self._path)
        if type(reader) is type(self._reader):
            return False
        self._reader.close()
        self._reader = reader
        return True

    def _call(self, callback: Callable[..., None], value: AccessUnit | RingStatus) -> None:
        try:
            callback(value)
        except Exception:
            # One bad viewer must not stop the others' pictures.
            log.exception("%s: a reader of the ring failed", self._path)


def _has_changed(old: RingStatus, new: RingStatus) -> bool:
    return (old.state, old.epoch, old.detail) != (new.state, new.epoch, new.detail)
