"""Cameras that are no demo: RTSP, and programs that write shared memory themselves."""

import time
from itertools import islice

from tests.e2e.browser import Browser, Person, Viewer
from tests.e2e.cameras import (
    add_camera,
    add_camera_in_admin,
    change_camera,
    remove_camera,
    wait_until_known,
)
from tests.e2e.fuzzing import SHARED_MEMORY, ring_name
from tests.e2e.pages import DEMO_SLUG
from tests.e2e.pictures import Film
from tests.e2e.processes import CpuMeter
from tests.e2e.rtsp import rtsp_camera
from tests.streaming.media.producers import producing
from tools.show.stage import Stage
from tools.show.table import Table

BRIDGE_SHARE = 3
COPIED_S = 30
FILM_FRAMES = 300


def rtsp_copy(on: Stage) -> None:
    """The bridge copies one 720p RTSP camera and nothing else."""
    portal = on.portal("demo")
    change_camera(portal, DEMO_SLUG, is_enabled=False)
    try:
        with rtsp_camera(width=1280, height=720, kbps=2000, pattern="snow") as address:
            slug = add_camera(portal, name="Copied", source_kind="rtsp", source_address=address)
            wait_until_known(portal, slug)
            time.sleep(5)  # the start (probing, first buffers) is not what is measured
            meter, began = CpuMeter(portal.pid("bridge")), time.monotonic()
            time.sleep(COPIED_S)
            share = meter.seconds() / (time.monotonic() - began) * 100
            health = portal.health(slug)["source"]
            remove_camera(portal, slug)
    finally:
        change_camera(portal, DEMO_SLUG, is_enabled=True)
    on.table.below("bridge copying 720p RTSP", share, BRIDGE_SHARE, "% of a core")
    fps = float(str(health["fps"]))
    figure = f"{fps:.1f} fps, {health['kbps']} kbit/s"
    on.table.add("the RTSP copy meanwhile", "about 30 fps", figure, fps > 28)


def rtsp_1080p(on: Stage) -> None:
    """A 1080p High-profile camera, added in the admin like a person does, plays in Chromium."""
    portal = on.portal("demo")
    with rtsp_camera(width=1920, height=1080, kbps=5000) as address, Browser() as browser:
        person = browser.person(portal)
        person.log_in().close()
        slug = add_camera_in_admin(person, name="Garden", kind="rtsp", address=address)
        viewer = plays(on.table, person, slug, "1080p High-profile RTSP camera plays in Chromium")
        size = viewer.page.evaluate("(({ videoWidth: w, videoHeight: h }) => `${w}x${h}`)"
                                    "(petcamProbe.player().video)")  # fmt: skip
        on.table.add("its picture", "1920x1080", size, size == "1920x1080")
        secret = address.partition("://")[2].partition("@")[0].partition(":")[2]
        page = person.context.new_page()
        page.goto(f"{portal.url}admin/streaming/camera/")
        shown = secret in page.content() or secret in portal.log_text()
        found = "shown" if shown else "not shown"
        on.table.add("its password in pages and logs", "never", found, bool(secret) and not shown)
        remove_camera(portal, slug)


def c_producers(on: Stage) -> None:
    """Both C programs write shared memory; the cameras are added in the admin."""
    portal = on.portal("demo")
    film = on.folder / "film.h264"
    film.write_bytes(b"".join(data for data, _ in islice(Film(), FILM_FRAMES)))
    with Browser() as browser:
        person = browser.person(portal)
        person.log_in().close()
        for name in ("ours", "layout_a"):
            ring = ring_name(name)
            with producing(name, SHARED_MEMORY / ring, film, 30):
                title = f"C producer {name}"
                slug = add_camera_in_admin(person, name=title, kind="shared_memory", address=ring)
                plays(on.table, person, slug, f"C producer {name}.c plays in Chromium")
                remove_camera(portal, slug)
            (SHARED_MEMORY / ring).unlink(missing_ok=True)


def plays(table: Table, person: Person, slug: str, what: str) -> Viewer:
    """The camera's page shows a moving picture by WebRTC; adds a row."""
    viewer = person.watch(slug)
    clicked_at = time.time()
    first = viewer.wait_for_picture(within_s=20, transport="webrtc") - clicked_at
    viewer.look_on(2)
    before = viewer.probe("p => p.decoded()")
    viewer.look_on(5)
    after = viewer.probe("p => p.decoded()")
    fps = (after["decoded"] - before["decoded"]) / ((after["at"] - before["at"]) / 1000)
    # What the camera sends may be less than 30 fps where its encoder shares our two cores.
    sent = float(str(person.portal.health(slug)["stream"]["fps"]))
    figure = f"{fps:.1f} of {sent:.1f} fps decoded, first frame after {first:.1f} s"
    table.add(what, "webrtc, > 85 % of the frames sent", figure, fps > 0.85 * sent > 5)
    return viewer
