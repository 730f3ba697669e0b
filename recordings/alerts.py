"""What people should know about recording: rows, and for a moment the cache when the disk is full
of everything, the database too."""

import logging
from collections.abc import Iterable
from contextlib import suppress

from django.core.cache import cache
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from redis.exceptions import RedisError

from detections.access import User, households_of
from recordings.models import Alert
from streaming.models import Camera

log = logging.getLogger(__name__)

# Who cannot write rows tells again as long as it lasts.
UNWRITTEN_SECONDS = 30
MOST_ENDED = 1000
_UNWRITTEN = "recordings:unwritten-alerts"


def raise_alert(code: str, text: str, *, camera_id: int | None = None) -> None:
    """Tells people, from now until `end_alert`; the same again changes the text at most.

    Never raises: with the database away pages show it for UNWRITTEN_SECONDS.
    """
    try:
        with transaction.atomic():
            _raise(code, text, camera_id)
    except DatabaseError as error:
        log.warning("alert %s of camera %s not written: %s", code, camera_id, error)
        with suppress(RedisError):
            told = cache.get(_UNWRITTEN) or {}
            told[camera_id, code] = text, timezone.now()
            cache.set(_UNWRITTEN, told, UNWRITTEN_SECONDS)


def _forget_unwritten(camera_id: int | None, code: str) -> None:
    with suppress(RedisError):
        told = cache.get(_UNWRITTEN)
        if told and told.pop((camera_id, code), None):
            cache.set(_UNWRITTEN, told, UNWRITTEN_SECONDS)


def _raise(code: str, text: str, camera_id: int | None) -> None:
    is_open = Alert.objects.filter(code=code, camera=camera_id, ended=None)
    if is_open.exclude(text=text).update(text=text) or is_open.exists():
        return
    # Somebody else may tell it at this moment, or the camera be gone.
    with suppress(IntegrityError), transaction.atomic():
        if camera_id is None or Camera.objects.filter(pk=camera_id).exists():
            Alert.objects.create(code=code, text=text, camera_id=camera_id, since=timezone.now())


def end_alert(code: str, *, camera_id: int | None = None) -> None:
    """It is over; harmless when it never was. Raises what the database raises."""
    _forget_unwritten(camera_id, code)
    ended = Alert.objects.filter(code=code, camera=camera_id, ended=None)
    if ended.update(ended=timezone.now()):
        too_many = Alert.objects.exclude(ended=None).order_by("-pk").values_list("pk", flat=True)
        Alert.objects.filter(pk__in=list(too_many[MOST_ENDED : MOST_ENDED + 100])).delete()


def alerts_for(user: User) -> list[Alert]:
    """What `user` should know now, the newest first: of the own cameras, and of all cameras."""
    households = households_of(user)
    if not households:
        return []
    rows = list(_open_of(households))
    known = {(alert.camera_id, alert.code) for alert in rows}
    return [*(alert for alert in _unwritten(households) if _key(alert) not in known), *rows]


def _open_of(households: Iterable[int]) -> QuerySet[Alert]:
    mine = Q(camera=None) | Q(camera__household__in=households)
    return Alert.objects.filter(mine, ended=None).select_related("camera").order_by("-since")


def _unwritten(households: Iterable[int]) -> list[Alert]:
    try:
        told = cache.get(_UNWRITTEN)
    except RedisError:
        return []
    if not told:
        return []
    cameras = {camera.pk: camera for camera in Camera.objects.filter(household__in=households)}
    return [
        Alert(camera=cameras.get(camera_id), code=code, text=text, since=since)
        for (camera_id, code), (text, since) in told.items()
        if camera_id is None or camera_id in cameras
    ]


def _key(alert: Alert) -> tuple[int | None, str]:
    return alert.camera_id, alert.code
