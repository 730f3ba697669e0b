"""Photos of pets: made small and harmless before they are kept, beside the visits' pictures."""

import io
import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

SIDE_PX = 512
MAX_BYTES = 8 * 1024 * 1024
# Judged by the header, before a pixel is decoded: phones make 50 million.
MAX_PIXELS = 64_000_000
FORMATS = ("JPEG", "PNG", "WEBP")
_NAME = re.compile(r"[A-Za-z0-9][\w-]{0,70}\.jpg", re.ASCII)


class NotAPhoto(ValueError):
    """The file is no picture that can be kept; the text says why, for people."""


def pictures_dir() -> Path:
    """Where pictures and photos lie."""
    return settings.PETCAM_DATA_DIR / "pictures"


def read(name: str) -> bytes | None:
    """The picture of that name, as a row has it; None when there is none."""
    if not _NAME.fullmatch(name):
        return None
    try:
        return (pictures_dir() / name).read_bytes()
    except OSError:
        return None


def jpeg_of(file: BinaryIO) -> bytes:
    """A square JPEG of SIDE_PX without whatever else the file carries; raises NotAPhoto."""
    # The web process holds nothing that decodes until somebody brings a photo.
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415  (see above)

    try:
        with Image.open(file, formats=FORMATS) as photo:
            if photo.width * photo.height > MAX_PIXELS:
                raise NotAPhoto("The photo has too many pixels: 64 million at most.")
            photo.draft("RGB", (2 * SIDE_PX, 2 * SIDE_PX))
            upright = ImageOps.exif_transpose(photo)
            square = ImageOps.fit(upright.convert("RGB"), (SIDE_PX, SIDE_PX))
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise NotAPhoto("Choose a photo: a JPEG, PNG or WebP file.") from error
    except (OSError, SyntaxError, ValueError) as error:
        if isinstance(error, NotAPhoto):
            raise
        raise NotAPhoto("The photo is damaged. Choose another one.") from error
    made = io.BytesIO()
    square.save(made, "JPEG", quality=85, optimize=True)
    return made.getvalue()


def keep(jpeg: bytes) -> str:
    """Writes the photo under a new name, which it returns; a name that exists is a whole photo."""
    directory = pictures_dir()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"pet-{secrets.token_hex(12)}.jpg"
    part = directory / f"{name}.part"
    part.write_bytes(jpeg)
    part.rename(directory / name)
    return name


def drop(name: str) -> None:
    """Takes the photo away, if there is one."""
    if _NAME.fullmatch(name):
        (pictures_dir() / name).unlink(missing_ok=True)


def drop_all(names: Iterable[str]) -> None:
    """Takes several away."""
    for name in names:
        drop(name)
