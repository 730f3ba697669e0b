"""Recorded pictures on the screen: each with its own boxes, one after the other without a halt."""

from datetime import UTC, datetime, timedelta

from tests.e2e.archives import (
    FILM_LENGTH_S,
    FILM_STARTS_S,
    MANY,
    SEAMS,
    Shown,
    film_camera,
    moment_of,
    picture_by_picture,
    seams_camera,
    seek,
    shown,
    watches_recordings,
)
from tests.e2e.browser import Browser, Viewer
from tests.e2e.overlays import Boxed, begin_reading, boxes_read, boxes_so_far, wants_boxes
from tests.e2e.pages import DEMO_SLUG
from tests.e2e.waiting import until
from tools.show.recordings_playback import portal_of
from tools.show.stage import Stage

EXACT = 0.995
# A tenth of a second: three pictures. Nobody sees less as a halt.
HALT_MS = 100
SEEKS = 60
BEHIND = timedelta(seconds=20)


def boxes(on: Stage) -> None:
    """Strip and box read back from the same composed picture: at 1x, 2x, after seeks, paused."""
    on.stop_portals()
    part = 5 if on.is_short else 1
    with portal_of(on) as portal, Browser() as browser:
        film = film_camera(portal)
        person = browser.person(portal)
        wants_boxes(person, "exact")
        person.log_in().close()
        viewer = person.watch(f"{film['slug']}/recordings", query=f"?at={moment_of(film, 1)}")
        begin_reading(viewer, settle_s=2)
        _row(on, "at 1x", boxes_read(viewer, 400 // part))
        viewer.page.keyboard.press(">")
        _row(on, "at 2x", boxes_read(viewer, 300 // part))
        viewer.page.keyboard.press("<")
        _row(on, "after seeks", _after_seeks(viewer, film, SEEKS // part))
        stills, steps, right = picture_by_picture(viewer, 200 // part)
        _row(on, "paused, picture by picture", stills)
        on.table.add("a step is one picture", "all", f"{right} of {steps}", right == steps)


def _after_seeks(viewer: Viewer, film: dict, seeks: int) -> Boxed:
    boxes_read(viewer, 0)
    for n in range(seeks):
        into_s = 1 + 7 * n % (FILM_LENGTH_S - 4) + 0.1 * (n % 10)
        start_s = FILM_STARTS_S[n % len(FILM_STARTS_S)]
        first = int(viewer.probe("p => p.composed.length"))
        seek(viewer, film, start_s + into_s)
        until(
            lambda first=first: viewer.probe("p => p.composed.length") >= first + 4,
            "pictures after a seek",
            within_s=10,
        )
    return boxes_so_far(viewer)


def _row(on: Stage, what: str, found: Boxed) -> None:
    on.table.add(
        f"recorded pictures with their own box, {what}",
        f">= {EXACT:.1%}",
        found.words,
        found.share >= EXACT,
    )


def seams(on: Stage) -> None:
    """Where one segment ends and another begins, and where one grows."""
    on.stop_portals()
    with portal_of(on) as portal, Browser() as browser:
        camera = seams_camera(portal)
        person = browser.person(portal)
        wants_boxes(person, "off")
        watches_recordings(person, pictures=MANY)
        person.log_in().close()
        viewer = person.watch(f"{camera['slug']}/recordings", query=f"?at={moment_of(camera, 0)}")
        last = SEAMS[-1].after + 60
        pictures = shown(viewer, until_number=last, within_s=90)
        for seam in SEAMS:
            _halt(on, seam.name, pictures.around(seam.before, seam.after))
        viewer.page.close()
        at = (datetime.now(UTC) - BEHIND).isoformat(timespec="seconds").replace("+00:00", "Z")
        _growing(on, person.watch(f"{DEMO_SLUG}/recordings", query=f"?at={at}"))


def _growing(on: Stage, viewer: Viewer) -> None:
    """Some seconds behind the camera, through the end of a segment."""
    pictures = shown(viewer, seconds=25 if on.is_short else 75)
    _halt(on, "a segment that is being recorded", pictures)


def _halt(on: Stage, where: str, pictures: Shown) -> None:
    on.table.add(
        f"playing on: {where}",
        f"no picture lost, none after > {HALT_MS} ms",
        pictures.words,
        pictures.lost == 0 and pictures.longest_ms <= HALT_MS,
    )
