"""A browser and a streamer that can meet at a TURN server only."""

import pytest

from tests.e2e.browser import Browser
from tests.e2e.pages import DEMO_SLUG
from tests.e2e.portal import Portal
from tests.streaming.media.turn_server import SECRET, TurnServer

pytestmark = pytest.mark.browser
# Behind a firewall that lets out nothing but what goes to the relay.
ONLY_RELAYED = """
    const Connection = window.RTCPeerConnection;
    const relayed = (configuration) => ({ ...configuration, iceTransportPolicy: "relay" });
    window.RTCPeerConnection = class extends Connection {
      constructor(configuration) { super(relayed(configuration)); }
      setConfiguration(configuration) { super.setConfiguration(relayed(configuration)); }
    };
"""


def test_pictures_come_through_the_relay_when_nothing_else_is_open():
    with TurnServer() as turn:
        environment = {
            "PETCAM_ICE_ADDRESSES": "127.0.0.2",
            "PETCAM_ICE_REMOTE_CANDIDATES": "true",
            "PETCAM_TURN_URLS": turn.url,
            "PETCAM_TURN_SECRET": SECRET,
        }
        with Portal(environment=environment) as portal, Browser() as browser:
            person = browser.person(portal)
            person.context.add_init_script(ONLY_RELAYED)
            person.log_in().close()
            viewer = person.watch(DEMO_SLUG)
            viewer.wait_for_picture(within_s=20, transport="webrtc")
            viewer.look_on(2)
            is_fresh = viewer.is_fresh() and viewer.transport == "webrtc"
        names = {name.split(":")[1].split("-")[0] for name in turn.users()}

    assert is_fresh
    assert len(names) == 2, names
    assert "petcam" in names
