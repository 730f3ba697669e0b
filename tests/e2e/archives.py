"""A month of recordings in a portal, and when what is looked at there is painted."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.e2e.browser import Person, Viewer
from tests.e2e.overlays import Boxed, boxes_read, boxes_so_far, numbers_read
from tests.e2e.portal import Portal
from tests.e2e.waiting import until

PROBE = Path(__file__).with_name("archive_probe.js").read_text(encoding="utf-8")
FPS = 30
# Where in its film a visit begins, and how long before it a player does.
VISIT_INTO_S, LEAD_S = 21, 1.5


def fill_month(portal: Portal, *, days: int, cameras: int, looked_at: int) -> dict[str, Any]:
    """See tests.archive.fill."""
    how = f"days={days}, cameras={cameras}, looked_at={looked_at}"
    made = portal.django(f"from tests import archive; answer = archive.fill({how})", within_s=280)
    assert isinstance(made, dict)
    return made


def shoot(
    portal: Portal, slug: str, takes: list[dict[str, object]], **how: float
) -> dict[str, Any]:
    """See tests.archive.shoot."""
    made = portal.django(
        f"from tests import archive; answer = archive.shoot({slug!r}, {takes!r}, **{how!r})",
        within_s=120,
    )
    assert isinstance(made, dict)
    return made


def watches_recordings(person: Person, *, pictures: float = 5) -> None:
    """Her pages tell when timelines are painted, and the first pictures after a click."""
    person.context.add_init_script(PROBE)
    person.context.add_init_script(f"petcamProbe.mostPainted = {pictures};")


@dataclass(frozen=True)
class FirstPicture:
    """From a click to the first picture of what was asked for, and on the way there."""

    ms: float
    picture: int
    words: str


def first_picture(page: Page, visit: dict[str, Any], *, within_s: float = 10) -> FirstPicture:
    """Of a visit (see tests.archive.fill) that was clicked on."""
    found = until(
        lambda: _visit_picture(page, visit), lambda: str(_painted(page)), within_s=within_s
    )
    clicked = page.evaluate("petcamProbe.clickedAt()")
    return FirstPicture(found[0] - clicked, found[1], _way(page, clicked))


def _visit_picture(page: Page, visit: dict[str, Any]) -> tuple[float, int] | None:
    """When the first picture of it was painted, and its number in the film."""
    start_ms = datetime.fromisoformat(visit["at"]).timestamp() * 1000
    for at, number, moment_ms, _ in _painted(page):
        into_s = VISIT_INTO_S + (moment_ms - start_ms) / 1000
        is_of_it = VISIT_INTO_S - LEAD_S - 0.1 < into_s < VISIT_INTO_S + 0.1
        if is_of_it and number == round(into_s * FPS):
            return at, number
    return None


def _painted(page: Page) -> list[Any]:
    found = page.evaluate("window.petcamProbe?.painted ?? []")
    assert isinstance(found, list)
    return found


def _way(page: Page, clicked: float) -> str:
    """When what was there, in ms after the click."""
    page_there = "performance.getEntriesByType('navigation')[0].responseEnd"
    parts = {
        "page": f"[performance.timeOrigin + {page_there}]",
        "scripts": "petcamProbe.asked('recordings/js').map(([, , end]) => end)",
        "timeline": "petcamProbe.asked('timeline.json').map(([, , end]) => end)",
        "index": "petcamProbe.asked('index.json').map(([, , end]) => end)",
        "bytes": "petcamProbe.asked('segment.mp4').map(([, , end]) => end)",
        "boxes": "petcamProbe.asked('boxes.json').map(([, , end]) => end)",
    }
    told = []
    for name, expression in parts.items():
        ends = [round(at - clicked) for at in page.evaluate(expression)]
        if after := [end for end in ends if end >= 0]:
            told.append(
                f"{name} {min(after)}-{max(after)}" if len(after) > 1 else f"{name} {after[0]}"
            )
    return ", ".join(told)


def timeline_ms(page: Page) -> tuple[float, float]:
    """From the request of a day's timeline to its answer, and to its being painted."""
    painted = until(
        lambda: page.evaluate("window.petcamProbe?.timelineAt"), "a painted timeline", within_s=10
    )
    asked, _, answered = page.evaluate("petcamProbe.asked('timeline.json')[0]")
    return answered - asked, painted - asked


# A film in three parts, ten minutes from each other: (s) from its first picture.
FILM_LENGTH_S = 30
FILM_STARTS_S = (0, 600, 1200)


