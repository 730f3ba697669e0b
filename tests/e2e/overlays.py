"""Whether the box on each picture that a person sees is the box of that very picture."""

import math
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from detections.vision.boxes import Box, overlap
from streaming.media.demo.scene import Scene
from tests.e2e.browser import Person, Viewer
from tests.e2e.cameras import camera_key, ring_of
from tests.e2e.portal import CHECKOUT, Portal
from tests.e2e.strip_boxes import BOX_PX, HEIGHT_PX, WIDTH_PX, X_TURN, Y_TURN, box_of
from tests.e2e.waiting import until

PROBE = Path(__file__).with_name("overlay_probe.js").read_text(encoding="utf-8")
# Lines are read to half a pixel; the next picture's box is 4 and 3 px further.
NEAR_PX = 1.5
# Middles of the boxes, until they are where they began.
PLACES = [
    (x + BOX_PX[0] / 2, y + BOX_PX[1] / 2)
    for x, y in map(box_of, range(math.lcm(2 * X_TURN, 2 * Y_TURN)))
]


@contextmanager
def strip_boxes(portal: Portal, slug: str, *, every: int) -> Iterator[None]:
    """Boxes for each `every`-th picture of the camera, until left."""
    program = [portal.python(), "-m", "tests.e2e.strip_boxes"]
    key, ring = camera_key(portal, slug), ring_of(portal, slug)
    source = subprocess.Popen(
        [*program, str(key), os.fspath(ring), str(every)],
        cwd=CHECKOUT,
        env=portal.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert source.stdout is not None
        if source.stdout.readline().strip() != "ready":
            raise AssertionError(f"the box source ended with code {source.wait(timeout=5)}")
        yield
    finally:
        source.terminate()
        source.communicate(timeout=10)


def wants_boxes(person: Person, mode: str, *, labels: str = "full") -> None:
    """Her browser remembers that she chose boxes so."""
    person.context.add_init_script(PROBE)
    person.context.add_init_script(
        "if (location.host) localStorage.setItem('petcam.boxes', "
        f"JSON.stringify({{mode: {mode!r}, labels: {labels!r}}}));"
    )


@dataclass(frozen=True)
class Boxed:
    """Pictures as they were shown, each read once: strip and box out of the same canvas."""

    sampled: int
    right: int
    without: int

    @property
    def share(self) -> float:
        return self.right / self.sampled if self.sampled else 0.0

    @property
    def words(self) -> str:
        wrong = self.sampled - self.right - self.without
        return (
            f"{self.share:.2%} of {self.sampled} ({self.without} without, {wrong} with another's)"
        )


@dataclass(frozen=True)
class Composed(Boxed):
    """Live ones: what it took that each is shown with its own box."""

    left_out: int
    delay_ms: float
    cost_ms: float

    @property
    def words(self) -> str:
        return (
            f"{super().words}, {self.left_out} left out,"
            f" held back {self.delay_ms:.0f} ms, drawing {self.cost_ms:.1f} ms a picture"
        )


def read_boxes(viewer: Viewer, pictures: int, *, settle_s: float) -> Composed:
    """Look at `pictures` different pictures, after the delay had `settle_s` to settle."""
    begin_reading(viewer, settle_s=settle_s)
    before = viewer.probe("p => ({ ...p.player().overlay.drawn })")
    found = _boxes_read(viewer, pictures)
    after = viewer.probe("p => ({ ...p.player().overlay.drawn })")
    drawn = after["pictures"] - before["pictures"]
    return Composed(
        **vars(found),
        left_out=after["withheld"] - before["withheld"],
        delay_ms=viewer.probe("p => p.player().overlay.delay_ms"),
        cost_ms=(after["spent_ms"] - before["spent_ms"]) / max(drawn, 1),
    )


def begin_reading(viewer: Viewer, *, settle_s: float = 0) -> None:
    """Read strip and box of each picture from now on, once there are some."""
    viewer.probe("p => { p.everyKth = 0; }")
    until(lambda: viewer.probe("p => p.surface()?.localName === 'canvas'"), "boxes", within_s=15)
    viewer.look_on(settle_s)
    viewer.probe("(p, places) => p.readBoxes(places)", PLACES)


def boxes_read(viewer: Viewer, pictures: int) -> Boxed:
    """Of that many pictures that have not been read yet."""
    viewer.probe("p => { p.composed.length = 0; p.plain = 0; }")
    return _boxes_read(viewer, pictures)


def numbers_read(viewer: Viewer) -> list[int]:
    """Which pictures were read since."""
    return [int(number) for number, *_ in viewer.probe("p => p.composed")]


def _boxes_read(viewer: Viewer, pictures: int) -> Boxed:
    until(
        lambda: viewer.probe("p => p.composed.length") >= pictures,
        lambda: f"{pictures} pictures; {viewer.probe('p => [p.composed.length, p.plain]')}",
        within_s=20 + pictures / 15,
        every_s=1,
    )
    return boxes_so_far(viewer)


def boxes_so_far(viewer: Viewer) -> Boxed:
    """Of the pictures that were read since `boxes_read` or `begin_reading`."""
    found, plain = viewer.probe("p => [p.composed, p.plain]")
    return Boxed(
        sampled=len(found) + plain,
        right=sum(_is_right(*picture) for picture in found),
        without=sum(x is None or y is None for _, x, y in found) + plain,
    )


def drawn_overlaps(viewer: Viewer, seconds: float) -> list[tuple[str, float]]:
    """How well the cat's box fits her on each picture shown: what she does, and their overlap.

    A picture without a box counts as 0. Ground truth is the demo camera's own scene.
    """
    viewer.probe("p => { p.everyKth = 0; p.readDrawn(); }")
    viewer.look_on(seconds)
    scene = Scene()
    found = []
    for captured_ms, boxes in viewer.probe("p => p.drawn"):
        state = scene.state(captured_ms / 1000)
        left, top, right, bottom = state.box
        truth = Box(
            left / WIDTH_PX,
            top / HEIGHT_PX,
            (right - left) / WIDTH_PX,
            (bottom - top) / HEIGHT_PX,
        )
        best = max((overlap(Box(*box), truth) for box in boxes), default=0.0)
        found.append((state.activity, best))
    return found


def _is_right(frame: int, x: float | None, y: float | None) -> bool:
    if x is None or y is None:
        return False
    right_x, right_y = PLACES[frame % len(PLACES)]
    return abs(x - right_x) <= NEAR_PX and abs(y - right_y) <= NEAR_PX
