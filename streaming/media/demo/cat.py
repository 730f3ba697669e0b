"""The cat: her photographed face on a body of cut fur paper, in every pose of the story.

Coordinates are pixels of the final picture; (0, 0) is the floor under her, y grows downwards,
and she faces right.
"""

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageEnhance

from streaming.media.demo.paper import SCALE, Colour, Point, Sheet, ellipse, ribbon, smooth, turned
from streaming.media.demo.photo import cut_heads, fur_paper, load_photo, with_rim

SHEET_PX = (352, 276)
ORIGIN: Point = (170.0, 246.0)

CREAM: Colour = (243, 222, 200)
STRIPE: Colour = (74, 48, 34)
WALK_FRAMES = 20
_HIP_Y, _STANCE, _STRIDE_PX, _LIFT_PX = -66.0, 0.62, 57.0, 15.0


class CatPainter:
    """Draws one pose at a time; holds the papers that she is cut from."""

    def __init__(self) -> None:
        photo = load_photo()
        self._heads = cut_heads(photo)
        size = (SHEET_PX[0] * SCALE, SHEET_PX[1] * SCALE)
        self._fur = ImageEnhance.Brightness(fur_paper(photo, size)).enhance(1.06)
        self._far_fur = ImageEnhance.Brightness(self._fur).enhance(0.74)

    def walk(self, phase: float) -> Image.Image:
        """Walking; `phase` 0..1 is one cycle of four steps."""
        sheet = Sheet(*SHEET_PX, origin=ORIGIN)
        bob = 2.2 * math.cos(4 * math.pi * phase)
        self._tail(
            sheet,
            [
                (-76, -96 + bob),
                (-112, -104),
                (-132, -138 + 6 * math.sin(2 * math.pi * phase)),
                (-122 + 9 * math.sin(2 * math.pi * phase), -176),
            ],
        )
        self._leg(sheet, -58, phase + 0.5, far=True, bend=-1)
        self._leg(sheet, 48, phase + 0.75, far=True, bend=-1)
        self._trunk(sheet, bob, chest_drop=0)
        self._leg(sheet, -64, phase, far=False, bend=-1)
        self._leg(sheet, 44, phase + 0.25, far=False, bend=-1)
        nod = math.radians(2.5 * math.sin(4 * math.pi * phase + 0.6))
        self._head(sheet, (88, -134 + 1.4 * bob), nod)
        return self._finish(sheet)

    def eat(self, phase: float) -> Image.Image:
        """Bent over her bowl; `phase` 0..1 is one mouthful."""
        sheet = Sheet(*SHEET_PX, origin=ORIGIN)
        dip = 3.5 * math.sin(2 * math.pi * phase)
        sway = 8 * math.sin(2 * math.pi * phase / 1)
        self._tail(sheet, [(-74, -92), (-110, -84), (-136, -58 + sway), (-156, -70 + 1.6 * sway)])
        self._still_leg(sheet, -52, far=True)
        self._still_leg(sheet, 58, far=True, hip_y=-44)
        self._trunk(sheet, 0, chest_drop=22)
        self._still_leg(sheet, -64, far=False)
        self._still_leg(sheet, 44, far=False, hip_y=-44)
        self._head(sheet, (98, -70 + dip), math.radians(24), asleep=True)
        return self._finish(sheet)

    def sit(self, phase: float, *, blinks: bool = False) -> Image.Image:
        """Sitting and looking at whoever watches; `phase` swings the tip of her tail."""
        sheet = Sheet(*SHEET_PX, origin=ORIGIN)
        breath = 1.2 * math.sin(2 * math.pi * phase)
        self._sitting_body(sheet, phase, breath)
        self._front_leg(sheet, [(20, -74), (22, -40), (24, -8)])
        self._front_leg(sheet, [(40, -76), (44, -40), (47, -6)])
        self._head(
            sheet,
            (30, -146 - breath),
            math.radians(1.5 * math.sin(2 * math.pi * phase)),
            asleep=blinks,
        )
        return self._finish(sheet)

    def play(self, phase: float) -> Image.Image:
        """Sitting and patting the ball of yarn; `phase` 0..1 is one pat."""
        sheet = Sheet(*SHEET_PX, origin=ORIGIN)
        reach = max(0.0, math.cos(2 * math.pi * phase)) ** 0.7
        raised = max(0.0, math.sin(2 * math.pi * (phase - 0.45)))
        self._sitting_body(sheet, phase * 2, 0)
        self._front_leg(sheet, [(18, -74), (20, -40), (22, -8)])
        paw = (62 + 36 * reach, -14 - 26 * raised - 10 * reach)
        self._front_leg(sheet, [(40, -78), (58 + 8 * reach, -50 - 12 * raised), paw])
        self._head(sheet, (38 + 6 * reach, -138 + 3 * reach), math.radians(13 + 4 * reach))
        return self._finish(sheet)

    def sleep(self, phase: float) -> Image.Image:
        """Curled up; `phase` 0..1 is one breath."""
        sheet = Sheet(*SHEET_PX, origin=ORIGIN)
        breath = 2.6 * math.sin(2 * math.pi * phase)
        body = smooth(
            [
                (-104, -30),
                (-92, -66 - breath / 2),
                (-40, -88 - breath),
                (24, -80 - breath),
                (70, -54),
                (84, -22),
                (52, -2),
                (-20, 2),
                (-84, -4),
            ]
        )
        sheet.glue(body, self._fur)
        self._stripes(sheet, body, [(-62, -70), (-34, -78), (-4, -78), (24, -72)], 34, lean=-10)
        sheet.glue(ellipse(-62, -34, 40, 34, -0.3), self._fur, shadow=0.5)
        self._stripes(sheet, ellipse(-62, -34, 40, 34, -0.3), [(-80, -46), (-62, -54)], 26, lean=-6)
        sheet.glue(ribbon([(34, -12), (62, -8), (92, -6)], [24, 22, 20]), self._fur, shadow=0.4)
        self._head(sheet, (60, -42 - breath / 3), math.radians(16), asleep=True)
        self._tail(
            sheet, [(-100, -34), (-88, -6), (-46, 1), (-6, -2), (22, -10)], width=23, shadow=0.9
        )
        return self._finish(sheet)

    def _trunk(self, sheet: Sheet, bob: float, *, chest_drop: float) -> None:
        d = chest_drop
        body = smooth([
            (-92, -82 + bob), (-76, -108 + bob), (-30, -112 + bob), (26, -108 + bob + d * 0.6),
            (70, -122 + bob + d * 1.7), (92, -92 + d * 1.5), (74, -58 + d), (20, -48 + d * 0.7),
            (-36, -50), (-80, -52),
        ])  # fmt: skip
        sheet.glue(body, self._fur)
        within = self._mask(sheet, body)
        belly = smooth(
            [
                (-60, -56),
                (20, -58 + d),
                (72, -84 + d * 1.4),
                (96, -104 + d * 1.5),
                (90, -50 + d),
                (10, -38),
                (-60, -42),
            ]
        )
        sheet.glue(belly, CREAM, within=within, opacity=0.75)
        tops = [(-66, -108), (-44, -112), (-22, -113), (0, -112 + d * 0.3), (22, -109 + d * 0.6)]
        self._stripes(sheet, body, [(x, y + bob) for x, y in tops], 40, lean=6)

    def _sitting_body(self, sheet: Sheet, phase: float, breath: float) -> None:
        swing = 10 * math.sin(2 * math.pi * phase)
        self._tail(
            sheet,
            [
                (-46, -16),
                (-84, -6),
                (-112, -22),
                (-124 - swing * 0.3, -52 + swing * 0.5),
                (-112 - swing, -76),
            ],
        )
        body = smooth([
            (-62, -30), (-52, -72), (-26, -108 - breath), (8, -134), (48, -130),
            (62, -96 - breath), (62, -50), (58, -8), (20, 2), (-30, 2), (-58, -6),
        ])  # fmt: skip
        sheet.glue(body, self._fur)
        within = self._mask(sheet, body)
        bib = smooth(
            [(18, -126), (40, -132), (60, -120), (63, -92), (54, -62), (46, -50), (34, -72)]
        )
        sheet.glue(bib, CREAM, within=within, opacity=0.85)
        self._stripes(
            sheet, body, [(-54, -66), (-46, -84), (-34, -100), (-18, -114)], 36, lean=26, drop=10
        )
        haunch = ellipse(-26, -34, 38, 35, 0.25)
        sheet.glue(haunch, self._fur, shadow=0.45)
        self._stripes(sheet, haunch, [(-48, -54), (-30, -66)], 26, lean=8)
        sheet.glue(ellipse(-6, -6, 21, 8), CREAM, shadow=0.35)

    def _tail(
        self, sheet: Sheet, spine: Sequence[Point], *, width: float = 19.0, shadow: float = 0.0
    ) -> None:
        outline = ribbon(spine, [width * 1.15, width, width * 0.86])
        sheet.glue(outline, self._fur, shadow=shadow)
        within = self._mask(sheet, outline)
        line = smooth(spine, closed=False)
        for part in (0.34, 0.52, 0.7):
            x, y = line[int(part * (len(line) - 1))]
            nx, ny = line[int(part * (len(line) - 1)) + 1]
            across = math.atan2(ny - y, nx - x) + math.pi / 2
            sheet.glue(ellipse(x, y, width, 3.4, across), STRIPE, within=within, opacity=0.55)
        tip = line[int(0.86 * len(line)) :]
        sheet.glue(
            ribbon(tip[::3], [width * 1.4, width * 1.4]), STRIPE, within=within, opacity=0.75
        )

    def _stripes(
        self,
        sheet: Sheet,
        body: list[Point],
        tops: Sequence[Point],
        length: float,
        *,
        lean: float,
        drop: float = 0.0,
    ) -> None:
        within = self._mask(sheet, body)
        for number, (x, y) in enumerate(tops):
            reach = length * (0.8 if number % 2 else 1.0)
            spine = [
                (x, y - 6),
                (x + lean * 0.6, y + drop + reach * 0.5),
                (x + lean * 0.4, y + drop * 2 + reach),
            ]
            sheet.glue(ribbon(spine, [8.5, 6.5, 1.0]), STRIPE, within=within, opacity=0.5)

    def _leg(self, sheet: Sheet, hip_x: float, phase: float, *, far: bool, bend: int) -> None:
        foot, lift = _step(phase)
        self._limb(sheet, (hip_x, _HIP_Y), (hip_x + 4 + foot, -8 - lift), far=far, bend=bend)

    def _still_leg(self, sheet: Sheet, hip_x: float, *, far: bool, hip_y: float = _HIP_Y) -> None:
        self._limb(sheet, (hip_x, hip_y), (hip_x + 6, -8), far=far, bend=-1)

    def _limb(self, sheet: Sheet, hip: Point, foot: Point, *, far: bool, bend: int) -> None:
        knee = _joint(hip, foot, 33.0, 33.0, bend)
        fur = self._far_fur if far else self._fur
        outline = ribbon([hip, knee, foot], [36, 23, 16])
        sheet.glue(outline, fur, shadow=0.0 if far else 0.3)
        if not far:
            mask = self._mask(sheet, outline)
            for part in (0.3, 0.62):
                x, y = knee[0] + (foot[0] - knee[0]) * part, knee[1] + (foot[1] - knee[1]) * part
                sheet.glue(ellipse(x, y, 15, 2.4), STRIPE, within=mask, opacity=0.5)
        paw = ellipse(foot[0] + 5, foot[1] + 2, 13, 7.5)
        sheet.glue(paw, (206, 184, 163) if far else CREAM, shadow=0.25)

    def _front_leg(self, sheet: Sheet, spine: Sequence[Point]) -> None:
        outline = ribbon(spine, [30, 22, 18])
        sheet.glue(outline, self._fur, shadow=0.4)
        mask = self._mask(sheet, outline)
        line = smooth(spine, closed=False)
        for part in (0.45, 0.62):
            x, y = line[int(part * len(line))]
            sheet.glue(ellipse(x, y, 15, 2.6), STRIPE, within=mask, opacity=0.5)
        x, y = spine[-1]
        sheet.glue(ellipse(x + 4, y, 14, 8.5), CREAM, shadow=0.3)
        for toe in (-1, 5):
            sheet.line([(x + 4 + toe, y + 1), (x + 5 + toe, y + 6)], (168, 138, 116), 1.2)

    def _head(self, sheet: Sheet, centre: Point, angle: float, *, asleep: bool = False) -> None:
        heads = self._heads
        head = heads.asleep if asleep else heads.awake
        tilted = head.rotate(-math.degrees(angle), Image.Resampling.BILINEAR, expand=True)
        collar = turned(ribbon([(-34, 40), (-2, 47), (26, 38)], [9, 9, 9]), angle)
        collar = [(x + centre[0], y + centre[1]) for x, y in collar]
        shade = [(x + centre[0] + 2, y + centre[1] + 12) for x, y in ellipse(0, 0, 44, 36)]
        sheet.glue(shade, (60, 36, 26), within=sheet.image.getchannel("A"), opacity=0.28)
        sheet.glue(collar, (196, 62, 48), shadow=0.3)
        sheet.paste(tilted, (centre[0] - 3, centre[1] - 10))
        bell = turned([(centre[0] + 9, centre[1] + 49)], angle, centre)[0]
        sheet.glue(ellipse(*bell, 6.5, 6.5), (240, 186, 66), shadow=0.4)

    def _mask(self, sheet: Sheet, points: Sequence[Point]) -> Image.Image:
        mask = Image.new("L", sheet.image.size)
        ImageDraw.Draw(mask).polygon(sheet.scaled(points), fill=255)
        return mask

    def _finish(self, sheet: Sheet) -> Image.Image:
        return with_rim(sheet.image).reduce(SCALE)


def _step(phase: float) -> tuple[float, float]:
    """Where the foot of a walking leg is: px ahead of its hip, px above the floor."""
    phase %= 1.0
    if phase < _STANCE:
        return _STRIDE_PX * (0.5 - phase / _STANCE), 0.0
    swing = (phase - _STANCE) / (1 - _STANCE)
    ease = (1 - math.cos(math.pi * swing)) / 2
    return _STRIDE_PX * (ease - 0.5), _LIFT_PX * math.sin(math.pi * swing)


def _joint(hip: Point, foot: Point, upper: float, lower: float, bend: int) -> Point:
    """The knee between `hip` and `foot` (two bones, law of cosines)."""
    dx, dy = foot[0] - hip[0], foot[1] - hip[1]
    reach = min(math.hypot(dx, dy), upper + lower - 0.01)
    along = (upper**2 - lower**2 + reach**2) / (2 * reach)
    aside = math.sqrt(max(0.0, upper**2 - along**2)) * bend
    ux, uy = dx / reach, dy / reach
    return hip[0] + ux * along - uy * aside, hip[1] + uy * along + ux * aside