@dataclass(frozen=True)
class Seam:
    """Between these two pictures something changes."""

    name: str
    before: int
    after: int


SEAMS = (
    Seam("the next segment", 299, 300),
    Seam("a gap of ten seconds", 599, 900),
    Seam("another size", 1199, 1200),
    Seam("the old size again", 1499, 1500),
    Seam("the machine was started anew", 1799, 1800),
)


def film_camera(portal: Portal) -> dict[str, Any]:
    """A camera with the film."""
    takes = [
        {"first": start_s * FPS, "end": (start_s + FILM_LENGTH_S) * FPS}
        for start_s in FILM_STARTS_S
    ]
    return shoot(portal, "corridor", takes)


def seams_camera(portal: Portal) -> dict[str, Any]:
    """A camera with SEAMS, ten seconds from each other."""
    small = {"width": 640, "height": 360}
    takes = [
        {"first": 0, "end": 300},
        {"first": 300, "end": 600},
        {"first": 900, "end": 1200},
        {"first": 1200, "end": 1500, **small},
        {"first": 1500, "end": 1800},
        {"first": 1800, "end": 2100, "is_rebooted": True},
    ]
    return shoot(portal, "seams", takes)


def moment_of(camera: dict[str, Any], second: float) -> str:
    """So far into what `shoot` made, as an address has it."""
    at = datetime.fromisoformat(camera["at"]) + timedelta(seconds=second)
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seek(viewer: Viewer, camera: dict[str, Any], second: float) -> None:
    """Let her player go there."""
    at = datetime.fromisoformat(camera["at"]) + timedelta(seconds=second)
    viewer.probe("(p, ms) => p.player().seek(ms)", at.timestamp() * 1000)


def picture_by_picture(viewer: Viewer, steps: int) -> tuple[Boxed, int, int]:
    """Pause and step on and back: what was read, how many steps, and how many of them showed the
    very next picture."""
    page = viewer.page
    page.keyboard.press(" ")
    until(lambda: viewer.state == "paused", "a pause", within_s=5)
    viewer.look_on(0.3)
    boxes_read(viewer, 0)
    keys = [".", ".", ".", ","]
    for n in range(steps):
        page.keyboard.press(keys[n % len(keys)])
        until(
            lambda n=n: len(numbers_read(viewer)) > n, "another picture", within_s=5, every_s=0.01
        )
    numbers = numbers_read(viewer)
    ways = [1 if keys[n % len(keys)] == "." else -1 for n in range(1, steps)]
    right = sum(b - a == way for (a, b), way in zip(pairwise(numbers), ways, strict=True))
    return boxes_so_far(viewer), len(ways), right


MANY = 20_000


@dataclass(frozen=True)
class Shown:
    """Pictures as they were painted: (Unix ms, number in the strip, how many were presented)."""

    pictures: list[tuple[float, int, int]]

    def around(self, before: int, after: int) -> "Shown":
        """A second's pictures on either side of a seam, the missing numbers left out."""
        near = [
            (at, number if number <= before else number - (after - before - 1), presented)
            for at, number, presented in self.pictures
            if before - FPS < number <= before or after <= number < after + FPS
        ]
        return Shown(near)

    @property
    def longest_ms(self) -> float:
        """Between two pictures."""
        return max((b[0] - a[0] for a, b in pairwise(self.pictures)), default=math.inf)

    @property
    def lost(self) -> int:
        """Pictures that were not presented."""
        return sum(max(0, (b[1] - a[1]) - (b[2] - a[2])) for a, b in pairwise(self.pictures))

    @property
    def words(self) -> str:
        return f"{self.lost} lost of {len(self.pictures)}, longest {self.longest_ms:.0f} ms"


def shown(
    viewer: Viewer, *, until_number: int | None = None, seconds: float = 0, within_s: float = 60
) -> Shown:
    """What is painted from the first picture on, until a picture of the film, or for so long.

    To whom watches recordings with as many `pictures`.
    """
    viewer.probe("p => { p.everyKth = 0; }")
    if until_number is None:
        viewer.look_on(seconds)
    else:
        last = "p => p.painted.at(-1)?.[1] ?? 0"
        until(
            lambda: viewer.probe(last) >= until_number,
            lambda: f"picture {until_number}, not {viewer.probe(last)} {viewer.words()}",
            within_s=within_s,
            every_s=0.5,
        )
    painted = viewer.probe("p => p.painted")
    return Shown([(at, number, count) for at, number, _, count in painted if number is not None])
