"""One state in words, out of what ring and bridge say."""

import tempfile
from pathlib import Path

import pytest

from streaming.camera_news import disabled_state, state_of
from streaming.media.config import CameraConfig
from streaming.media.problems import RING_MISSING, RING_UNREADABLE, STALLED, STARTING
from streaming.media.ring_file import RingStatus

OFFLINE = {"state": "offline", "code": "unreachable", "text": "The camera does not answer."}


class Source:
    def __init__(self, ring_state: str, kind: str) -> None:
        path = Path(tempfile.gettempdir())
        self.status = RingStatus(ring_state)
        self.config = CameraConfig(1, "sofa", "Sofa", kind, "", "tcp", False, path, 4096, path)


@pytest.mark.parametrize(
    ("ring", "kind", "health", "state", "code"),
    [
        ("live", "rtsp", {}, "live", None),
        ("live", "rtsp", OFFLINE, "live", None),
        ("stalled", "rtsp", {"state": "live"}, "stalled", STALLED.code),
        ("stalled", "rtsp", OFFLINE, "offline", "unreachable"),
        ("starting", "rtsp", OFFLINE, "offline", "unreachable"),
        ("starting", "rtsp", {}, "starting", STARTING.code),
        ("missing", "rtsp", {}, "starting", STARTING.code),
        ("missing", "shared_memory", {}, "offline", RING_MISSING.code),
        ("unreadable", "shared_memory", {}, "offline", RING_UNREADABLE.code),
    ],
)
def test_the_state_names_what_is_wrong(ring, kind, health, state, code):
    found, problem = state_of(Source(ring, kind), health)

    assert (found, problem.code if problem else None) == (state, code)


def test_a_camera_that_is_gone_is_switched_off():
    assert disabled_state(7)["state"] == "disabled"
