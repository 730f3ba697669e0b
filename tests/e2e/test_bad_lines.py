"""Watching over a line that loses packets, and over one that takes less than the stream."""

import time
from collections.abc import Iterator

import pytest

from bench.first_frame import visitor
from bench.glass_to_glass import stats
from tests.e2e.browser import Browser, Viewer, percentile
from tests.e2e.forwarder import Conditions
from tests.e2e.network import SERVER_ADDRESS, TwoHosts, unavailable
from tests.e2e.pages import DEMO_SLUG
from tests.e2e.portal import Portal

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(bool(unavailable()), reason=unavailable()),
]
# The bars are two freezes a minute and a second (make show-fast); a machine that runs other tests
# gets room.
SECONDS, FREEZES = 10, 2
QUEUE_S = 2.0


@pytest.fixture(scope="module")
def hosts() -> Iterator[TwoHosts]:
    with TwoHosts() as both:
        yield both


@pytest.fixture(scope="module")
def viewer(hosts: TwoHosts) -> Iterator[Viewer]:
    """Somebody who watches the demo camera by WebRTC from another host."""
    environment = {"PETCAM_BIND": SERVER_ADDRESS, "PETCAM_HOSTS": SERVER_ADDRESS}
    with (
        Portal(prefix=hosts.on_server, environment=environment) as portal,
        Browser(prefix=hosts.on_viewer) as browser,
    ):
        tab = visitor(browser, portal).watch(DEMO_SLUG)
        tab.wait_for_picture(within_s=30, transport="webrtc")
        tab.look_on(3)
        yield tab


def test_lost_packets_come_again_before_they_are_missed(hosts: TwoHosts, viewer: Viewer):
    hosts.line_is(Conditions(loss=0.05, delay_s=0.05, seed=3))
    viewer.look_on(3)
    before = stats(viewer)
    viewer.look_on(SECONDS)
    after = stats(viewer)
    lost = hosts.line_is(Conditions())["lost"]

    assert lost > 50
    assert after["freezes"] - before["freezes"] <= FREEZES
    assert viewer.transport == "webrtc"
    viewer.look_on(1)
    assert viewer.is_fresh()


def test_what_waits_for_a_narrow_line_does_not_grow(hosts: TwoHosts, viewer: Viewer):
    viewer.forget()
    viewer.look_on(2)
    usual_ms = percentile(viewer.latencies_ms(), 0.5)
    hosts.line_is(Conditions(rate_bps=1_200_000, queue_bytes=60_000))
    viewer.look_on(4)
    viewer.forget()
    viewer.look_on(SECONDS)
    late_s = [(ms - usual_ms) / 1000 for ms in viewer.latencies_ms()]
    shown = len(viewer.probe("p => p.shown"))
    hosts.line_is(Conditions())
    wide_at = time.time()
    viewer.look_on(4)

    assert percentile(late_s, 0.95) <= QUEUE_S
    assert shown >= SECONDS
    assert viewer.longest_gap_s(wide_at + 2) < 1
    assert viewer.is_fresh()
