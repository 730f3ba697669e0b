"""What viewers are told about a camera: one state in words, out of what its ring and bridge say."""

from collections.abc import Mapping
from typing import Literal

from streaming.media.hub import CameraSource
from streaming.media.problems import (
    DISABLED,
    RING_MISSING,
    RING_UNREADABLE,
    STALLED,
    STARTING,
    Problem,
)
from streaming.messages import CameraState

State = Literal["starting", "live", "stalled", "offline", "disabled"]
SENSORS: Mapping[int, Literal["", "day", "night"]] = {0: "day", 1: "night"}


def state_of(source: CameraSource, health: Mapping[str, object]) -> tuple[State, Problem | None]:
    """The camera's state and what is wrong; `health` is what its bridge tells ({}: nothing)."""
    ring = source.status.state
    if ring == "live":
        return "live", None
    if ring == "unreadable":
        return "offline", RING_UNREADABLE
    if health.get("state") == "offline":
        return "offline", Problem(str(health["code"]), str(health["text"]))
    if ring == "missing" and source.config.kind == "shared_memory":
        return "offline", RING_MISSING
    if ring == "stalled":
        return "stalled", STALLED
    return "starting", STARTING


def camera_state(
    source: CameraSource, health: Mapping[str, object], *, viewers: int
) -> CameraState:
    """The message for the camera's sockets."""
    state, problem = state_of(source, health)
    return {
        "type": "camera.state",
        "camera_id": source.config.camera_id,
        "state": state,
        "code": problem.code if problem else "",
        "text": problem.text if problem else "",
        "sensor": SENSORS.get(source.sensor, "") if source.config.kind == "shared_memory" else "",
        "viewers": viewers,
    }


def disabled_state(camera_id: int) -> CameraState:
    """The last message about a camera that is switched off or gone."""
    return {
        "type": "camera.state",
        "camera_id": camera_id,
        "state": "disabled",
        "code": DISABLED.code,
        "text": DISABLED.text,
        "sensor": "",
        "viewers": 0,
    }
