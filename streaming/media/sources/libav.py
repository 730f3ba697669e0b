"""The sources that libav opens: network cameras, USB cameras and files."""

import threading
import time
from collections.abc import Callable

from av.container.input import InputContainer

from streaming.media.access_unit import AccessUnit
from streaming.media.clock import media_time_90k
from streaming.media.config import CameraConfig
from streaming.media.problems import B_FRAMES, ENDED, H265, OTHER_CODEC, CameraProblem
from streaming.media.sources.arrival import ArrivalClock
from streaming.media.sources.opening import open_file, open_rtsp, open_usb, video_stream
from streaming.media.sources.passage import Picture, frames_per_s, packets, passage_for

OnUnit = Callable[[AccessUnit], bool]

_SECOND_NS = 1_000_000_000
_CONVERTIBLE = (B_FRAMES, H265, OTHER_CODEC)


def _unit(picture: Picture, capture_ns: int, size: tuple[int, int]) -> AccessUnit:
    # Whether it is a keyframe is read from its bytes later: containers are often wrong.
    return AccessUnit(picture.data, capture_ns, media_time_90k(capture_ns), False, *size)


class _Convertible:
    """Runs as it is; again with conversion if that is needed and allowed."""

    def __init__(self, config: CameraConfig, *, may_convert: bool) -> None:
        self._config = config
        self._may_convert = may_convert

    def run(self, on_unit: OnUnit, stop: threading.Event) -> None:
        """Deliver until `stop` is set. Raises CameraProblem."""
        try:
            self._run_once(on_unit, stop, converts=False)
        except CameraProblem as needed:
            if needed.problem not in _CONVERTIBLE or not self._may_convert:
                raise
            self._run_once(on_unit, stop, converts=True)

    def _run_once(self, on_unit: OnUnit, stop: threading.Event, *, converts: bool) -> None:
        raise NotImplementedError


class LiveSource(_Convertible):
    """A network or USB camera: pictures come when they come, timed by their arrival."""

    def __init__(
        self,
        config: CameraConfig,
        *,
        opens: Callable[[CameraConfig], InputContainer],
        may_convert: bool,
    ) -> None:
        super().__init__(config, may_convert=may_convert)
        self._opens = opens

    def _run_once(self, on_unit: OnUnit, stop: threading.Event, *, converts: bool) -> None:
        with self._opens(self._config) as container:
            stream = video_stream(container)
            passage = passage_for(stream, converts=converts)
            size = (stream.width, stream.height)
            clock = ArrivalClock()
            for packet in packets(container, stream):
                if stop.is_set():
                    return
                arrival_ns = time.monotonic_ns()
                for picture in passage.pictures(packet):
                    capture_ns = clock.capture_ns(picture.pts_ns, arrival_ns)
                    passage.is_keyframe_wanted = on_unit(_unit(picture, capture_ns, size))
        if not stop.is_set():
            raise CameraProblem(ENDED)


class FileSource(_Convertible):
    """A video file, played over and over at its own speed."""

    def __init__(self, config: CameraConfig) -> None:
        super().__init__(config, may_convert=config.allows_transcoding)

    def _run_once(self, on_unit: OnUnit, stop: threading.Event, *, converts: bool) -> None:
        pace = _Pace(time.monotonic_ns())
        while not stop.is_set():
            self._play_once(on_unit, stop, pace, converts=converts)

    def _play_once(
        self, on_unit: OnUnit, stop: threading.Event, pace: "_Pace", *, converts: bool
    ) -> None:
        with open_file(self._config) as container:
            stream = video_stream(container)
            passage = passage_for(stream, converts=converts)
            size = (stream.width, stream.height)
            pace.start_over(round(_SECOND_NS / frames_per_s(stream)))
            for packet in packets(container, stream):
                for picture in passage.pictures(packet):
                    due_ns = pace.due_ns(picture.pts_ns, time.monotonic_ns())
                    if stop.wait(max(0, due_ns - time.monotonic_ns()) / _SECOND_NS):
                        return
                    passage.is_keyframe_wanted = on_unit(_unit(picture, due_ns, size))
        if pace.is_untouched:
            raise CameraProblem(ENDED, "the file holds no picture")


class _Pace:
    """When each picture of a looped file is due: growing always, whatever its timestamps do."""

    _LATE_NS = _SECOND_NS
    _LONGEST_GAP_NS = 2 * _SECOND_NS

    def __init__(self, now_ns: int) -> None:
        self._due_ns = now_ns
        self._interval_ns = 0
        self._last_pts_ns: int | None = None
        self.is_untouched = True

    def start_over(self, interval_ns: int) -> None:
        """The file begins (again): its first picture is due one interval after the last."""
        self._interval_ns = interval_ns
        self._last_pts_ns = None
        self.is_untouched = True

    def due_ns(self, pts_ns: int, now_ns: int) -> int:
        """When the next picture, with the file's time `pts_ns`, is due."""
        step_ns = self._interval_ns
        if self._last_pts_ns is not None and 0 < pts_ns - self._last_pts_ns < self._LONGEST_GAP_NS:
            step_ns = pts_ns - self._last_pts_ns
        self._last_pts_ns = pts_ns
        self.is_untouched = False
        self._due_ns += step_ns
        if now_ns - self._due_ns > self._LATE_NS:
            self._due_ns = now_ns
        return self._due_ns


def rtsp_source(config: CameraConfig) -> LiveSource:
    """An RTSP camera."""
    return LiveSource(config, opens=open_rtsp, may_convert=config.allows_transcoding)


def usb_source(config: CameraConfig) -> LiveSource:
    """A USB camera; most have no H.264 of their own, so that nobody need be asked to convert."""
    return LiveSource(config, opens=open_usb, may_convert=True)
