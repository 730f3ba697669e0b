"""What happens to cameras: changes with their transaction and their news."""

import asyncio
import logging
from functools import partial
from pathlib import Path

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils.text import slugify
from redis.exceptions import RedisError

from streaming.media.config import CameraConfig
from streaming.media.problems import DISABLED, STARTING
from streaming.messages import (
    CAMERAS_GROUP,
    STREAMERS_GROUP,
    AccessChanged,
    CameraChanged,
    CameraState,
    user_group,
)
from streaming.models import Camera

log = logging.getLogger(__name__)

# Health is news, not truth: it lives in the cache for as long as somebody keeps telling it.
HEALTH_SECONDS = 15
# A broker that takes longer to take a message is as good as away.
BROKER_PATIENCE_S = 2.0


def save_camera(camera: Camera) -> None:
    """Adds or changes the camera; bridge, streamer and open pages follow at once.

    A camera without a slug gets one made from its name.
    """
    with transaction.atomic():
        camera.slug = camera.slug or _free_slug(camera.name)
        camera.save()
        announce_camera(camera.pk)


def remove_camera(camera: Camera) -> None:
    """Takes the camera away; its pictures stop at once."""
    with transaction.atomic():
        camera_id = camera.pk
        camera.delete()
        announce_camera(camera_id)


def _free_slug(name: str) -> str:
    stem = slugify(name)[:50] or "camera"
    taken = set(Camera.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    candidates = [stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 2))]
    return next(slug for slug in candidates if slug not in taken)


def announce_camera(camera_id: int) -> None:
    """Tells everybody, after commit, that the camera or what belongs to it has changed."""
    news: CameraChanged = {"type": "camera.changed", "camera_id": camera_id}
    transaction.on_commit(partial(_send, CAMERAS_GROUP, news))


def announce_access_changed(user_id: int) -> None:
    """Tells streamers and the person's sockets to look again what this person may see."""
    news: AccessChanged = {"type": "access.changed", "user_id": user_id}
    _send(STREAMERS_GROUP, news)
    _send(user_group(user_id), news)


def _send(group: str, news: CameraChanged | AccessChanged) -> None:
    """Without a broker what has happened stands: whom it concerns looks by itself every 5 s."""
    try:
        async_to_sync(_send_in_time)(group, news)
    except (RedisError, OSError, TimeoutError) as error:
        log.info("%s not told to %s: %s", news["type"], group, error)


async def _send_in_time(group: str, news: CameraChanged | AccessChanged) -> None:
    async with asyncio.timeout(BROKER_PATIENCE_S):
        await get_channel_layer().group_send(group, news)


def camera_config(camera: Camera) -> CameraConfig:
    """The row as the pure parts want it."""
    return CameraConfig(
        camera_id=camera.pk or 0,
        slug=camera.slug,
        name=camera.name,
        kind=camera.source_kind,
        address=camera.source_address,
        rtsp_transport=camera.rtsp_transport,
        allows_transcoding=camera.allows_transcoding,
        ring_path=ring_path(camera),
        ring_bytes=camera.ring_megabytes * 1024 * 1024,
        jpeg_ring_path=jpeg_ring_path(camera.pk),
    )


def ring_path(camera: Camera) -> Path:
    """Where the camera's frame ring lies."""
    if camera.source_kind == Camera.SourceKind.SHARED_MEMORY:
        return Path("/dev/shm") / camera.source_address.lstrip("/")
    return settings.PETCAM_RUN_DIR / f"camera-{camera.pk}.ring"


def jpeg_ring_path(camera_id: int) -> Path:
    """Where the streamer leaves JPEG pictures of the camera when somebody wants them."""
    return settings.PETCAM_RUN_DIR / f"camera-{camera_id}.jpeg"


def enabled_cameras() -> list[CameraConfig]:
    """Every camera that should be running."""
    return [camera_config(camera) for camera in Camera.objects.filter(is_enabled=True)]


def tell_health(camera_id: int, part: str, health: dict[str, object]) -> None:
    """Keep what `part` ("source" or "stream") says of the camera for HEALTH_SECONDS."""
    cache.set(f"camera-health:{camera_id}:{part}", health, HEALTH_SECONDS)


def health_of(camera_id: int) -> dict[str, dict[str, object]]:
    """What is known of the camera now: {"source": {...}, "stream": {...}}, empty when nothing."""
    keys = {part: f"camera-health:{camera_id}:{part}" for part in ("source", "stream")}
    known = cache.get_many(keys.values())
    return {part: known.get(key, {}) for part, key in keys.items()}


def known_state(camera: Camera) -> CameraState:
    """The camera's state as the streamer told it last, "starting" when it has not."""
    stream = health_of(camera.pk)["stream"]
    state: CameraState = {
        "type": "camera.state",
        "camera_id": camera.pk,
        "state": stream.get("state", "starting"),
        "code": stream.get("code", STARTING.code),
        "text": stream.get("text", STARTING.text),
        "sensor": stream.get("sensor", ""),
        "viewers": stream.get("viewers", 0),
    }
    if not camera.is_enabled:
        state |= {"state": "disabled", "code": DISABLED.code, "text": DISABLED.text}
    return state
