"""A network without UDP: the picture comes over the WebSocket, and the page says why."""

import time

import pytest

from tests.e2e.browser import Browser
from tests.e2e.forwarder import Conditions
from tests.e2e.network import SERVER_ADDRESS, TwoHosts, unavailable
from tests.e2e.pages import DEMO_SLUG
from tests.e2e.portal import Portal

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(bool(unavailable()), reason=unavailable() or "two hosts can be made"),
]


def test_without_udp_the_picture_comes_by_mse_and_without_mse_by_mjpeg():
    environment = {"PETCAM_BIND": SERVER_ADDRESS, "PETCAM_HOSTS": SERVER_ADDRESS}
    with (
        TwoHosts() as hosts,
        Portal(prefix=hosts.on_server, environment=environment) as portal,
        Browser(prefix=hosts.on_viewer) as browser,
    ):
        hosts.line_is(Conditions(drop_udp=True))
        person = browser.person(portal)
        person.log_in().close()
        clicked_at = time.time()
        viewer = person.watch(DEMO_SLUG)
        waited_s = viewer.wait_for_picture(within_s=20, transport="mse") - clicked_at
        words = viewer.words()
        without_mse = browser.person(portal)
        without_mse.context.add_init_script(
            "delete window.MediaSource; delete window.ManagedMediaSource;"
        )
        without_mse.log_in().close()
        without_mse.watch(DEMO_SLUG).wait_for_picture(within_s=20, transport="mjpeg")
        counters = hosts.line_is(Conditions())

    # The bar is 4 s (make show-live); a machine that also runs other tests gets room.
    assert waited_s < 6
    assert "network" in words or "UDP" in words or "direct" in words, words
    assert counters["udp_dropped"] > 0
