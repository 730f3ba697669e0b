"""A camera's pictures as everybody downstream may use them: followed, cleaned, with their times."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from streaming.media.access_unit import AccessUnit
from streaming.media.annexb import Sanitiser, is_keyframe
from streaming.media.clock import VIDEO_CLOCK_RATE, media_time_90k
from streaming.media.follow import RingFollower
from streaming.media.ring_file import RingStatus

_MOST_SENSORS = 8
_MOST_KEPT_UNITS = 3600
_MOST_KEPT_BYTES = 32 * 1024 * 1024


@dataclass(slots=True)
class FeedCounters:
    """What went through a feed since it was made."""

    units: int = 0
    keyframes: int = 0
    bytes: int = 0
    dropped_units: int = 0
    dropped_nals: int = 0


class CameraFeed:
    """A ring's access units made safe, one reader for everybody in this process.

    Each unit that `on_unit` gets can be decoded with what came before it: there are SPS and PPS in
    each keyframe, nothing comes between a loss and the next keyframe nor from a sensor that has
    not sent one, sizes are known, and `pts_90k` grows. `sequence` counts what came out, from 0.
    """

    def __init__(
        self,
        path: Path,
        *,
        on_unit: Callable[[AccessUnit], None],
        on_status: Callable[[RingStatus], None],
        look_every_s: float | None = None,
    ) -> None:
        """`look_every_s`: for who is in no hurry, see RingFollower."""
        self.counters = FeedCounters()
        self._on_unit = on_unit
        self._follower = RingFollower(
            path, on_unit=self._take, on_status=self._take_status, look_every_s=look_every_s
        )
        self._on_status = on_status
        self._epoch = 0
        self._expected = 0
        self._sensor: int | None = None
        self._sanitisers: dict[int, Sanitiser] = {}
        self._last_pts = -1
        self._since_keyframe: list[AccessUnit] = []
        self._kept_bytes = 0

    @property
    def status(self) -> RingStatus:
        """How the ring does now."""
        return self._follower.status

    async def run(self) -> None:
        """Follow the ring until cancelled."""
        await self._follower.run()

    def units_since_keyframe(self) -> list[AccessUnit]:
        """The newest keyframe given to `on_unit` and all after it: no gap, nothing twice."""
        return list(self._since_keyframe)

    def _take_status(self, status: RingStatus) -> None:
        if status.epoch != self._epoch or status.state in ("missing", "unreadable"):
            self._epoch = status.epoch
            self._expected = -1
            self._forget_kept()
        self._on_status(status)

    def _take(self, unit: AccessUnit) -> None:
        is_gap = unit.sequence != self._expected
        self._expected = unit.sequence + 1
        if is_gap:
            for sanitiser in self._sanitisers.values():
                sanitiser.lost()
        cleaned = self._clean(unit)
        if cleaned is None:
            return
        self._keep(cleaned)
        self.counters.units += 1
        self.counters.keyframes += cleaned.is_keyframe
        self.counters.bytes += len(cleaned.data)
        self._on_unit(cleaned)

    def _clean(self, unit: AccessUnit) -> AccessUnit | None:
        sanitiser = self._sanitiser(unit.sensor)
        nals_before = sanitiser.dropped_nals
        data = sanitiser.clean(unit.data)
        self.counters.dropped_nals += sanitiser.dropped_nals - nals_before
        has_idr = data is not None and is_keyframe(data)
        # The pictures of a camera that takes over refer to a keyframe that nobody has seen.
        if data is None or (unit.sensor != self._sensor and not has_idr):
            self.counters.dropped_units += 1
            return None
        if unit.sensor != self._sensor:
            self._leave_sensor()
        self._sensor = unit.sensor
        width, height = unit.width, unit.height
        if sanitiser.sps and not (width and height):
            width, height = sanitiser.sps.width, sanitiser.sps.height
        # A time of the future would hold up everything after it.
        capture_ns = min(unit.capture_ns, time.monotonic_ns())
        self._last_pts = self._pts(unit.pts_90k, capture_ns)
        return AccessUnit(
            data,
            capture_ns,
            self._last_pts,
            has_idr,
            width,
            height,
            unit.sensor,
            self.counters.units,
            sanitiser.nals,
        )

    def _leave_sensor(self) -> None:
        """When the old one comes back it must start at a keyframe again."""
        if self._sensor in self._sanitisers:
            self._sanitisers[self._sensor].lost()

    def _sanitiser(self, sensor: int) -> Sanitiser:
        if sensor not in self._sanitisers:
            if len(self._sanitisers) >= _MOST_SENSORS:
                self._sanitisers.clear()
            self._sanitisers[sensor] = Sanitiser()
        return self._sanitisers[sensor]

    def _pts(self, pts: int, capture_ns: int) -> int:
        """The media time, derived from the capture time if the producer counts from elsewhere."""
        derived = media_time_90k(capture_ns)
        is_ours = abs(pts - derived) < VIDEO_CLOCK_RATE
        return max(pts if is_ours else derived, self._last_pts + 1)

    def _keep(self, unit: AccessUnit) -> None:
        if unit.is_keyframe:
            self._forget_kept()
        elif not self._since_keyframe:
            return
        self._since_keyframe.append(unit)
        self._kept_bytes += len(unit.data)
        if len(self._since_keyframe) > _MOST_KEPT_UNITS or self._kept_bytes > _MOST_KEPT_BYTES:
            self._forget_kept()

    def _forget_kept(self) -> None:
        self._since_keyframe = []
        self._kept_bytes = 0
