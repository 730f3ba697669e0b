"""Test connection: watch a camera for a few seconds and measure what it sends."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

from av.container.input import InputContainer
from av.video.stream import VideoStream

from streaming.media.access_unit import AccessUnit
from streaming.media.annexb import Sanitiser, is_keyframe
from streaming.media.config import CameraConfig
from streaming.media.demo.camera import DemoCamera
from streaming.media.probe_words import Facts, Finding, findings
from streaming.media.problems import (
    NO_VIDEO,
    RING_MISSING,
    RING_UNREADABLE,
    STALLED,
    CameraProblem,
    Problem,
)
from streaming.media.ring import open_ring
from streaming.media.sources.opening import open_file, open_rtsp, open_usb, video_stream
from streaming.media.sources.passage import Copy, Timeline, packets

PROBE_S = 10.0
_ENOUGH_S = 3.0
_ENOUGH_KEYFRAMES = 3
_RING_POLL_S = 0.02
_SECOND_NS = 1_000_000_000
_CODECS = {"h264": "H.264", "hevc": "H.265", "mjpeg": "MJPEG", "rawvideo": "raw pictures"}


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What was found: `problem` if there is no picture to judge, else `facts` and `findings`."""

    problem: Problem | None
    facts: Facts | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Sample:
    data: bytes
    pts_ns: int
    is_keyframe: bool


def probe(config: CameraConfig, seconds: float = PROBE_S) -> ProbeReport:
    """Look at the camera as it is configured, for at most about `seconds`; blocks so long.

    A named failure is a report, not an exception.
    """
    watch = _Watch(config, time.monotonic() + seconds)
    try:
        match config.kind:
            case "demo":
                watch.demo()
            case "shared_memory":
                watch.ring()
            case "rtsp":
                watch.container(open_rtsp)
            case "usb":
                watch.container(open_usb)
            case "file":
                watch.container(open_file)
        facts = watch.facts()
    except CameraProblem as error:
        return ProbeReport(error.problem, None, ())
    return ProbeReport(None, facts, findings(facts, converts=watch.converts))


class _Watch:
    """Collects samples until there are enough of them or the time is over."""

    def __init__(self, config: CameraConfig, deadline_s: float) -> None:
        self._config = config
        self._deadline_s = deadline_s
        self._samples: list[_Sample] = []
        self._keyframes = 0
        self._codec = "H.264"
        self._size = (0, 0)
        self._has_audio = False
        self.converts = config.allows_transcoding or config.kind == "usb"

    def demo(self) -> None:
        """Run a demo camera of our own for a while."""
        stop = threading.Event()

        def take(unit: AccessUnit) -> bool:
            if self._take(unit.data, unit.capture_ns, unit.is_keyframe):
                stop.set()
            return False

        DemoCamera(self._config.camera_id).run(take, stop)

    def ring(self) -> None:
        """Follow a frame ring that another program writes."""
        with closing(open_ring(self._config.ring_path)) as ring:
            while not self._is_over():
                for unit in ring.poll():
                    self._size = (unit.width, unit.height)
                    if self._take(unit.data, unit.capture_ns, unit.is_keyframe):
                        return
                time.sleep(_RING_POLL_S)
            state = ring.status.state
        if not self._samples:
            named = {"missing": RING_MISSING, "unreadable": RING_UNREADABLE}
            raise CameraProblem(named.get(state, STALLED))

    def container(self, opens: Callable[[CameraConfig], InputContainer]) -> None:
        """Read what libav opens, as fast as it comes."""
        with opens(self._config) as container:
            stream = video_stream(container)
            self._codec = _codec_name(stream)
            self._size = (stream.width, stream.height)
            self._has_audio = bool(container.streams.audio)
            for sample in _samples(container, stream):
                if self._take(sample.data, sample.pts_ns, sample.is_keyframe):
                    return

    def facts(self) -> Facts:
        """What the samples tell. Raises CameraProblem when there are too few."""
        if len(self._samples) < 2:
            raise CameraProblem(NO_VIDEO)
        times = [sample.pts_ns for sample in self._samples]
        span_s = max((max(times) - min(times)) / _SECOND_NS, 0.001)
        keyframes = [sample.pts_ns for sample in self._samples if sample.is_keyframe]
        gaps = [(b - a) / _SECOND_NS for a, b in zip(keyframes, keyframes[1:], strict=False)]
        sanitiser = Sanitiser()
        if self._codec == "H.264":
            for sample in self._samples:
                sanitiser.clean(sample.data)
        sps = sanitiser.sps
        return Facts(
            codec=self._codec,
            sps=sps,
            width=sps.width if sps else self._size[0],
            height=sps.height if sps else self._size[1],
            fps=(len(times) - 1) / span_s,
            kbps=sum(len(sample.data) for sample in self._samples) * 8 / 1000 / span_s,
            keyframe_s=max(gaps) if gaps else None,
            keyframes=len(keyframes),
            watched_s=span_s,
            has_b_frames=any(b < a for a, b in zip(times, times[1:], strict=False)),
            has_audio=self._has_audio,
        )

    def _take(self, data: bytes, pts_ns: int, is_key: bool) -> bool:
        """Keep a sample; True when there are enough."""
        self._samples.append(_Sample(data, pts_ns, is_key))
        self._keyframes += is_key
        watched_s = (pts_ns - self._samples[0].pts_ns) / _SECOND_NS
        has_enough = self._keyframes >= _ENOUGH_KEYFRAMES and watched_s >= _ENOUGH_S
        return has_enough or self._is_over()

    def _is_over(self) -> bool:
        return time.monotonic() >= self._deadline_s


def _codec_name(stream: VideoStream) -> str:
    name = stream.codec_context.name
    return _CODECS.get(name, name.upper())


def _samples(container: InputContainer, stream: VideoStream) -> Iterator[_Sample]:
    if stream.codec_context.name == "h264":
        copy = Copy(stream, allows_reordering=True)
        for packet in packets(container, stream):
            for picture in copy.pictures(packet):
                yield _Sample(picture.data, picture.pts_ns, is_keyframe(picture.data))
        return
    timeline = Timeline(stream)
    for packet in packets(container, stream):
        yield _Sample(bytes(packet), timeline.pts_ns(packet.pts), packet.is_keyframe)
