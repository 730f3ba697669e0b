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
    `box` is the visible part: left, top, right, bottom, px.
    """

    keeps: tuple[NDArray[np.uint16], ...]
    adds: tuple[NDArray[np.uint16], ...]
    box: tuple[int, int, int, int]

    def mirrored(self) -> "Sprite":
        """The same facing the other way."""
        width = self.keeps[0].shape[1]
        left, top, right, bottom = self.box
        return Sprite(
            tuple(np.ascontiguousarray(plane[:, ::-1]) for plane in self.keeps),
            tuple(np.ascontiguousarray(plane[:, ::-1]) for plane in self.adds),
            (width - right, top, width - left, bottom),
        )


def planes_of(image: Image.Image) -> Planes:
    """An RGB picture with even sides as planes."""
    yuv = _yuv(image)
    small = _halved(yuv[..., 1:])
    y, u, v = (np.rint(p).astype(np.uint8) for p in (yuv[..., 0], small[..., 0], small[..., 1]))
    return y, u, v


def sprite_of(image: Image.Image) -> Sprite:
    """An RGBA picture with even sides as a sprite."""
    alpha = np.asarray(image.getchannel("A"), np.float32)[..., None] / np.float32(255)
    weighted = _yuv(image.convert("RGB")) * alpha
    chroma, chroma_alpha = _halved(weighted[..., 1:]), _halved(alpha)
    solid = image.getchannel("A").point(lambda v: 255 if v > 127 else 0).getbbox()
    return Sprite(
        tuple(
            np.rint(256 * (1 - a[..., 0])).astype(np.uint16)
            for a in (alpha, chroma_alpha, chroma_alpha)
        ),
        tuple(
            np.rint(256 * p).astype(np.uint16)
            for p in (weighted[..., 0], chroma[..., 0], chroma[..., 1])
        ),
        solid or (0, 0, 0, 0),
    )


def lay(planes: Planes, sprite: Sprite, left: int, top: int) -> None:
    """Blend `sprite` over `planes` with its corner at (left, top); it must lie inside them."""
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
    height, width, depth = plane.shape
    mean: NDArray[np.float32] = plane.reshape(height // 2, 2, width // 2, 2, depth).mean((1, 3))
    return mean
