"""Where recordings lie, what of which camera is recorded, and what becomes of clips."""

import errno
from collections.abc import Iterable, Mapping

from django.conf import settings
from django.core.cache import cache
from django.db import transaction

from recordings.files.names import CLIPS, Store, StoreRefused
from recordings.models import Clip, Policy, Segment, Storage
from streaming.models import Camera
from streaming.services import announce_camera

# Health is news, not truth: it lives in the cache for as long as the recorder keeps telling it.
HEALTH_SECONDS = 25


def store() -> Store:
    """The folder of recordings, not looked at yet: fit for reading."""
    return Store(settings.PETCAM_RECORDINGS_DIR)


def storage() -> Storage:
    """The row of the folder of recordings, made if it is missing."""
    return Storage.objects.get_or_create(pk=Storage.ONLY)[0]


def open_store() -> Store:
    """The folder of recordings, known to be this portal's: fit for writing.

    It is made while nothing was ever recorded. Raises StoreRefused for another one, or when its
    disk is not mounted, and OSError as the disk does.
    """
    opened, uuid = store(), storage().uuid
    has_files = Segment.objects.exists() or Clip.objects.filter(state=Clip.State.READY).exists()
    if opened.uuid() is None and not has_files:
        opened.make(uuid)
    opened.check(uuid)
    return opened


def policies() -> dict[int, Policy]:
    """What of every camera is recorded, by its number; off where nobody has said anything."""
    told = {policy.camera_id: policy for policy in Policy.objects.select_related("camera")}
    untold = Camera.objects.exclude(pk__in=told)
    return told | {camera.pk: Policy(camera=camera) for camera in untold}


def policy_of(camera: Camera) -> Policy:
    """What of the camera is recorded."""
    return Policy.objects.filter(camera=camera).first() or Policy(camera=camera)


def make_policies() -> None:
    """Gives every camera a row, so that owners find it among the others."""
    untold = Camera.objects.filter(recording_policy__isnull=True)
    Policy.objects.bulk_create([Policy(camera=camera) for camera in untold], ignore_conflicts=True)


def save_policy(policy: Policy) -> None:
    """Changes what of a camera is recorded; the recorder follows at once."""
    with transaction.atomic():
        policy.save()
        announce_camera(policy.camera_id)


def rename_clip(clip: Clip, title: str) -> None:
    """Gives the clip another title."""
    clip.title = title
    clip.save(update_fields=["title"])


def delete_clips(clips: Iterable[Clip]) -> int:
    """Deletes files, then rows: a clip is never left on the disk without anybody knowing of it.

    Raises OSError as the disk does, and when it is away.
    """
    kept_in, gone = store(), 0
    for clip in clips:
        path = kept_in.root / CLIPS / f"{clip.file}.mp4"
        if path.parent.is_dir():
            kept_in.remove(path)
        elif clip.state == Clip.State.READY:
            _check_there(kept_in)
        gone += Clip.objects.filter(pk=clip.pk).delete()[0]
    return gone


def _check_there(kept_in: Store) -> None:
    try:
        kept_in.check(storage().uuid)
    except StoreRefused as refused:
        raise OSError(errno.ENODEV, str(refused)) from refused


def tell_health(camera_id: int, health: Mapping[str, object]) -> None:
    """Keep what the recorder says of the camera for HEALTH_SECONDS: `state` and `text` for people,
    whatever else it counts."""
    cache.set(_health_key(camera_id), dict(health), HEALTH_SECONDS)


def health_of(camera_ids: Iterable[int]) -> dict[int, dict[str, object]]:
    """What is known of the cameras' recording now, {} for those of which nothing is."""
    keys = {camera_id: _health_key(camera_id) for camera_id in camera_ids}
    known = cache.get_many(keys.values())
    return {camera_id: known.get(key, {}) for camera_id, key in keys.items()}


def _health_key(camera_id: int) -> str:
    return f"camera-health:{camera_id}:recording"
