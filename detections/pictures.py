"""Pictures of visits: files beside the photos of pets, one for each visit's best moment."""

import logging
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av

from detections.models import Visit
from detections.photos import pictures_dir
from detections.storing import Picture
from detections.vision.appearance import look_of
from detections.vision.boxes import Box
from detections.vision.eyes import picture_of
from streaming.media.jpeg import encode_jpeg

log = logging.getLogger(__name__)

# A row names its picture as soon as it is committed.
_LOST_AFTER_S = 3600
# Files are compared with rows in so many parts, by the first digit of their names.
_DIGITS = "0123456789abcdef"

# Camera and media time; None when the picture is not at hand.
PictureAt = Callable[[int, int], av.VideoFrame | None]


def keep_picture(picture_at: PictureAt, camera_id: int, t_90k: int, box: Box) -> Picture | None:
    """The picture of that moment as a file, and how what is in the box looks. In any thread.

    None when the picture is not at hand or cannot be written: the visit goes without.
    """
    frame = picture_at(camera_id, t_90k)
    if frame is None:
        return None
    try:
        name = _write(encode_jpeg(frame))
    except (OSError, av.FFmpegError) as error:
        log.warning("camera %d: a visit's picture was not kept: %s", camera_id, error)
        return None
    look = look_of(picture_of(frame), box)
    return Picture(name, look.tobytes() if look.any() else b"")


def _write(jpeg: bytes) -> str:
    """The name of a new file; a name that exists is a whole picture."""
    directory = pictures_dir()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"visit-{secrets.token_hex(12)}.jpg"
    part = directory / f"{name}.part"
    part.write_bytes(jpeg)
    part.rename(directory / name)
    return name


def clear_lost_pictures(*, now_s: float | None = None) -> int:
    """Removes files that no visit names, and says how many.

    A picture goes with its visit; this is for what was cut off in between.
    """
    before_s = (time.time() if now_s is None else now_s) - _LOST_AFTER_S
    removed = 0
    for digit in _DIGITS:
        stem = f"visit-{digit}"
        named = set(
            Visit.objects.filter(picture__startswith=stem).values_list("picture", flat=True)
        )
        for path in _older(f"{stem}*", before_s):
            if path.name not in named:
                path.unlink(missing_ok=True)
                removed += 1
    return removed


def _older(pattern: str, before_s: float) -> Iterator[Path]:
    for path in pictures_dir().glob(pattern):
        try:
            if path.stat().st_mtime < before_s:
                yield path
        except FileNotFoundError:
            continue
