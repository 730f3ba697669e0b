"""What happens to cameras: changes with their transaction and their news."""

from pathlib import Path

from django.conf import settings
from django.core.cache import cache

from streaming.media.config import CameraConfig
from streaming.models import Camera

# Health is news, not truth: it lives in the cache for as long as somebody keeps telling it.
HEALTH_SECONDS = 15


def camera_config(camera: Camera) -> CameraConfig:
    """The row as the pure parts want it."""
    return CameraConfig(
        camera_id=camera.pk,
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
