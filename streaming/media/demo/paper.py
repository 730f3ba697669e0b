"""Cutting and gluing paper: smooth shapes, textures, soft shadows. All sizes in final pixels."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

# Everything is cut this many times larger and then reduced, so that edges are smooth.
SCALE = 2

Point = tuple[float, float]
Colour = tuple[int, int, int]


def smooth(points: Sequence[Point], *, closed: bool = True, steps: int = 10) -> list[Point]:
    """A Catmull-Rom curve through `points`."""
    p = np.asarray(points, np.float64)
    if closed:
        before, here, after, later = np.roll(p, 1, 0), p, np.roll(p, -1, 0), np.roll(p, -2, 0)
    else:
        padded = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
        before, here, after, later = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    t = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    curve = 0.5 * (
        2 * here
        + (after - before) * t
        + (2 * before - 5 * here + 4 * after - later) * t**2
        + (3 * here - before - 3 * after + later) * t**3
    )
    found = [(float(x), float(y)) for x, y in curve.transpose(1, 0, 2).reshape(-1, 2)]
    return found if closed else [*found, points[-1]]


def ribbon(spine: Sequence[Point], widths: Sequence[float]) -> list[Point]:
    """The outline of a band along `spine` whose width changes evenly through `widths`."""
    line = np.asarray(smooth(spine, closed=False), np.float64)
    along = np.gradient(line, axis=0)
    along /= np.maximum(np.hypot(along[:, :1], along[:, 1:]), 1e-6)
    across = np.stack([-along[:, 1], along[:, 0]], 1)
    half = np.interp(np.linspace(0, 1, len(line)), np.linspace(0, 1, len(widths)), widths) / 2
    left, right = line + across * half[:, None], line - across * half[:, None]
    cap = [
        tuple(line[-1] + half[-1] * (math.cos(a) * along[-1] + math.sin(a) * across[-1]))
        for a in np.linspace(math.pi / 2, -math.pi / 2, 7)
    ]
    return [tuple(p) for p in left] + cap + [tuple(p) for p in right[::-1]]


def ellipse(x: float, y: float, rx: float, ry: float, turn: float = 0.0) -> list[Point]:
    """An ellipse around (x, y), turned by `turn` radians."""
    angles = np.linspace(0, 2 * math.pi, 48, endpoint=False)
    cos, sin = math.cos(turn), math.sin(turn)
    return [
        (
            x + rx * math.cos(a) * cos - ry * math.sin(a) * sin,
            y + rx * math.cos(a) * sin + ry * math.sin(a) * cos,
        )
        for a in angles
    ]


def turned(points: Iterable[Point], angle: float, about: Point = (0.0, 0.0)) -> list[Point]:
    """`points` turned by `angle` radians (clockwise on the screen)."""
    cos, sin = math.cos(angle), math.sin(angle)
    ax, ay = about
    return [
        (ax + (x - ax) * cos - (y - ay) * sin, ay + (x - ax) * sin + (y - ay) * cos)
        for x, y in points
    ]


class Sheet:
    """A transparent sheet that pieces of paper are glued on; its origin is at `origin`, px."""

    def __init__(self, width: int, height: int, origin: Point = (0.0, 0.0)) -> None:
        self.image = Image.new("RGBA", (width * SCALE, height * SCALE))
        self._origin = origin

    def scaled(self, points: Iterable[Point]) -> list[Point]:
        """Sheet pixels of logical points."""
        ox, oy = self._origin
        return [((x + ox) * SCALE, (y + oy) * SCALE) for x, y in points]

    def glue(
        self,
        points: Sequence[Point],
        paper: Image.Image | Colour,
        *,
        shadow: float = 0.0,
        within: Image.Image | None = None,
        opacity: float = 1.0,
    ) -> None:
        """Cut `points` out of `paper` and glue it on.

        `shadow` is how dark its soft shadow is on what lies below; `within` is a mask of the
        sheet's size that limits the piece.
        """
        outline = self.scaled(points)
        margin = 8 * SCALE
        box = _bounds(outline, margin, self.image.size)
        if box is None:
            return
        mask = Image.new("L", (box[2] - box[0], box[3] - box[1]))
        local = [(x - box[0], y - box[1]) for x, y in outline]
        ImageDraw.Draw(mask).polygon(local, fill=round(255 * opacity))
        if within is not None:
            mask = ImageChops.multiply(mask, within.crop(box))
        if shadow:
            self._shade(mask, box, shadow)
        below = self.image.crop(box)
        alpha = ImageChops.lighter(below.getchannel("A"), mask)
        if isinstance(paper, tuple):
            below.paste((*paper, 255), (0, 0, *mask.size), mask)
        else:
            below.paste(paper.crop(box).convert("RGBA"), (0, 0), mask)
        below.putalpha(alpha)
        self.image.paste(below, box[:2])

    def _shade(self, mask: Image.Image, box: tuple[int, int, int, int], darkness: float) -> None:
        soft = mask.filter(ImageFilter.BoxBlur(2.5 * SCALE))
        soft = ImageChops.offset(soft, -SCALE // 2, 2 * SCALE).point(
            [round(v * darkness) for v in range(256)]
        )
        below = self.image.crop(box)
        alpha = below.getchannel("A")
        below.paste((40, 22, 14, 255), (0, 0, *mask.size), soft)
        below.putalpha(alpha)
        self.image.paste(below, box[:2])

    def line(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        """A line with round joints; it leaves transparency alone where it crosses paper."""
        ImageDraw.Draw(self.image).line(
            self.scaled(points), fill=(*colour, 255), width=round(width * SCALE), joint="curve"
        )

    def paste(self, picture: Image.Image, centre: Point) -> None:
        """Lay an RGBA picture, already SCALE times larger, with its middle at `centre`."""
        ((x, y),) = self.scaled([centre])
        left, top = round(x - picture.width / 2), round(y - picture.height / 2)
        # Cropped where it hangs over the edge of the sheet.
        box = (
            max(left, 0),
            max(top, 0),
            min(left + picture.width, self.image.width),
            min(top + picture.height, self.image.height),
        )
        piece = picture.crop((box[0] - left, box[1] - top, box[2] - left, box[3] - top))
        self.image.paste(Image.alpha_composite(self.image.crop(box), piece), box[:2])

    def reduced(self) -> Image.Image:
        """The sheet at final size."""
        return self.image.reduce(SCALE)


def rimmed(image: Image.Image, colour: Colour, width: float) -> Image.Image:
    """The picture with a rim of paper around its outline, like a cut-out photograph."""
    grown = image.getchannel("A").filter(ImageFilter.BoxBlur(width * SCALE * 0.8))
    grown = grown.point([min(255, max(0, (v - 26) * 12)) for v in range(256)])
    rim = Image.new("RGBA", image.size, (*colour, 0))
    rim.putalpha(grown)
    return Image.alpha_composite(rim, image)


def grain(shape: tuple[int, int], strength: float, seed: int) -> NDArray[np.float32]:
    """Noise around 0, rows x columns."""
    noise = np.random.default_rng(seed).standard_normal(shape, np.float32)
    return noise * np.float32(strength)


def _bounds(
    points: Sequence[Point], margin: int, size: tuple[int, int]
) -> tuple[int, int, int, int] | None:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    box = (
        max(0, math.floor(min(xs)) - margin),
        max(0, math.floor(min(ys)) - margin),
        min(size[0], math.ceil(max(xs)) + margin),
        min(size[1], math.ceil(max(ys)) + margin),
    )
    return box if box[0] < box[2] and box[1] < box[3] else None
