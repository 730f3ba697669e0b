"""What is let go, and how far back recordings will reach: decisions without a disk or a clock."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

# The clock moved by more between two looks: it was set, or nothing ran meanwhile.
JUMP = timedelta(minutes=10)
# How much faster than time passes ages may catch up with a clock that jumped ahead.
PACE = 2

Reason = Literal["camera_gone", "age", "camera_quota", "quota"]


class StoredSegment(NamedTuple):
    """A segment that may be let go: neither protected nor being written. `bytes` on the disk."""

    segment_id: UUID
    camera_id: int
    ended_at: datetime
    bytes: int


class Decision(NamedTuple):
    segment_id: UUID
    reason: Reason
    bytes: int


@dataclass(frozen=True, slots=True)
class CameraLimits:
    """How long a camera's recordings are kept, and how many bytes they may take (None: any)."""

    keep: timedelta
    quota_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """The cameras that there are, by number, and what may be taken in all (None: any)."""

    cameras: Mapping[int, CameraLimits]
    quota_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Used:
    """What is taken now, in bytes.

    `cameras`: each one's segments, protected and growing ones too, with its clips. `others`: what
    belongs to no camera. `short`: how much the disk has less free than it should.
    """

    cameras: Mapping[int, int]
    others: int = 0
    short: int = 0

    @property
    def total(self) -> int:
        return sum(self.cameras.values()) + self.others


def next_ages_at(now: datetime, looked_at: datetime | None, ages_at: datetime | None) -> datetime:
    """The time by which ages count at this look; call it at each, with what the last one had.

    It is the clock's, unless that jumped ahead: then it waits at that look, and afterwards follows
    PACE times as fast as time passes. So a wrong clock, which may be put right, costs little. It
    follows a clock that is set back at once: that makes everything younger.
    """
    if looked_at is None or ages_at is None:
        return now
    passed = now - looked_at
    if timedelta(0) < passed <= JUMP:
        ages_at += PACE * passed
    return min(now, ages_at)


class Growth:
    """How much will be written until the next look: as much as lately in the same time."""

    def __init__(self, within_s: float) -> None:
        self._within_s = within_s
        self._marks: deque[tuple[float, int]] = deque()

    def expected(self, written_bytes: int, now_s: float) -> int:
        """In `within_s`. Call it at each look with all that was written so far."""
        while len(self._marks) > 1 and now_s - self._marks[1][0] >= self._within_s:
            self._marks.popleft()
        self._marks.append((now_s, written_bytes))
        since_s, before = self._marks[0]
        share = self._within_s / max(self._within_s, now_s - since_s)
        return max(0, round((written_bytes - before) * share))


def plan(
    segments: Iterable[StoredSegment],
    used: Used,
    limits: Limits,
    ages_at: datetime,
    *,
    most: int | None = None,
) -> list[Decision]:
    """What is let go now: what is older than its camera keeps, then the oldest above a limit.

    That may be a lot after the limits were changed: with `most` it is so many of the first.

    `segments` come in the order of recording, which no clock changes, the oldest first, but before
    all others those of cameras that were taken away; no more of them are taken than needed. What
    was recorded after something younger counts as young as that: its clock was wrong.
    """
    excess = _Excess(used, limits)
    shortest = min((camera.keep for camera in limits.cameras.values()), default=timedelta(0))
    reached = datetime.min.replace(tzinfo=ages_at.tzinfo)
    decisions: list[Decision] = []
    for segment in segments:
        if len(decisions) == most:
            break
        camera = limits.cameras.get(segment.camera_id)
        if segment.ended_at <= ages_at:
            reached = max(reached, segment.ended_at)
        ended_at = max(reached, segment.ended_at)
        reason: Reason | None = "camera_gone" if camera is None else None
        if camera is not None and ended_at < ages_at - camera.keep:
            reason = "age"
        reason = reason or excess.reason(segment)
        if reason:
            decisions.append(Decision(segment.segment_id, reason, segment.bytes))
            excess.freed(segment)
        elif reached >= ages_at - shortest and excess.is_none():
            break
    return decisions


class _Excess:
    """Bytes above the limits, in all and by camera, while segments go."""

    def __init__(self, used: Used, limits: Limits) -> None:
        over = 0 if limits.quota_bytes is None else used.total - limits.quota_bytes
        self._in_all = max(over, used.short)
        self._by_camera = {
            camera_id: used.cameras.get(camera_id, 0) - camera.quota_bytes
            for camera_id, camera in limits.cameras.items()
            if camera.quota_bytes is not None
        }

    def reason(self, segment: StoredSegment) -> Reason | None:
        if self._by_camera.get(segment.camera_id, 0) > 0:
            return "camera_quota"
        return "quota" if self._in_all > 0 else None

    def freed(self, segment: StoredSegment) -> None:
        self._in_all -= segment.bytes
        if segment.camera_id in self._by_camera:
            self._by_camera[segment.camera_id] -= segment.bytes

    def is_none(self) -> bool:
        return self._in_all <= 0 and all(over <= 0 for over in self._by_camera.values())


@dataclass(frozen=True, slots=True)
class Forecast:
    """How far back recordings will reach when all goes on as lately.

    `cameras`: of each that records. `by`: what ends it for the camera that reaches back least: the
    age, the camera's own limit, or the room for all of them.
    """

    cameras: Mapping[int, timedelta] = field(default_factory=dict)
    by: Literal["age", "limit", "room"] = "age"

    @property
    def reach(self) -> timedelta | None:
        """Of the camera that reaches back least; None when nothing is recorded."""
        return min(self.cameras.values(), default=None)


def forecast(
    bytes_per_day: Mapping[int, float], limits: Limits, room_bytes: int | None
) -> Forecast:
    """How long each camera's recordings will last.

    `bytes_per_day`: what was recorded lately, by camera. `room_bytes`: what recordings that may be
    let go can take in all; None for any.
    """
    own = {
        camera_id: _own_reach(rate, limits.cameras[camera_id])
        for camera_id, rate in bytes_per_day.items()
        if rate > 0 and camera_id in limits.cameras
    }
    rates = {camera_id: bytes_per_day[camera_id] for camera_id in own}
    needed = sum(rates[camera_id] * _days(reach) for camera_id, reach in own.items())
    if room_bytes is None or needed <= room_bytes:
        least = min(own, key=lambda camera_id: own[camera_id], default=None)
        is_old = least is None or own[least] == limits.cameras[least].keep
        return Forecast(own, "age" if is_old else "limit")
    # The oldest of all cameras goes first: they end together, but for those that end sooner.
    left, together = float(max(0, room_bytes)), dict(rates)
    for camera_id, reach in sorted(own.items(), key=lambda item: item[1]):
        if left / sum(together.values()) <= _days(reach):
            break
        left -= together.pop(camera_id) * _days(reach)
    shared = timedelta(days=left / sum(together.values()))
    return Forecast({camera_id: min(reach, shared) for camera_id, reach in own.items()}, "room")


def _own_reach(rate: float, limits: CameraLimits) -> timedelta:
    if limits.quota_bytes is None:
        return limits.keep
    return min(limits.keep, timedelta(days=min(limits.quota_bytes / rate, limits.keep.days + 1)))


def _days(reach: timedelta) -> float:
    return reach / timedelta(days=1)
