"""What the recorder process is to do, as the database says it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import chain
from typing import NamedTuple

from detections.clocks import media_time_of
from detections.models import Boot, Visit
from recordings.models import Clip
from recordings.services import policies
from recordings.wanted import Rule, Seen, Span
from streaming.media.config import CameraConfig
from streaming.services import enabled_cameras

# What was asked for by hand and ended so long ago is recorded, or never will be.
_LOOKS_BACK = timedelta(minutes=2)


class Assignment(NamedTuple):
    """A camera, and what of it is to be recorded."""

    config: CameraConfig
    rule: Rule


def assignments(boot: Boot, now: datetime) -> list[Assignment]:
    """Those cameras that something may be recorded of."""
    told, by_hand = policies(), _by_hand(boot, now)
    assigned = []
    for config in enabled_cameras():
        policy = told.get(config.camera_id)
        if policy is None:
            continue
        spans = tuple(by_hand.get(config.camera_id, ()))
        rule = Rule(policy.mode, policy.pre_s, policy.post_s, spans)
        if not rule.is_off:
            assigned.append(Assignment(config, rule))
    return assigned


def visits_since(camera_ids: Iterable[int], boot: Boot, since_90k: int) -> dict[int, list[Seen]]:
    """Who was there after that, or still is, by camera. However many were there before."""
    columns = "camera", "start_90k", "end_90k", "is_open"
    visits = Visit.objects.filter(camera__in=camera_ids, boot=boot, is_refuted=False)
    visits = visits.values_list(*columns)
    # In one query, or in another order, all of the boot's would be read.
    lately = visits.filter(end_90k__gte=since_90k).order_by("camera", "end_90k")
    going_on = visits.filter(is_open=True).order_by("camera", "boot", "source")
    seen: dict[int, list[Seen]] = {}
    # One that ends between the two is told by both, rather than by none.
    for camera_id, start_90k, end_90k, is_open in chain(going_on, lately):
        seen.setdefault(camera_id, []).append(Seen(start_90k, end_90k, is_open))
    return seen


def _by_hand(boot: Boot, now: datetime) -> dict[int, list[Span]]:
    """A clip that waits for its end to come wants it recorded, whatever the camera's policy."""
    waiting = Clip.objects.filter(
        state=Clip.State.WAITING, ended_at__gt=now - _LOOKS_BACK, camera__isnull=False
    ).order_by()
    spans: dict[int, list[Span]] = {}
    columns = "camera", "started_at", "ended_at"
    for camera_id, started_at, ended_at in waiting.values_list(*columns):
        span = Span(media_time_of(boot, started_at), media_time_of(boot, ended_at))
        spans.setdefault(camera_id, []).append(span)
    return spans
