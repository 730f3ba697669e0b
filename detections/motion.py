"""How much moved before a camera and when: kept by the hour, a byte for each ten seconds."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import F

from detections.clocks import MachineClock, boot_of, this_machine, wall_of
from detections.models import Boot, Motion
from detections.vision.motion_levels import (
    NOT_LOOKED,
    STEP_90K,
    STEP_S,
    STEPS_AN_HOUR,
    Levels,
)
from streaming.models import Camera

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
STEP = timedelta(seconds=STEP_S)
# Others are a source's mistake.
_MOST_STEPS_LATE, _MOST_STEPS_AHEAD = 25 * STEPS_AN_HOUR, 1
_HOUR_90K = STEPS_AN_HOUR * STEP_90K


class MotionTold(NamedTuple):
    """A level (vision.motion_levels) for each STEP from `start` on, which is a whole STEP of the
    clock. Steps at the end that nobody looked at are left out."""

    start: datetime
    levels: bytes


def keep_motion(by_camera: Mapping[int, Levels], clock: MachineClock | None = None) -> None:
    """Keeps the levels, by camera and step of media time, in one transaction: of those that are
    there already the higher one counts. Cameras that are gone are passed over.

    `clock` is of the machine that captures; None when that is this one.
    """
    if not by_camera:
        return
    clock = clock or this_machine()
    with transaction.atomic():
        boot = boot_of(clock)
        _follow_clock(boot)
        there = Camera.objects.filter(pk__in=by_camera).values_list("pk", flat=True)
        hours = {
            (camera_id, hour): levels
            for camera_id in there
            for hour, levels in _by_hour(by_camera[camera_id], clock.now_90k // STEP_90K)
        }
        _add_known(boot, hours)
        Motion.objects.bulk_create(
            [
                Motion(
                    camera_id=camera_id,
                    boot=boot,
                    hour=hour,
                    started_at=wall_of(boot, hour * _HOUR_90K),
                    levels=bytes(levels),
                )
                for (camera_id, hour), levels in hours.items()
            ],
            update_conflicts=True,
            unique_fields=["camera", "boot", "hour"],
            update_fields=["levels"],
        )


def motion_between(camera: Camera, since: datetime, until: datetime) -> MotionTold:
    """What moved in that stretch of time. One query.

    Of what was looked at twice at the same time, because the clock had been set back, the higher
    level counts.
    """
    start = since - (since - _EPOCH) % STEP
    levels = bytearray(-((start - until) // STEP))
    rows = Motion.objects.filter(
        camera=camera, started_at__gt=start - HOUR - STEP, started_at__lt=until
    ).order_by()
    for started_at, told in rows.values_list("started_at", "levels"):
        # Media time's steps begin at any second, so each is told of the nearest one of the clock.
        _raise(levels, round((started_at - start) / STEP), bytes(told))
    return MotionTold(start, bytes(levels).rstrip(bytes([NOT_LOOKED])))


def forget_motion(camera_id: int, before: datetime) -> int:
    """Takes away the camera's hours that began earlier; how many there were."""
    old = Motion.objects.filter(camera=camera_id, started_at__lt=before)
    # Who only looks locks nothing.
    return old.delete()[0] if old.exists() else 0


def _follow_clock(boot: Boot) -> None:
    """When the clock was set, all hours of the boot are of other times: by the same shift, for
    they are always moved together."""
    of_boot = Motion.objects.filter(boot=boot)
    one = of_boot.only("hour", "started_at").first()
    if one is None:
        return
    shift = wall_of(boot, one.hour * _HOUR_90K) - one.started_at
    if shift:
        of_boot.update(started_at=F("started_at") + shift)


def _by_hour(levels: Levels, now_step: int) -> Iterator[tuple[int, bytearray]]:
    """Whole hours; without what cannot be of this run of the machine and of now."""
    first, last = max(now_step - _MOST_STEPS_LATE, 0), now_step + _MOST_STEPS_AHEAD
    of_now = {step: level for step, level in levels.items() if first <= step <= last}
    for hour in {step // STEPS_AN_HOUR for step in of_now}:
        steps = range(hour * STEPS_AN_HOUR, (hour + 1) * STEPS_AN_HOUR)
        yield hour, bytearray(of_now.get(step, NOT_LOOKED) for step in steps)


def _add_known(boot: Boot, hours: dict[tuple[int, int], bytearray]) -> None:
    known = Motion.objects.filter(
        camera__in={camera_id for camera_id, _ in hours},
        boot=boot,
        hour__in={hour for _, hour in hours},
    )
    for camera_id, hour, levels in known.values_list("camera_id", "hour", "levels"):
        if (camera_id, hour) in hours:
            _raise(hours[camera_id, hour], 0, bytes(levels))


def _raise(levels: bytearray, at: int, others: bytes) -> None:
    """Puts the `others` there from `at` on, as far as that is inside, where they are higher."""
    others = others[max(-at, 0) :]
    at = max(at, 0)
    here = levels[at : at + len(others)]
    levels[at : at + len(here)] = bytes(map(max, here, others))
