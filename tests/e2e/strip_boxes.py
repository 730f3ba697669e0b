"""Boxes that say which picture they are for: reads a camera's strip and pushes boxes.

Run as `python -m tests.e2e.strip_boxes CAMERA_ID RING EVERY` with a portal's environment: follows
the ring, decodes each picture, and for each EVERY-th (by the strip's frame number) pushes a box
whose place is that number (`box_of`). Where the camera left pictures out, both sides of the gap
are told as well: between them a frame number is no measure of time. Prints `ready` when the first
box has left.
"""

import asyncio
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from detections.pushing import send_boxes
from detections.vision.boxes import Box
from streaming.media.access_unit import AccessUnit
from streaming.media.feed import CameraFeed
from streaming.media.strip import read_strip
from streaming.messages import PetMark

WIDTH_PX, HEIGHT_PX = 1280, 720
# 30 pictures a second, and half a picture more.
REGULAR_90K = 4500
SOURCE = "strip"
PETS: dict[int | str, PetMark] = {1: {"name": "Strip", "colour": "#ff00ff"}}
# The box travels to and fro in both directions, turning at multiples of 3, 4 and 6 pictures.
BOX_PX = (300, 200)
X_PX, X_STEP_PX, X_TURN = 60, 4, 216
Y_PX, Y_STEP_PX, Y_TURN = 120, 3, 108


def box_of(frame_number: int) -> tuple[float, float]:
    """Left and top, px: one picture later the box is X_STEP_PX and Y_STEP_PX further."""
    return (
        X_PX + X_STEP_PX * _to_and_fro(frame_number, X_TURN),
        Y_PX + Y_STEP_PX * _to_and_fro(frame_number, Y_TURN),
    )


def _to_and_fro(number: int, turn: int) -> int:
    place = number % (2 * turn)
    return min(place, 2 * turn - place)


@dataclass(frozen=True)
class Marked:
    """What is pushed of a track (detections.pushing.Tracked)."""

    box: Box
    track: int = 1
    label: str = "mark"
    score: float = 0.87
    velocity: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)


def marked(frame_number: int) -> Marked:
    """The box of that picture."""
    x, y = box_of(frame_number)
    w, h = BOX_PX
    return Marked(Box(x / WIDTH_PX, y / HEIGHT_PX, w / WIDTH_PX, h / HEIGHT_PX))


class StripReader:
    """Decodes a camera's pictures and chooses those to tell of."""

    def __init__(self, every: int) -> None:
        self._every = every
        self._decoder = av.CodecContext.create("h264", "r")
        self._decoder.options = {"flags": "low_delay"}
        self._decoder.thread_count = 1
        self._last: tuple[int, int] | None = None

    def chosen(self, unit: AccessUnit) -> Iterator[tuple[int, int]]:
        """Frame number and media time of what to tell of now that `unit` came."""
        number = self._number(unit)
        if number is None:
            return
        last, self._last = self._last, (number, unit.pts_90k)
        is_after_gap = last is not None and unit.pts_90k - last[1] > REGULAR_90K
        if is_after_gap and last is not None:
            yield last
        if is_after_gap or number % self._every == 0:
            yield self._last

    def _number(self, unit: AccessUnit) -> int | None:
        for picture in self._decoder.decode(av.Packet(unit.data)):
            plane = picture.planes[0]
            luma = np.frombuffer(memoryview(plane), np.uint8)
            stamp = read_strip(luma.reshape(plane.height, plane.line_size))
            return stamp.frame_number if stamp else None
        return None


async def tell(camera_id: int, ring: Path, every: int) -> None:
    """Follow the ring until cancelled."""
    units: asyncio.Queue[AccessUnit] = asyncio.Queue(maxsize=300)
    feed = CameraFeed(ring, on_unit=units.put_nowait, on_status=lambda status: None)
    following = asyncio.create_task(feed.run())
    reader = StripReader(every)
    is_told = False
    try:
        while True:
            for number, pts_90k in reader.chosen(await units.get()):
                await send_boxes(camera_id, pts_90k, SOURCE, [marked(number)], PETS)
                if not is_told:
                    is_told = True
                    sys.stdout.write("ready\n")
                    sys.stdout.flush()
    finally:
        following.cancel()


def main() -> None:
    """Until the process is ended."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "petcam_site.settings")
    camera_id, ring, every = sys.argv[1:]
    asyncio.run(tell(int(camera_id), Path(ring), int(every)))


if __name__ == "__main__":
    main()
