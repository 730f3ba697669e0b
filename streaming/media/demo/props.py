"""The small things that move: clock hands, digits, the ball of yarn, shadows, dreams."""

import math
from datetime import datetime

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from streaming.media.demo.paper import SCALE, Colour, Point, Sheet, ellipse, ribbon
from streaming.media.demo.room import CLOCK_RADIUS_PX
from streaming.media.demo.sprite import Sprite, sprite_of

YARN_RADIUS_PX = 23
YARN_TURNS = 12
_INK: Colour = (44, 33, 31)
_CREAM: Colour = (243, 230, 208)


def clock_hands(now: datetime) -> Sprite:
    """Hour, minute and second hand on a square twice CLOCK_RADIUS_PX wide."""
    side = 2 * CLOCK_RADIUS_PX
    sheet = Sheet(side, side, origin=(side / 2, side / 2))
    minutes = now.minute + now.second / 60
    hours = now.hour % 12 + minutes / 60
    for turn, length, width, colour in (
        (hours / 12, 26, 6.0, _INK),
        (minutes / 60, 38, 4.0, _INK),
        (now.second / 60, 41, 2.0, (201, 84, 62)),
    ):
        angle = 2 * math.pi * turn
        tip, back = _around(angle, length), _around(angle, -8)
        sheet.glue(
            ribbon([back, _around(angle, length / 2), tip], [width, width]), colour, shadow=0.3
        )
    sheet.glue(ellipse(0, 0, 4.5, 4.5), (201, 84, 62))
    return sprite_of(sheet.reduced())


def _around(angle: float, distance: float) -> Point:
    return distance * math.sin(angle), -distance * math.cos(angle)


def digits(now: datetime) -> Sprite:
    """The digital clock on the sideboard, 70x26 px."""
    return _text(70, 26, f"{now:%H:%M}", 20, (134, 232, 190), anchor="mm")


def caption(now: datetime) -> Sprite:
    """Date and time for the beam above the room, 560x40 px."""
    return _text(560, 40, f"{now:%A %d %B %Y   %H:%M:%S}", 21, _CREAM, anchor="rm")


def _text(width: int, height: int, text: str, size: int, colour: Colour, *, anchor: str) -> Sprite:
    image = Image.new("RGBA", (width, height), (*colour, 0))
    x = width / 2 if anchor == "mm" else width - 2
    font = ImageFont.load_default(size)
    ImageDraw.Draw(image).text((x, height / 2), text, (*colour, 255), font, anchor)
    return sprite_of(image)


def yarn_ball(turn: float) -> Sprite:
    """The ball of yarn, turned by `turn` radians, with its shadow; 64x64 px."""
    sheet = Sheet(64, 64, origin=(32, 32))
    sheet.image = _soft_ellipse((64, 64), (32, 54), (25, 6), 120)
    ball = ellipse(0, 0, YARN_RADIUS_PX, YARN_RADIUS_PX)
    sheet.glue(ball, (86, 128, 142))
    mask = Image.new("L", sheet.image.size)
    ImageDraw.Draw(mask).polygon(sheet.scaled(ball), fill=255)
    for tilt, colour in ((0.0, (120, 160, 170)), (1.05, (66, 104, 118)), (2.1, (138, 178, 186))):
        for aside in (-15, -7, 1, 9, 17):
            angle = tilt + turn
            points = [
                (
                    along * math.cos(angle) - (aside + (along / 11) ** 2) * math.sin(angle),
                    along * math.sin(angle) + (aside + (along / 11) ** 2) * math.cos(angle),
                )
                for along in (-24, 0, 24)
            ]
            sheet.glue(ribbon(points, [2.2, 2.2]), colour, within=mask, opacity=0.75)
    shade = ellipse(9, 11, 26, 26)
    sheet.glue(shade, (30, 40, 50), within=mask, opacity=0.16)
    return sprite_of(sheet.reduced())


def soft_shadow(width: int) -> Sprite:
    """The shadow of something `width` px wide on the floor; `width` + 40 x 48 px."""
    size = (width + 40, 48)
    return sprite_of(_soft_ellipse(size, (size[0] / 2, 24), (width / 2, 12), 130).reduce(SCALE))


def _soft_ellipse(size: tuple[int, int], centre: Point, radii: Point, alpha: int) -> Image.Image:
    mask = Image.new("L", (size[0] * SCALE, size[1] * SCALE))
    (x, y), (rx, ry) = centre, radii
    box = [(x - rx) * SCALE, (y - ry) * SCALE, (x + rx) * SCALE, (y + ry) * SCALE]
    ImageDraw.Draw(mask).ellipse(box, fill=alpha)
    shadow = Image.new("RGBA", mask.size, (48, 24, 14, 0))
    shadow.putalpha(mask.filter(ImageFilter.GaussianBlur(4 * SCALE)))
    return shadow


def dream(size: int) -> Sprite:
    """A paper letter z, 40x40 px."""
    sheet = Sheet(40, 40, origin=(20, 20))
    s = size / 2
    z = [
        (-s, -s),
        (s, -s),
        (s, -s * 0.55),
        (-s * 0.25, s * 0.55),
        (s, s * 0.55),
        (s, s),
        (-s, s),
        (-s, s * 0.55),
        (s * 0.25, -s * 0.55),
        (-s, -s * 0.55),
    ]
    sheet.glue(z, (255, 250, 240), shadow=0.6)
    return sprite_of(sheet.reduced())
