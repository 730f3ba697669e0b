"""The demo camera as a source: draws, encodes and delivers 30 pictures a second."""

import threading
import time
from collections.abc import Callable

import numpy as np
from av.video.frame import VideoFrame

from streaming.media.access_unit import AccessUnit
from streaming.media.annexb import is_keyframe
from streaming.media.clock import media_time_90k
from streaming.media.demo.room import HEIGHT_PX, WIDTH_PX
from streaming.media.demo.scene import Scene
from streaming.media.demo.sprite import Planes
from streaming.media.encoder import EncoderConfig, LiveEncoder
from streaming.media.strip import StripStamp

FPS = 30
BITS_PER_S = 2_000_000
# Idle time that must be left in a frame's interval before something is drawn ahead of need.
_SPARE_NS = 24_000_000


class DemoCamera:
    """A living room with a cat, 1280x720, 30.00 fps, a keyframe every second, 2 Mbit/s.

    Pictures belong to a grid of 1/30 s that never drifts; a picture that is late is left out, as
    a camera does.
    """

    def __init__(self, camera_number: int) -> None:
        self._camera_number = camera_number

    def run(self, on_unit: Callable[[AccessUnit], bool], stop: threading.Event) -> None:
        """Draw and deliver until `stop` is set."""
        scene = Scene()
        encoder = LiveEncoder(EncoderConfig(WIDTH_PX, HEIGHT_PX, FPS, BITS_PER_S))
        picture = VideoFrame(WIDTH_PX, HEIGHT_PX, "yuv420p")
        planes = planes_of_frame(picture)
        start_ns = time.monotonic_ns()
        tick = frame_number = 0
        is_wanted = False
        while not _wait_until(_due_ns(start_ns, tick), stop):
            capture_ns = _due_ns(start_ns, tick)
            unix_ns = time.time_ns() - (time.monotonic_ns() - capture_ns)
            stamp = StripStamp(frame_number, unix_ns // 1_000_000, self._camera_number)
            scene.draw(planes, stamp, unix_ns / 1e9)
            pts = media_time_90k(capture_ns)
            if data := encoder.encode(picture, pts, as_keyframe=is_wanted):
                is_key = is_keyframe(data)
                is_wanted = on_unit(AccessUnit(data, capture_ns, pts, is_key, WIDTH_PX, HEIGHT_PX))
            frame_number += 1
            tick = _next_tick(start_ns, tick)
            # Not after each picture: what takes longer for once must not cost the next one, too.
            if frame_number % 3 == 0 and _due_ns(start_ns, tick) - time.monotonic_ns() > _SPARE_NS:
                scene.prepare_one()


def _due_ns(start_ns: int, tick: int) -> int:
    return start_ns + tick * 1_000_000_000 // FPS


def _next_tick(start_ns: int, tick: int) -> int:
    """The next tick that can still be met."""
    now = (time.monotonic_ns() - start_ns) * FPS // 1_000_000_000
    return max(tick + 1, now)


def _wait_until(due_ns: int, stop: threading.Event) -> bool:
    """True when told to stop."""
    return stop.wait(max(0.0, (due_ns - time.monotonic_ns()) / 1e9))


def planes_of_frame(picture: VideoFrame) -> Planes:
    """The picture's own memory as arrays."""
    y, u, v = (
        np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[
            :, : plane.width
        ]
        for plane in picture.planes
    )
    return y, u, v
