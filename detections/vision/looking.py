"""Where to look in a picture, so that a small model finds a small animal in a large room.

A detector sees best what fills half of a square. So each animal that is known is looked at in a
square of its own, so is what moves, and the room as a whole in turns. What one of these shows too
small, too large or cut off is looked at again in a square around it before it counts.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from detections.vision.boxes import Box, overlap
from detections.vision.detector import Detector, Picture
from detections.vision.motion import Motion
from detections.vision.seen import Seen

# A newcomer must be seen that clearly; somebody known, where they were, only so.
NEW_SCORE, KNOWN_SCORE = 0.5, 0.35
# Worth a closer look.
HINT_SCORE = 0.3
# The side of a square around somebody, as a multiple of the longer side of their box.
_ROOM_AROUND = 1.5
# When somebody goes on beyond a square, this one is looked at next.
_ROOM_BEYOND = 2.2
_SMALLEST_SIDE_PX = 96
# In a square that fits, somebody takes up that much of it.
_FITTING = (0.3, 0.95)
_CUT_OFF = 0.015
# Looks at parts of one picture: that bounds what a picture costs.
_MOST_LOOKS = 5
_MOST_KNOWN = 4
_MOST_NOBODY = 16
# The whole room is looked at in every third picture, or when nobody is known.
_ROOM_EVERY = 3
_SAME_PLACE, _WITHIN, _ABOUT_THERE = 0.5, 0.75, 0.2
# Two views of the same, one of which is enough.
_SAME_VIEW = 0.7
# "Cat" does not become "dog", nor her head all of her, for a hair's breadth.
_LABEL_LEAD, _PLACE_LEAD, _WHOLE_LEAD = 0.15, 0.3, 0.25
_FORGET_AFTER = 3
# What moves and is nobody (a curtain, a clock) is not looked at again for so many pictures.
_NOBODY_FOR = 4


@dataclass(frozen=True, slots=True)
class _Known:
    """Somebody seen before; `missed` pictures ago."""

    seen: Seen
    missed: int = 0


@dataclass(frozen=True, slots=True)
class _View:
    """Somebody seen in a part of the picture, and where to see them better, if anywhere."""

    seen: Seen
    is_cut_off: bool
    better: Box | None


class Looking:
    """Finds what is in one camera's pictures, in time order. Not thread-safe.

    `looks` counts how often the detector was asked.
    """

    def __init__(self, detector: Detector) -> None:
        self.looks = 0
        self._detector = detector
        self._known: list[_Known] = []
        # Squares in which nobody was, with the number of the picture.
        self._nobody: deque[tuple[Box, int]] = deque(maxlen=_MOST_NOBODY)
        self._pictures = 0

    def find(self, picture: Picture, motion: Motion) -> list[Seen]:
        """Everybody in the picture, best first."""
        regions = list(self._regions(picture, motion))
        found: list[Seen] = []
        done: list[Box] = []
        while regions and len(done) < _MOST_LOOKS:
            region = regions.pop(0)
            done.append(region)
            views = list(self._look_at(picture, region))
            if not views:
                self._nobody.append((region, self._pictures))
            for view in views:
                if any(_is_same(view.seen, other) for other in found):
                    found.append(view.seen)
                elif view.better is None or _is_among(view.better, (*done, *regions)):
                    # As good as it gets; nobody is known by half.
                    found += [] if view.is_cut_off else [view.seen]
                else:
                    regions.insert(0, view.better)
        seen_now = self._sorted_out(found)
        self._remember(seen_now)
        return seen_now

    def _regions(self, picture: Picture, motion: Motion) -> Iterator[Box]:
        """Where to look first."""
        squares = [square_around(one.seen.box, picture) for one in self._known]
        yield from squares
        for part in () if motion.is_new_light else motion.parts:
            if not any(_share_within(part, square) > _WITHIN for square in squares):
                squares.append(square_around(part, picture))
                if not self._is_nobody(squares[-1]):
                    yield squares[-1]
        if not self._known or self._pictures % _ROOM_EVERY == 0:
            views = room_views(picture)
            turn = self._pictures if not self._known else self._pictures // _ROOM_EVERY
            yield views[turn % len(views)]
        self._pictures += 1

    def _is_nobody(self, square: Box) -> bool:
        """Whether nobody was there just now."""
        return any(
            overlap(square, empty) > _SAME_PLACE and self._pictures - at <= _NOBODY_FOR
            for empty, at in self._nobody
        )

    def _look_at(self, picture: Picture, region: Box) -> Iterator[_View]:
        self.looks += 1
        for seen in self._detector.detect(_cut(picture, region)):
            if seen.score >= HINT_SCORE:
                whole = replace(seen, box=_within(region, seen.box))
                better = _better_view(seen.box, region, picture)
                yield _View(whole, _is_cut_off(seen.box, region), better)

    def _sorted_out(self, found: list[Seen]) -> list[Seen]:
        """Each animal once, with the label it had; nobody new who is not clear to see."""
        kept: list[Seen] = []
        for seen in sorted(found, key=self._rank, reverse=True):
            is_clear = seen.score >= (KNOWN_SCORE if self._likeness(seen) else NEW_SCORE)
            is_part = any(_is_part(seen, other) for other in found)
            if is_clear and not is_part and not any(_is_same(seen, other) for other in kept):
                kept.append(seen)
        return sorted(kept, key=lambda seen: -seen.score)

    def _rank(self, seen: Seen) -> float:
        likeness = self._likeness(seen)
        return seen.score + (_LABEL_LEAD + _PLACE_LEAD * likeness if likeness else 0.0)

    def _likeness(self, seen: Seen) -> float:
        """How much it overlaps somebody known with this label, 0 for nobody."""
        overlaps = [
            overlap(one.seen.box, seen.box) for one in self._known if one.seen.label == seen.label
        ]
        return max((share for share in overlaps if share > _ABOUT_THERE), default=0.0)

    def _remember(self, seen_now: list[Seen]) -> None:
        missed = [
            replace(one, missed=one.missed + 1)
            for one in self._known
            if one.missed + 1 < _FORGET_AFTER
            and not any(overlap(one.seen.box, seen.box) > _ABOUT_THERE for seen in seen_now)
        ]
        self._known = [*(_Known(seen) for seen in seen_now), *missed][:_MOST_KNOWN]


def room_views(picture: Picture) -> list[Box]:
    """The whole picture, and squares that together show all of it, larger."""
    height, width = picture.shape[:2]
    short, long = sorted((height, width))
    count = 1 if long < 1.2 * short else -(-long // short) + 1
    if count == 1:
        return [Box(0, 0, 1, 1)]
    share = short / long
    offsets = [(1 - share) * n / (count - 1) for n in range(count)]
    if width > height:
        squares = [Box(offset, 0, share, 1) for offset in offsets]
    else:
        squares = [Box(0, offset, 1, share) for offset in offsets]
    return [Box(0, 0, 1, 1), *squares]


def square_around(box: Box, picture: Picture, *, room: float = _ROOM_AROUND) -> Box:
    """A square (in pixels) around the box, with room; inside the picture if it fits at all."""
    height, width = picture.shape[:2]
    side = max(room * max(box.w * width, box.h * height), _SMALLEST_SIDE_PX)
    w, h = min(side / width, 1.0), min(side / height, 1.0)
    x, y = box.centre
    return Box(min(max(x - w / 2, 0.0), 1 - w), min(max(y - h / 2, 0.0), 1 - h), w, h)


def _cut(picture: Picture, region: Box) -> Picture:
    height, width = picture.shape[:2]
    left, top = round(region.x * width), round(region.y * height)
    right, bottom = round((region.x + region.w) * width), round((region.y + region.h) * height)
    return np.ascontiguousarray(picture[top:bottom, left:right])


def _within(region: Box, box: Box) -> Box:
    """A box in shares of the region, in shares of the picture."""
    return Box(
        region.x + box.x * region.w, region.y + box.y * region.h,
        box.w * region.w, box.h * region.h,
    )  # fmt: skip


def _better_view(box: Box, region: Box, picture: Picture) -> Box | None:
    """Where to look for what is at `box` (shares of the region); None when it is seen well."""
    height, width = picture.shape[:2]
    # A picture is no square: squeezed into one, everything looks narrower than it is.
    is_square = 0.8 < region.w * width / (region.h * height) < 1.25
    if is_square and _is_cut_off(box, region):
        return square_around(region, picture, room=_ROOM_BEYOND)
    smallest, largest = _FITTING
    if is_square and smallest <= max(box.w, box.h) <= largest:
        return None
    return square_around(_within(region, box), picture)


def _is_among(view: Box, others: Iterable[Box]) -> bool:
    return any(overlap(view, other) > _SAME_VIEW for other in others)


def _is_cut_off(box: Box, region: Box) -> bool:
    """Whether the region's edge, and not the picture's, ends the box."""
    return (
        box.x < _CUT_OFF < region.x
        or box.y < _CUT_OFF < region.y
        or (box.x + box.w > 1 - _CUT_OFF and region.x + region.w < 1 - _CUT_OFF)
        or (box.y + box.h > 1 - _CUT_OFF and region.y + region.h < 1 - _CUT_OFF)
    )


def _share_within(box: Box, region: Box) -> float:
    """How much of the box is inside the region."""
    width = min(box.x + box.w, region.x + region.w) - max(box.x, region.x)
    height = min(box.y + box.h, region.y + region.h) - max(box.y, region.y)
    return max(width, 0.0) * max(height, 0.0) / box.area if box.area else 0.0


def _is_part(seen: Seen, whole: Seen) -> bool:
    """Whether it is the head, say, of what was seen as a whole about as clearly."""
    return (
        seen.label == whole.label
        and seen.box.area < 0.8 * whole.box.area
        and whole.score > max(seen.score - _WHOLE_LEAD, NEW_SCORE)
        and _share_within(seen.box, whole.box) > _WITHIN
    )


def _is_same(seen: Seen, better: Seen) -> bool:
    """Whether both are one animal: a cat's head is no second cat, nor is she a dog as well.

    A cat in somebody's arms stays a cat.
    """
    if (seen.label == "person") != (better.label == "person"):
        return overlap(seen.box, better.box) > 0.8
    if overlap(seen.box, better.box) > _SAME_PLACE:
        return True
    return max(_share_within(seen.box, better.box), _share_within(better.box, seen.box)) > _WITHIN
