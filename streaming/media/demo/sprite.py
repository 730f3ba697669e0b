"""Pictures as the encoder wants them: YUV 4:2:0 planes, BT.709, limited range."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Plane = NDArray[np.uint8]
# Luma, then the two chroma planes at half size.
Planes = tuple[Plane, Plane, Plane]

_TO_YUV = np.array(
    [[0.18259, 0.61423, 0.06201], [-0.10064, -0.33857, 0.43922], [0.43922, -0.39894, -0.04027]],
    np.float32,
)


@dataclass(frozen=True)
class Sprite:
    """A picture with transparency, ready to be laid over planes.

    Per plane: what remains of the background (0..256) and what is added to it (times 256).
    Only the part that is not empty is kept; it lies at `left`, `top` in the picture. `box` is
    what is solid: left, top, right, bottom in the picture, px. `width` is the whole picture's.
    """

    keeps: tuple[NDArray[np.uint16], ...]
    adds: tuple[NDArray[np.uint16], ...]
    left: int
    top: int
    box: tuple[int, int, int, int]
    width: int

    def mirrored(self) -> "Sprite":
        """The same facing the other way."""
        left, top, right, bottom = self.box
        return Sprite(
            tuple(np.ascontiguousarray(plane[:, ::-1]) for plane in self.keeps),
            tuple(np.ascontiguousarray(plane[:, ::-1]) for plane in self.adds),
            self.width - self.left - self.keeps[0].shape[1],
            self.top,
            (self.width - right, top, self.width - left, bottom),
            self.width,
        )


def planes_of(image: Image.Image) -> Planes:
    """An RGB picture with even sides as planes."""
    yuv = _yuv(image)
    small = _halved(yuv[..., 1:])
    y, u, v = (np.rint(p).astype(np.uint8) for p in (yuv[..., 0], small[..., 0], small[..., 1]))
    return y, u, v


def sprite_of(image: Image.Image) -> Sprite:
    """An RGBA picture with even sides, not all empty, as a sprite."""
    whole = image
    drawn = whole.getchannel("A").getbbox() or (0, 0, 2, 2)
    left, top = drawn[0] // 2 * 2, drawn[1] // 2 * 2
    image = whole.crop((left, top, (drawn[2] + 1) // 2 * 2, (drawn[3] + 1) // 2 * 2))
    alpha = np.asarray(image.getchannel("A"), np.float32)[..., None] / np.float32(255)
    weighted = _yuv(image.convert("RGB")) * alpha
    chroma, chroma_alpha = _halved(weighted[..., 1:]), _halved(alpha)
    solid = whole.getchannel("A").point(lambda v: 255 if v > 127 else 0).getbbox()
    return Sprite(
        tuple(
            np.rint(256 * (1 - a[..., 0])).astype(np.uint16)
            for a in (alpha, chroma_alpha, chroma_alpha)
        ),
        tuple(
            np.rint(256 * p).astype(np.uint16)
            for p in (weighted[..., 0], chroma[..., 0], chroma[..., 1])
        ),
        left,
        top,
        solid or (0, 0, 0, 0),
        whole.width,
    )


def lay(planes: Planes, sprite: Sprite, left: int, top: int) -> None:
    """Blend `sprite` over `planes`, its picture's corner at (left, top); it must lie inside."""
    left, top = left + sprite.left, top + sprite.top
    for number, plane in enumerate(planes):
        x, y = (left, top) if number == 0 else (left // 2, top // 2)
        keep, add = sprite.keeps[number], sprite.adds[number]
        under = plane[y : y + keep.shape[0], x : x + keep.shape[1]]
        mixed = under * keep
        mixed += add
        mixed >>= 8
        under[...] = mixed


def _yuv(image: Image.Image) -> NDArray[np.float32]:
    pixels = np.asarray(image, np.float32)
    yuv: NDArray[np.float32] = pixels @ _TO_YUV.T + np.array([16, 128, 128], np.float32)
    return yuv


def _halved(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    rows = plane[0::2] + plane[1::2]
    return (rows[:, 0::2] + rows[:, 1::2]) * np.float32(0.25)
