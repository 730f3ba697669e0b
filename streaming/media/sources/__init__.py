"""Where a camera's pictures come from: one source per camera, run in a thread of its own."""

import threading
from collections.abc import Callable
from typing import Protocol

from streaming.media.access_unit import AccessUnit
from streaming.media.config import CameraConfig
from streaming.media.demo.camera import DemoCamera
from streaming.media.problems import BAD_ADDRESS, CameraProblem

OnUnit = Callable[[AccessUnit], None]


class Source(Protocol):
    """Blocking work: open the camera and hand out its access units until told to stop.

    `on_unit` is called in the calling thread, in decoding order, presentation times growing.
    `run` returns only after `stop` was set, at the latest 5 s later; otherwise it raises
    CameraProblem. It may be called again afterwards.
    """

    def run(self, on_unit: OnUnit, stop: threading.Event) -> None: ...


def source_for(config: CameraConfig) -> Source:
    """The source of a camera; opens nothing yet. Raises CameraProblem for a useless address."""
    match config.kind:
        case "demo":
            return DemoCamera(config.camera_id)
        case _:
            raise CameraProblem(BAD_ADDRESS, f"no source of kind {config.kind}")
