"""Boxes on the live picture: each on its own picture (exact), close to the animal (fast)."""

from collections.abc import Iterator
from contextlib import contextmanager

from streaming.media.demo.story import CYCLE_S
from tests.e2e.browser import Browser, Person, Viewer, percentile
from tests.e2e.forwarder import Conditions
from tests.e2e.network import SERVER_ADDRESS, TwoHosts, unavailable
from tests.e2e.overlays import drawn_overlaps, read_boxes, strip_boxes, wants_boxes
from tests.e2e.pages import DEMO_SLUG
from tests.e2e.portal import Portal
from tools.show.stage import MAKE_RUN, Stage
from tools.show.table import say

PICTURES = 1000
EXACT = 0.995
# Over which transport, and of each how-manyth picture boxes are told.
WAYS = (("webrtc", 1), ("webrtc", 3), ("mse", 1), ("mse", 3))
WAYS_WITH_LOSS = (("webrtc", 1), ("webrtc", 3), ("mse", 1))
ROUND_TRIP_S = 0.04
# A day of the cat's is seen from beginning to end, after the detector has found her.
SETTLE_S = 10
# Half of what a picture lasts at 30 a second.
MAIN_THREAD_MS = 16
FAST_MEDIAN, FAST_P10 = 0.8, 0.6
# The boxes come from the tests' own source: only it knows which picture is which.
NO_DETECTOR = {"PETCAM_DETECTOR": "off"}


def exact_boxes(on: Stage) -> None:
    """Strip and box read back from the same composed picture, over each way."""
    on.stop_portals()
    with _portal(on) as portal, Browser() as browser:
        for transport, every in WAYS:
            with _watching(portal, browser, transport, every) as viewer:
                _row(on, f"{transport}, {_each(every)}", viewer)


def exact_boxes_with_loss(on: Stage) -> None:
    """The same from another host, 5 % of all packets lost both ways."""
    if reason := unavailable():
        raise AssertionError(reason)
    on.stop_portals()
    hosts_settings = {"PETCAM_BIND": SERVER_ADDRESS, "PETCAM_HOSTS": SERVER_ADDRESS}
    with (
        TwoHosts() as hosts,
        _portal(on, prefix=hosts.on_server, **hosts_settings) as portal,
        Browser(prefix=hosts.on_viewer) as browser,
    ):
        for transport, every in WAYS_WITH_LOSS:
            hosts.line_is(Conditions())
            with _watching(portal, browser, transport, every) as viewer:
                hosts.line_is(Conditions(loss=0.05, delay_s=ROUND_TRIP_S / 2, seed=5))
                _row(on, f"{transport}, {_each(every)}, 5 % loss", viewer, settle_s=12)


def cost_of_boxes(on: Stage) -> None:
    """The page's main thread per picture, with boxes drawn and with the plain video."""
    on.stop_portals()
    costs = {}
    with _portal(on) as portal, Browser() as browser, strip_boxes(portal, DEMO_SLUG, every=3):
        for mode in ("off", "fast"):
            person = browser.person(portal)
            wants_boxes(person, mode)
            person.log_in().close()
            viewer = person.watch(DEMO_SLUG)
            viewer.wait_for_picture(within_s=45, transport="webrtc")
            costs[mode] = _main_thread_ms(viewer, 5 if on.is_short else 15)
            person.close()
    on.table.add(
        "main thread per picture, boxes drawn (no graphics card)",
        f"<= {MAIN_THREAD_MS} ms",
        f"{costs['fast']:.1f} ms; plain video {costs['off']:.1f} ms",
        costs["fast"] <= MAIN_THREAD_MS,
    )


def _main_thread_ms(viewer: Viewer, seconds: float) -> float:
    viewer.probe("p => { p.everyKth = 0; }")
    viewer.look_on(3)
    session = viewer.page.context.new_cdp_session(viewer.page)
    session.send("Performance.enable")

    def figures() -> tuple[float, int]:
        metrics = session.send("Performance.getMetrics")["metrics"]
        spent_s = next(one["value"] for one in metrics if one["name"] == "TaskDuration")
        return spent_s, viewer.probe("p => p.player().stats.frames")

    began = figures()
    viewer.look_on(seconds)
    ended = figures()
    return 1000 * (ended[0] - began[0]) / (ended[1] - began[1])


def fast_boxes(on: Stage) -> None:
    """The real detector, 3 pictures a second: where its boxes are on every picture shown."""
    on.stop_portals()
    settings = {"PETCAM_DETECTOR": "on", "PETCAM_DETECTOR_FPS": "3"}
    with _portal(on, **settings) as portal, Browser() as browser:
        person = browser.person(portal)
        wants_boxes(person, "fast")
        person.log_in().close()
        viewer = person.watch(DEMO_SLUG)
        viewer.wait_for_picture(within_s=45, transport="webrtc")
        viewer.look_on(SETTLE_S)
        found = drawn_overlaps(viewer, CYCLE_S / 2 if on.is_short else CYCLE_S)
    for activity in sorted({activity for activity, _ in found}):
        some = [fit for name, fit in found if name == activity]
        say(f"    {activity}: {_quantiles(some)}")
    fits = [fit for _, fit in found]
    median, tenth = percentile(fits, 0.5), percentile(fits, 0.1)
    on.table.add(
        "fast: overlap of drawn box and cat on each picture shown",
        f"median >= {FAST_MEDIAN}, p10 >= {FAST_P10}",
        _quantiles(fits),
        median >= FAST_MEDIAN and tenth >= FAST_P10,
    )


def _quantiles(fits: list[float]) -> str:
    median, tenth = percentile(fits, 0.5), percentile(fits, 0.1)
    missing = sum(fit == 0 for fit in fits) / len(fits)
    return f"median {median:.2f}, p10 {tenth:.2f}, none {missing:.1%} (n={len(fits)})"


def _portal(on: Stage, *, prefix: tuple[str, ...] = (), **settings: str) -> Portal:
    return Portal(
        checkout=on.checkout,
        command=MAKE_RUN,
        prefix=prefix,
        environment=NO_DETECTOR | settings,
        ready_within_s=300,
    )


@contextmanager
def _watching(portal: Portal, browser: Browser, transport: str, every: int) -> Iterator[Viewer]:
    person: Person = browser.person(portal)
    wants_boxes(person, "exact")
    person.log_in().close()
    try:
        with strip_boxes(portal, DEMO_SLUG, every=every):
            viewer = person.watch(DEMO_SLUG, query=f"?transport={transport}")
            viewer.wait_for_picture(within_s=45, transport=transport)
            yield viewer
    finally:
        person.close()


def _row(on: Stage, what: str, viewer: Viewer, *, settle_s: float = 6) -> None:
    pictures = PICTURES // 5 if on.is_short else PICTURES
    composed = read_boxes(viewer, pictures, settle_s=settle_s)
    on.table.add(
        f"exact: pictures with their own box, {what}",
        f">= {EXACT:.1%}",
        composed.words,
        composed.share >= EXACT,
    )


def _each(every: int) -> str:
    return "boxes of each picture" if every == 1 else f"of each {every}rd, others interpolated"
