"""How an animal looks, as numbers: enough to tell a black cat from a ginger one, or to abstain."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from detections.vision.boxes import Box
from detections.vision.detector import Picture

Look = NDArray[np.float32]

_SIDE_PX = 64
# The part of a box that shows the animal and not the carpet.
_ELLIPSE = 0.8
# Parts of a look, with what each weighs: colours, how light and dark, the coat's pattern.
_CHROMA_BINS, _LIGHT_BINS, _TEXTURE_BINS = 10, 8, 8
_WEIGHTS = (0.55, 0.3, 0.15)
# How far colours of animals go from grey, as shares of the brightness.
_CHROMA_REACH = 0.36
# Less colour than this has a picture by infrared light.
_COLOURLESS = 0.012
LENGTH = _CHROMA_BINS**2 + _LIGHT_BINS + _TEXTURE_BINS

# The same animal again is at least that similar (cosine), and by so much more than another.
SURE, MARGIN = 0.88, 0.05
# Of the looks of one pet, the most similar count.
_NEAREST = 3


@dataclass(frozen=True, slots=True)
class KnownLook:
    """What a person said of a look: whose it is; None for "no animal at all".

    `is_counterexample`: it is not this pet, whoever else it is.
    """

    pet_id: int | None
    look: Look
    is_counterexample: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """The pet it is; None for what a person refuted before. Similarity and lead are 0..1."""

    pet_id: int | None
    similarity: float
    lead: float


def look_of(picture: Picture, box: Box) -> Look:
    """LENGTH numbers of unit length for what is in the box; all zero for an empty box."""
    crop = _crop(picture, box)
    if crop is None:
        return np.zeros(LENGTH, np.float32)
    shown = _ellipse()
    parts = _chroma(crop, shown, picture), _light(crop, shown, picture), _texture(crop, shown)
    # Square roots of shares (Hellinger): a few pixels of a colour count, and many not for all.
    weighted = [np.sqrt(weight * part) for weight, part in zip(_WEIGHTS, parts, strict=True)]
    look = np.concatenate(weighted).astype(np.float32)
    unit: Look = look / max(float(np.linalg.norm(look)), 1e-6)
    return unit


def best_match(look: Look, looks: Sequence[KnownLook]) -> Match | None:
    """Whose look this is; None when it is nobody's for sure, or might be somebody else's."""
    alike: dict[int | None, list[float]] = defaultdict(list)
    unlike: dict[int | None, list[float]] = defaultdict(list)
    for known in looks:
        if known.look.shape == look.shape:
            side = unlike if known.is_counterexample else alike
            side[known.pet_id].append(float(known.look @ look))
    scores = {pet_id: _nearest(similar) for pet_id, similar in alike.items()}
    ranked = sorted(scores, key=lambda pet_id: -scores[pet_id])
    if not ranked:
        return None
    best, score = ranked[0], scores[ranked[0]]
    rivals = [scores[pet_id] for pet_id in ranked[1:]]
    lead = score - max([*rivals, *unlike[best]], default=0.0)
    if score < SURE or lead < MARGIN:
        return None
    return Match(best, score, lead)


def _nearest(similar: list[float]) -> float:
    return float(np.mean(sorted(similar)[-_NEAREST:]))


def _crop(picture: Picture, box: Box) -> NDArray[np.float32] | None:
    """The box's part as _SIDE_PX squared floats, RGB 0..1."""
    height, width = picture.shape[:2]
    left, top = max(round(box.x * width), 0), max(round(box.y * height), 0)
    right, bottom = round((box.x + box.w) * width), round((box.y + box.h) * height)
    part = picture[top:bottom, left:right]
    if min(part.shape[:2]) < 2:
        return None
    small = Image.fromarray(np.ascontiguousarray(part)).resize(
        (_SIDE_PX, _SIDE_PX), Image.Resampling.BOX
    )
    return np.asarray(small, np.float32) / np.float32(255)


def _ellipse() -> NDArray[np.bool_]:
    at = (np.arange(_SIDE_PX) + 0.5) / _SIDE_PX * 2 - 1
    shown: NDArray[np.bool_] = at[:, None] ** 2 + at[None] ** 2 < _ELLIPSE**2
    return shown


def _chroma(
    crop: NDArray[np.float32], shown: NDArray[np.bool_], picture: Picture
) -> NDArray[np.float64]:
    """Shares of colours, whatever the brightness; nothing by infrared light."""
    seen = picture[::8, ::8].astype(np.float32) / 255
    if float(np.mean(seen.max(-1) - seen.min(-1))) < _COLOURLESS:
        return np.zeros(_CHROMA_BINS**2)
    pixels = crop[shown]
    brightness = pixels.mean(1) + 0.04
    red = (pixels[:, 0] - pixels[:, 1]) / brightness / _CHROMA_REACH
    blue = (pixels[:, 2] - pixels[:, :2].mean(1)) / brightness / _CHROMA_REACH
    across, down = (np.clip((value + 1) / 2, 0, 1) * (_CHROMA_BINS - 1) for value in (red, blue))
    # Each pixel belongs to the four bins around it: no jump when the light changes a little.
    shares = np.zeros((_CHROMA_BINS, _CHROMA_BINS))
    x, y = (np.minimum(value.astype(int), _CHROMA_BINS - 2) for value in (across, down))
    for right in (0, 1):
        for low in (0, 1):
            amount = np.abs(1 - right - (across - x)) * np.abs(1 - low - (down - y))
            np.add.at(shares, (y + low, x + right), amount)
    return shares.ravel() / len(pixels)


def _light(
    crop: NDArray[np.float32], shown: NDArray[np.bool_], picture: Picture
) -> NDArray[np.float64]:
    """Shares of brightness, against that of the whole picture."""
    usual = float(np.median(picture[::8, ::8])) / 255 + 0.04
    against = (crop[shown].mean(1) + 0.04) / usual
    at = np.clip(np.log2(against) + 2.5, 0, 4.999) / 5 * (_LIGHT_BINS - 1)
    low = np.minimum(at.astype(int), _LIGHT_BINS - 2)
    shares: NDArray[np.float64] = np.zeros(_LIGHT_BINS)
    np.add.at(shares, low, 1 - (at - low))
    np.add.at(shares, low + 1, at - low)
    shares /= at.size
    return shares


def _texture(crop: NDArray[np.float32], shown: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Shares of how strongly neighbours differ: plain coats and striped ones."""
    light = np.log2(crop.mean(2) + 0.04)
    steps = np.abs(np.diff(light, axis=1))[:-1] + np.abs(np.diff(light, axis=0))[:, :-1]
    at = np.clip(np.log2(steps[shown[:-1, :-1]] + 1e-3) + 7, 0, 7.999)
    counts, _ = np.histogram(at, _TEXTURE_BINS, (0, 8))
    shares: NDArray[np.float64] = counts / at.size
    return shares
