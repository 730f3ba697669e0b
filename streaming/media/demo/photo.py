"""What is cut out of the cat's photograph: her face, and paper of her fur."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from streaming.media.demo.paper import SCALE, Point, Sheet, ellipse, rimmed, smooth

PHOTO = Path(__file__).resolve().parent.parent / "assets" / "chelsea.png"

# How large the photograph is in the picture, and how far it is continued above its upper edge.
FACE_SCALE = 0.33
_ABOVE = 40

_FACE: list[Point] = [
    (44, 52), (35, 100), (38, 138), (52, 178), (84, 216), (124, 247), (168, 272), (215, 284),
    (256, 284), (292, 273), (316, 246), (336, 206), (353, 165), (361, 125), (358, 84), (345, 40),
    (318, 4), (270, -18), (205, -26), (140, -20), (84, 8),
]  # fmt: skip
_LEFT_EAR: list[Point] = [(38, 70), (30, 0), (44, -78), (88, -52), (140, -18), (90, 40)]
_RIGHT_EAR: list[Point] = [(272, -10), (312, -50), (364, -84), (376, -10), (362, 60), (320, 40)]
_LEFT_EAR_INSIDE: list[Point] = [(56, 30), (50, -18), (57, -56), (80, -36), (106, -8), (76, 18)]
_RIGHT_EAR_INSIDE: list[Point] = [
    (300, -8), (324, -34), (352, -58), (360, -10), (350, 34), (322, 14),
]  # fmt: skip
_EYES = ((169.0, 113.0, 37.0, 32.0, 0.12), (317.0, 137.0, 26.0, 29.0, -0.45))


@dataclass(frozen=True)
class Heads:
    """Her head, RGBA, SCALE times final size, facing right."""

    awake: Image.Image
    asleep: Image.Image


def load_photo() -> Image.Image:
    """The photograph, a little brighter and warmer."""
    photo = Image.open(PHOTO).convert("RGB")
    return ImageEnhance.Color(ImageEnhance.Brightness(photo).enhance(1.1)).enhance(1.12)


def fur_paper(photo: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A sheet of paper of the fur of her forehead, repeated by mirroring."""
    patch = photo.crop((92, 6, 198, 72)).resize((127 * SCALE // 2, 79 * SCALE // 2))
    pixels = np.asarray(patch)
    tile = np.concatenate([pixels, pixels[:, ::-1]], 1)
    tile = np.concatenate([tile, tile[::-1]], 0)
    times = (-(-size[1] // tile.shape[0]), -(-size[0] // tile.shape[1]), 1)
    return Image.fromarray(np.tile(tile, times)[: size[1], : size[0]].copy())


def cut_heads(photo: Image.Image) -> Heads:
    """The head with its eyes open and closed."""
    return Heads(*(_head(photo, closed) for closed in (0.0, 1.0)))


def _head(photo: Image.Image, closed: float) -> Image.Image:
    width, height = 400, 400
    sheet = Sheet(width, height, origin=(2, 100))
    factor = SCALE
    ground = Image.new("RGB", (width * factor, height * factor))
    above = photo.crop((0, 0, photo.width, _ABOVE)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    for picture, y in ((above, 100 - _ABOVE), (photo, 100)):
        scaled = picture.resize((picture.width * factor, picture.height * factor))
        ground.paste(scaled, (2 * factor, y * factor))
    fur = fur_paper(photo, ground.size)
    dark = ImageEnhance.Brightness(fur).enhance(0.82)
    for ear, inside in ((_LEFT_EAR, _LEFT_EAR_INSIDE), (_RIGHT_EAR, _RIGHT_EAR_INSIDE)):
        sheet.glue(smooth(ear), dark)
        sheet.glue(smooth(inside), (226, 160, 146), shadow=0.25)
    sheet.glue(smooth(_FACE), ground, shadow=0.5)
    if closed:
        _close_eyes(sheet, fur, closed)
    final = SCALE * FACE_SCALE / factor
    small = sheet.image.resize(
        (round(sheet.image.width * final), round(sheet.image.height * final)),
        Image.Resampling.LANCZOS,
    )
    return small


def _close_eyes(sheet: Sheet, fur: Image.Image, closed: float) -> None:
    for x, y, rx, ry, turn in _EYES:
        lid = ellipse(x, y, rx, ry, turn)
        mask = Image.new("L", sheet.image.size)
        ImageDraw.Draw(mask).polygon(sheet.scaled(lid), fill=255)
        mask = mask.filter(ImageFilter.BoxBlur(3 * SCALE))
        edge = y - ry + 2 * ry * closed
        cover = [(x - 60, y - 60), (x + 60, y - 60), (x + 60, edge), (x - 60, edge)]
        sheet.glue(cover, fur, within=mask)
        sag = ry * (0.75 if closed == 1.0 else -0.1)
        lash = smooth(
            [
                (x - rx * 0.95, edge - ry * 0.8 * closed),
                (x, edge - ry + sag),
                (x + rx * 0.95, edge - ry * 0.8 * closed),
            ],
            closed=False,
        )
        sheet.line(lash, (52, 30, 22), 7)


def with_rim(image: Image.Image) -> Image.Image:
    """The white edge that scissors leave."""
    return rimmed(image, (255, 248, 236), 2.2)
