"""The living room, by day and by night, without the cat."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from streaming.media.demo.paper import SCALE, Colour, Point, Sheet, ellipse, grain, smooth
from streaming.media.demo.story import BOWL_X, CUSHION_X, CUSHION_Y, FLOOR_Y

WIDTH_PX, HEIGHT_PX = 1280, 720
BAND_PX = 56
HORIZON_PX = 478
CLOCK_CENTRE: Point = (912.0, 182.0)
CLOCK_RADIUS_PX = 52

_WINDOW = (470, 112, 742, 372)
_BAND: Colour = (44, 33, 31)
_WHITE: Colour = (250, 244, 232)


def draw_room() -> tuple[Image.Image, Image.Image]:
    """The room by day and at night, RGB pictures of WIDTH_PX x HEIGHT_PX."""
    sheet = Sheet(WIDTH_PX, HEIGHT_PX)
    _wall_and_floor(sheet)
    night = Sheet(WIDTH_PX, HEIGHT_PX)
    night.image = sheet.image.copy()
    _window(sheet, night=False)
    _window(night, night=True)
    _pictures(sheet)
    _clock_face(sheet)
    _sofa(sheet)
    _sideboard(sheet)
    _lamp(sheet)
    _plant(sheet)
    _rug(sheet)
    _cushion(sheet)
    _bowls(sheet)
    fibre = _fibre()
    by_day = _lit(sheet.reduced().convert("RGB"), fibre, night=False)
    # Only what is seen through the window and the lamp's shade differ: nothing covers the pane.
    left, top, right, bottom = (v * SCALE for v in _WINDOW)
    sheet.image.paste(night.image.crop((left, top, right, bottom)), (left, top))
    _lampshade(sheet, (255, 232, 168))
    return by_day, _lit(sheet.reduced().convert("RGB"), fibre, night=True)


def _box(left: float, top: float, right: float, bottom: float) -> list[Point]:
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _rounded(left: float, top: float, right: float, bottom: float, r: float) -> list[Point]:
    corners = (
        (right - r, bottom - r, 0),
        (left + r, bottom - r, 90),
        (left + r, top + r, 180),
        (right - r, top + r, 270),
    )
    return [
        (x + r * math.cos(math.radians(a)), y + r * math.sin(math.radians(a)))
        for x, y, start in corners
        for a in range(start, start + 91, 15)
    ]


def _wall_and_floor(sheet: Sheet) -> None:
    sheet.glue(_box(0, 0, WIDTH_PX, HEIGHT_PX), (233, 205, 172))
    for number, x in enumerate(range(-20, WIDTH_PX + 40, 64)):
        if number % 2:
            sheet.glue(_box(x, BAND_PX, x + 64, HORIZON_PX), (229, 199, 164))
        for y in range(96 + 40 * (number % 2), HORIZON_PX - 20, 80):
            sheet.glue(ellipse(x + 32, y, 3.4, 6.5, 0.6), (217, 181, 144))
            sheet.glue(ellipse(x + 32, y, 3.4, 6.5, -0.6), (217, 181, 144))
    sheet.glue(_box(0, HORIZON_PX, WIDTH_PX, HEIGHT_PX), (176, 122, 82))
    shades = ((181, 126, 85), (171, 117, 78), (186, 132, 91), (176, 121, 80))
    rows = (478, 500, 526, 558, 596, 640, 690, 746)
    rng = np.random.default_rng(7)
    for row, (top, bottom) in enumerate(zip(rows, rows[1:], strict=False)):
        x = -int(rng.integers(0, 180))
        while x < WIDTH_PX:
            length = int(rng.integers(150, 330) * (0.7 + row * 0.12))
            sheet.glue(_box(x, top, x + length, bottom), shades[int(rng.integers(4))])
            sheet.line([(x, top), (x, bottom)], (146, 97, 64), 1.2)
            x += length
        sheet.line([(0, top), (WIDTH_PX, top)], (150, 100, 66), 1.2)
    sheet.glue(_box(0, HORIZON_PX - 24, WIDTH_PX, HORIZON_PX + 2), _WHITE, shadow=0.35)
    sheet.line([(0, HORIZON_PX - 17), (WIDTH_PX, HORIZON_PX - 17)], (224, 208, 186), 1.5)
    sheet.glue(_box(-9, -9, WIDTH_PX + 9, BAND_PX), _BAND, shadow=0.6)
    sheet.line([(0, BAND_PX - 3), (WIDTH_PX, BAND_PX - 3)], (96, 70, 54), 1.5)


def _window(sheet: Sheet, *, night: bool) -> None:
    left, top, right, bottom = _WINDOW
    sheet.glue(_box(left - 14, top - 14, right + 14, bottom + 10), _WHITE, shadow=0.5)
    sheet.image.paste(
        _sky((right - left) * SCALE, (bottom - top) * SCALE, night=night),
        (left * SCALE, top * SCALE),
    )
    pane = Image.new("L", sheet.image.size)
    ImageDraw.Draw(pane).rectangle([v * SCALE for v in _WINDOW], fill=255)
    hills = ((98, 124, 92), (76, 104, 80)) if not night else ((38, 50, 72), (28, 38, 58))
    far = smooth(
        [
            (left - 30, 330),
            (520, 296),
            (600, 318),
            (680, 290),
            (780, 322),
            (780, 420),
            (left - 30, 420),
        ]
    )
    near = smooth(
        [(left - 30, 340), (540, 342), (640, 330), (780, 350), (780, 420), (left - 30, 420)]
    )
    if night:
        for x, y, r in (
            (510, 150, 1.6),
            (548, 214, 1.2),
            (590, 140, 1.3),
            (628, 232, 1.5),
            (560, 262, 1.1),
            (706, 250, 1.4),
            (640, 160, 1.1),
        ):
            sheet.glue(ellipse(x, y, r, r), (250, 244, 214))
        sheet.glue(ellipse(690, 168, 25, 25), (250, 238, 198), within=pane)
        sheet.glue(ellipse(700, 161, 23, 23), (40, 52, 92), within=pane)
    else:
        for x, y, s in ((548, 190, 1.0), (672, 158, 0.8)):
            cloud = smooth(
                [
                    (x - 44 * s, y + 12 * s),
                    (x - 26 * s, y - 8 * s),
                    (x, y - 16 * s),
                    (x + 24 * s, y - 6 * s),
                    (x + 44 * s, y + 12 * s),
                    (x, y + 16 * s),
                ]
            )
            sheet.glue(cloud, (252, 249, 242), within=pane, shadow=0.12)
    sheet.glue(far, hills[0], within=pane, shadow=0.15)
    sheet.glue(near, hills[1], within=pane, shadow=0.2)
    middle = (left + right) / 2
    sheet.glue(_box(middle - 5, top, middle + 5, bottom), _WHITE, shadow=0.3)
    sheet.glue(_box(left, 232, right, 240), _WHITE, shadow=0.3)
    sheet.glue(_box(left - 26, bottom + 4, right + 26, bottom + 18), _WHITE, shadow=0.5)
    _curtains(sheet, left, right)


def _curtains(sheet: Sheet, left: int, right: int) -> None:
    sheet.glue(_rounded(left - 84, 86, right + 84, 94, 4), (112, 78, 54), shadow=0.5)
    for outer, inner, way in ((left - 70, left + 24, 1), (right + 70, right - 24, -1)):
        cloth = [
            (outer, 92),
            (inner, 92),
            (inner + 2 * way, 180),
            (inner - 26 * way, 262),
            (inner - 40 * way, 292),
            (inner - 30 * way, 420),
            (outer - 6 * way, 424),
        ]
        sheet.glue([cloth[0], *smooth(cloth[1:], closed=False)], (201, 110, 82), shadow=0.5)
        for fold in (0.2, 0.42, 0.64, 0.86):
            x = outer + (inner - outer) * fold
            pinch = outer + (inner - 42 * way - outer) * fold
            line = smooth(
                [(x, 94), (x, 190), (pinch, 290), (pinch + 4 * way * fold, 416)], closed=False
            )
            sheet.line(line, (180, 92, 68), 3)
        sheet.glue(
            _rounded(
                min(outer, inner - 38 * way) - 3, 284, max(outer, inner - 38 * way) + 3, 298, 6
            ),
            (240, 196, 120),
            shadow=0.4,
        )


def _sky(width: int, height: int, *, night: bool) -> Image.Image:
    high, low = ((24, 32, 66), (66, 76, 120)) if night else ((136, 190, 222), (248, 226, 190))
    mix = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    rows = np.array(high) * (1 - mix) + np.array(low) * mix
    return Image.fromarray(np.broadcast_to(rows, (height, width, 3)).astype(np.uint8))


def _pictures(sheet: Sheet) -> None:
    for left, top, right, bottom in ((96, 128, 214, 270), (246, 160, 344, 262)):
        sheet.glue(_box(left, top, right, bottom), (120, 82, 56), shadow=0.6)
        sheet.glue(_box(left + 8, top + 8, right - 8, bottom - 8), _WHITE)
    sheet.glue(_box(116, 148, 194, 250), (150, 178, 158))
    sheet.glue(
        smooth([(126, 206), (144, 188), (166, 188), (184, 202), (166, 216), (144, 216)]),
        (224, 124, 84),
        shadow=0.3,
    )
    sheet.glue([(130, 203), (114 + 8, 190), (114 + 8, 218)], (224, 124, 84), shadow=0.2)
    sheet.glue(ellipse(172, 199, 3, 3), (44, 33, 31))
    sheet.glue(_box(264, 178, 326, 244), (236, 200, 128))
    sheet.glue(ellipse(295, 219, 13, 11), (112, 74, 58))
    for x, y in ((278, 205), (289, 196), (302, 196), (313, 205)):
        sheet.glue(ellipse(x, y, 5, 6.5), (112, 74, 58))


def _clock_face(sheet: Sheet) -> None:
    x, y = CLOCK_CENTRE
    sheet.glue(ellipse(x, y, CLOCK_RADIUS_PX + 9, CLOCK_RADIUS_PX + 9), (64, 98, 92), shadow=0.6)
    sheet.glue(ellipse(x, y, CLOCK_RADIUS_PX, CLOCK_RADIUS_PX), _WHITE, shadow=0.4)
    for hour in range(12):
        angle = hour * math.pi / 6
        inner = CLOCK_RADIUS_PX - (13 if hour % 3 == 0 else 9)
        tick = [
            (x + r * math.sin(angle), y - r * math.cos(angle)) for r in (inner, CLOCK_RADIUS_PX - 5)
        ]
        sheet.line(tick, (44, 33, 31), 4 if hour % 3 == 0 else 2)


def _sofa(sheet: Sheet) -> None:
    green, dark, light = (116, 142, 116), (94, 120, 98), (132, 158, 130)
    for x in (66, 408):
        sheet.glue(_box(x, 520, x + 14, 556), (96, 64, 44))
    sheet.glue(_rounded(48, 318, 440, 500, 34), dark, shadow=0.7)
    for left in (70, 246):
        sheet.glue(_rounded(left, 334, left + 174, 470, 26), green, shadow=0.35)
    sheet.glue(_rounded(60, 440, 428, 532, 18), dark, shadow=0.3)
    for left in (70, 246):
        sheet.glue(_rounded(left, 436, left + 174, 486, 18), light, shadow=0.35)
    for left in (22, 406):
        sheet.glue(_rounded(left, 394, left + 60, 534, 26), green, shadow=0.5)
    sheet.glue([(112, 352), (188, 366), (176, 442), (98, 430)], (232, 168, 84), shadow=0.5)
    sheet.glue(ellipse(143, 397, 18, 18), (246, 218, 160))
    sheet.glue([(322, 372), (396, 356), (404, 432), (332, 444)], (214, 122, 96), shadow=0.5)
    for y in (378, 396, 414):
        sheet.line([(330, y + 8), (396, y - 6)], (244, 214, 196), 4)


def _sideboard(sheet: Sheet) -> None:
    wood, door = (150, 98, 64), (166, 112, 76)
    for x in (948, 1204):
        sheet.glue([(x, 500), (x + 14, 500), (x + 10, 548), (x + 4, 548)], (92, 60, 42))
    sheet.glue(_rounded(930, 376, 1236, 512, 8), wood, shadow=0.7)
    for left in (942, 1088):
        sheet.glue(_rounded(left, 392, left + 136, 500, 6), door, shadow=0.35)
        sheet.glue(
            ellipse(left + (122 if left < 1000 else 14), 446, 5, 5), (238, 196, 120), shadow=0.4
        )
    x = 956
    for width, height, colour in (
        (16, 64, (64, 98, 92)),
        (12, 56, (214, 122, 96)),
        (18, 68, (232, 184, 108)),
        (13, 58, (96, 84, 118)),
        (15, 62, (186, 84, 66)),
    ):
        sheet.glue(_box(x, 376 - height, x + width, 376), colour, shadow=0.3)
        sheet.glue(
            _box(x + 3, 376 - height + 9, x + width - 3, 376 - height + 13), _WHITE, opacity=0.7
        )
        x += width + 1
    sheet.glue(_rounded(1062, 336, 1146, 377, 9), (52, 44, 46), shadow=0.5)
    sheet.glue(_rounded(1069, 343, 1139, 370, 5), (24, 26, 28))


def _lamp(sheet: Sheet) -> None:
    sheet.glue(_box(1190, 196, 1196, 376), (92, 66, 52), shadow=0.4)
    sheet.glue(ellipse(1193, 374, 34, 7), (92, 66, 52), shadow=0.5)
    _lampshade(sheet, (246, 220, 170))


def _lampshade(sheet: Sheet, colour: Colour) -> None:
    sheet.glue([(1160, 176), (1226, 176), (1252, 256), (1134, 256)], colour, shadow=0.4)
    for x, to in ((1160, 1134), (1182, 1172), (1204, 1214), (1226, 1252)):
        sheet.line([(x, 176), (to, 256)], (236, 200, 142), 2)


def _plant(sheet: Sheet) -> None:
    leaves = (
        (816, 372, -0.9, 66),
        (858, 352, -0.25, 84),
        (900, 366, 0.55, 72),
        (834, 420, -1.25, 52),
        (892, 418, 1.1, 54),
        (872, 396, 0.15, 58),
    )
    base: Point = (862, 474)
    for x, y, turn, length in leaves:
        sheet.line(
            smooth([base, ((x + base[0]) / 2, (y + base[1]) / 2 - 8), (x, y)], closed=False),
            (72, 100, 70),
            4,
        )
        sheet.glue(ellipse(x, y, length * 0.26, length * 0.5, turn), (92, 130, 88), shadow=0.4)
        dx, dy = math.sin(turn) * length * 0.42, -math.cos(turn) * length * 0.42
        sheet.line([(x - dx, y - dy), (x + dx, y + dy)], (124, 160, 112), 2)
    sheet.glue([(824, 466), (900, 466), (890, 540), (834, 540)], (206, 120, 84), shadow=0.6)
    sheet.glue(_rounded(818, 456, 906, 476, 6), (220, 136, 98), shadow=0.35)


def _rug(sheet: Sheet) -> None:
    for rx, ry, colour in (
        (462, 88, (174, 78, 62)),
        (446, 82, (240, 214, 178)),
        (432, 77, (190, 94, 74)),
        (330, 56, (236, 200, 150)),
        (318, 53, (200, 108, 84)),
    ):
        sheet.glue(ellipse(620, 634, rx, ry), colour, shadow=0.25 if rx > 460 else 0.0)
    for number in range(36):
        angle = number * math.pi / 18
        sheet.glue(
            ellipse(620 + 380 * math.cos(angle), 634 + 66 * math.sin(angle), 9, 4.5),
            (240, 214, 178),
        )


def _cushion(sheet: Sheet) -> None:
    x, y = CUSHION_X - 8, CUSHION_Y
    sheet.glue(ellipse(x, y + 12, 154, 40), (70, 92, 108), shadow=0.8)
    sheet.glue(ellipse(x, y + 2, 154, 38), (104, 130, 146), shadow=0.3)
    sheet.glue(ellipse(x, y - 4, 128, 26), (138, 162, 174), shadow=0.35)
    for number in range(20):
        angle = number * math.pi / 10
        sheet.glue(
            ellipse(x + 141 * math.cos(angle), y - 1 + 32 * math.sin(angle), 4, 2.4),
            (232, 220, 196),
        )


def _bowls(sheet: Sheet) -> None:
    for x, colour, food in (
        (BOWL_X + 126, (84, 128, 136), (132, 84, 54)),
        (BOWL_X + 222, (214, 122, 96), (176, 212, 226)),
    ):
        y = FLOOR_Y - 12
        sheet.glue(
            [(x - 36, y - 8), (x + 36, y - 8), (x + 44, y + 18), (x - 44, y + 18)],
            colour,
            shadow=0.7,
        )
        sheet.glue(ellipse(x, y + 18, 44, 6), colour)
        sheet.glue(ellipse(x, y - 8, 36, 9), _WHITE, shadow=0.2)
        sheet.glue(ellipse(x, y - 7, 31, 6.5), food)
    x, y = BOWL_X + 126, FLOOR_Y - 2
    sheet.glue(ellipse(x - 3, y + 4, 11, 6), _WHITE)
    sheet.glue([(x + 6, y + 4), (x + 15, y - 2), (x + 15, y + 10)], _WHITE)


def _fibre() -> NDArray[np.float32]:
    """How much lighter or darker the grain of paper makes each pixel."""
    noise = np.clip(128 + grain((HEIGHT_PX, WIDTH_PX), 30, 3), 0, 255).astype(np.uint8)
    soft = Image.fromarray(noise).filter(ImageFilter.GaussianBlur(0.8))
    fibre: NDArray[np.float32] = 1 + (np.asarray(soft, np.float32) - 128) / np.float32(900)
    return fibre


def _lit(room: Image.Image, fibre: NDArray[np.float32], *, night: bool) -> Image.Image:
    """The room with light from the window or the lamp, and the grain of paper."""
    x = np.arange(WIDTH_PX, dtype=np.float32)[None, :]
    y = np.arange(HEIGHT_PX, dtype=np.float32)[:, None]
    vignette = 1.04 - 0.2 * (((x - 640) / 900) ** 2 + ((y - 360) / 620) ** 2)
    if night:
        ambient = (0.66, 0.66, 0.8)
        extra = np.exp(-(((x - 1193) / 330) ** 2)) * np.exp(-(((y - 270) / 300) ** 2))
        colour = (0.62, 0.46, 0.2)
    else:
        ambient, extra, colour = (1.0, 1.0, 1.0), _sunbeam(), (0.13, 0.11, 0.05)
    pixels = np.asarray(room).copy()
    for channel in range(3):
        light = vignette * np.float32(ambient[channel]) + extra * np.float32(colour[channel])
        light *= fibre
        # The beam above the room stays as dark as it is.
        light[:BAND_PX] = 1
        light *= pixels[..., channel]
        pixels[..., channel] = np.minimum(light, 255)
    return Image.fromarray(pixels)


def _sunbeam() -> NDArray[np.float32]:
    beam = Image.new("L", (WIDTH_PX, HEIGHT_PX))
    draw = ImageDraw.Draw(beam)
    draw.polygon([(560, 500), (676, 500), (760, 720), (590, 720)], fill=255)
    draw.polygon([(690, 500), (806, 500), (940, 720), (776, 720)], fill=255)
    return np.asarray(beam.filter(ImageFilter.GaussianBlur(14)), np.float32) / np.float32(255)
