"""How long from a click to the first picture, and whether who comes late stays behind.

    python -m bench.first_frame [--joins 50] [--intervals 1 8]

A real portal, a camera whose keyframes are so many seconds apart, and two tabs of Chromium: one
watches all the time, the other comes and goes at random moments. Keeps its table for
`python -m bench.table`.
"""

import argparse
import contextlib
import random
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.child import Child
from bench.folder import folder
from tests.e2e.browser import Browser, Person, Viewer, percentile
from tests.e2e.cameras import add_camera, change_camera, remove_camera, wait_until_known
from tests.e2e.fuzzing import SHARED_MEMORY, ring_name
from tests.e2e.pages import DEMO_SLUG
from tests.e2e.portal import Portal

FPS = 30
PATIENCE_S = 10.0
LATER_S, COMPARED_S = 3.0, 1.0
WATCHING = Path(__file__).with_name("watching.js").read_text(encoding="utf-8")


@dataclass
class Joins:
    """Milliseconds. `behind`: how much older the pictures of who came later are, `LATER_S` after
    the click, than those of who was there before. `by_other_ways` counts joins not by WebRTC."""

    interval_s: float
    waits: list[float] = field(default_factory=list)
    behind: list[float] = field(default_factory=list)
    by_other_ways: int = 0
    missed: int = 0


@contextlib.contextmanager
def film_camera(portal: Portal, interval_s: float) -> Iterator[str]:
    """A camera with the strip and a keyframe every `interval_s`; its slug. No demo meanwhile."""
    ring = ring_name(f"film-{interval_s:g}")
    change_camera(portal, DEMO_SLUG, is_enabled=False)
    try:
        command = [sys.executable, "-m", "bench.servers.film", SHARED_MEMORY / ring]
        with Child([*command, round(interval_s * FPS)]) as film:
            film.line()
            name = f"Film {interval_s:g}"
            slug = add_camera(portal, name=name, source_kind="shared_memory", source_address=ring)
            wait_until_known(portal, slug)
            yield slug
            remove_camera(portal, slug)
    finally:
        (SHARED_MEMORY / ring).unlink(missing_ok=True)
        change_camera(portal, DEMO_SLUG, is_enabled=True)


def measure(
    people: tuple[Person, Person], slug: str, interval_s: float, joins: int, compared: int
) -> Joins:
    """`joins` clicks at random moments, after `compared` of which the delays are compared."""
    found = Joins(interval_s)
    dice = random.Random(round(interval_s * 1000))
    resident, guest = (open_tab(person, slug) for person in people)
    every = max(1, joins // max(compared, 1))
    for number in range(joins):
        guest.page.evaluate("petcamWatching.leave()")
        guest.look_on(dice.uniform(0.3, 0.3 + min(interval_s, 2.0)))
        joined = guest.page.evaluate("(ms) => petcamWatching.join(ms)", PATIENCE_S * 1000)
        if joined is None:
            found.missed += 1
            continue
        found.waits.append(joined["waited"])
        guest.look_on(0.2)
        found.by_other_ways += guest.transport != "webrtc"
        if number % every == 0:
            guest.look_on(joined["clicked"] / 1000 + LATER_S + COMPARED_S - time.time())
            begin = joined["clicked"] + LATER_S * 1000
            ages = [age_ms(viewer, begin) for viewer in (guest, resident)]
            if None not in ages:
                found.behind.append(ages[0] - ages[1])
    for tab in (resident, guest):
        tab.page.close()
    return found


def open_tab(person: Person, slug: str) -> Viewer:
    """A tab that plays, reading every third strip."""
    viewer = person.watch(slug)
    viewer.wait_for_picture(within_s=30, transport="webrtc")
    viewer.probe("p => { p.everyKth = 3; }")
    return viewer


def age_ms(viewer: Viewer, begin: float) -> float | None:
    """The median age of the pictures shown in the COMPARED_S from `begin` (Unix, ms)."""
    ages = viewer.probe(
        "(p, [begin, end]) => p.strips.filter((s) => s.at >= begin && s.at < end)"
        ".map((s) => s.latencyMs)",
        [begin, begin + COMPARED_S * 1000],
    )
    return statistics.median(ages) if ages else None


def table(found: Sequence[Joins]) -> str:
    """A Markdown table, one row per keyframe interval."""
    head = "| keyframe every | click to first frame p50 | p95 | most | delay 3 s later | joins |"
    rows = [head, "| --- | --- | --- | --- | --- | --- |"]
    for joins in found:
        p50, p95, most = (percentile(joins.waits, share) for share in (0.5, 0.95, 1.0))
        behind = statistics.median(joins.behind or [float("nan")])
        rows.append(
            f"| {joins.interval_s:g} s | {p50:.0f} ms | {p95:.0f} ms | {most:.0f} ms "
            f"| {behind:+.0f} ms | {len(joins.waits)} |"
        )
    return "\n".join(rows)


@contextlib.contextmanager
def two_people(portal: Portal) -> Iterator[tuple[Person, Person]]:
    """Two windows of Chromium, logged in: of two tabs in one, only the front one is drawn."""
    with Browser() as browser:
        yield visitor(browser, portal), visitor(browser, portal)


def visitor(browser: Browser, portal: Portal) -> Person:
    """Somebody logged in, whose pages tell of each frame (watching.js)."""
    person = browser.person(portal)
    person.context.add_init_script(WATCHING)
    person.log_in().close()
    return person


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="bench.first_frame", description=__doc__)
    parser.add_argument("--joins", type=int, default=50)
    parser.add_argument("--compared", type=int, default=10)
    parser.add_argument("--intervals", type=float, nargs="+", default=[1.0, 8.0])
    options = parser.parse_args()
    found = []
    with Portal() as portal:
        for interval_s in options.intervals:
            with film_camera(portal, interval_s) as slug, two_people(portal) as people:
                found.append(measure(people, slug, interval_s, options.joins, options.compared))
    text = table(found)
    (folder() / "first_frame.md").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
