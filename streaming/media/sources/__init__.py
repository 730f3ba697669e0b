"""Where a camera's pictures come from: one source per camera, run in a thread of its own."""

import threading
from collections.abc import Callable
from typing import Protocol

from streaming.media.access_unit import AccessUnit
from streaming.media.config import CameraConfig
from streaming.media.demo.camera import DemoCamera
from streaming.media.sources.libav import FileSource, rtsp_source, usb_source

# Takes an access unit and says whether the next one is wanted as a keyframe.
OnUnit = Callable[[AccessUnit], bool]


class Source(Protocol):
    """Blocking work: open the camera and hand out its access units until told to stop.

    `on_unit` is called in the calling thread, in decoding order, presentation times growing; who
    encodes makes a keyframe when it says so, others cannot.
    `run` returns only after `stop` was set, at the latest 5 s later; otherwise it raises
    CameraProblem. It may be called again afterwards.
    """

    def run(self, on_unit: OnUnit, stop: threading.Event) -> None: ...


def source_for(config: CameraConfig) -> Source:
    """The source of a camera; opens nothing yet. A useless address shows when it runs."""
    match config.kind:
        case "demo":
            return DemoCamera(config.camera_id)
        case "rtsp":
            return rtsp_source(config)
        case "usb":
            return usb_source(config)
        case "file":
            return FileSource(config)
        case "shared_memory":
            raise ValueError("a foreign program writes this camera's ring")
