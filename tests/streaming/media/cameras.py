"""Cameras for tests: configs, video files made on the spot, a real RTSP server."""

import select
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av

from streaming.media.access_unit import AccessUnit
from streaming.media.config import CameraConfig
from streaming.media.problems import CameraProblem
from streaming.media.sources import Source

RTSP_SERVER = Path(__file__).resolve().parents[2] / "rtsp_server.py"
START_S = 15


def make_config(run_dir: Path, **overrides: object) -> CameraConfig:
    """A camera whose rings lie in `run_dir`."""
    config = CameraConfig(
        camera_id=7,
        slug="garden",
        name="Garden",
        kind="file",
        address="",
        rtsp_transport="tcp",
        allows_transcoding=False,
        ring_path=run_dir / "camera-7.ring",
        ring_bytes=4 * 1024 * 1024,
        jpeg_ring_path=run_dir / "camera-7.jpeg",
    )
    return replace(config, **overrides)


def make_video(path: Path, *, codec: str = "libx264", frames: int = 20, **options: str) -> Path:
    """A video of a test picture, 320x240, 20 fps, a keyframe every 10 frames."""
    with (
        av.open("testsrc=size=320x240:rate=20", format="lavfi") as pattern,
        av.open(str(path), "w") as file,
    ):
        stream = file.add_stream(codec, rate=20)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.gop_size = 10
        stream.codec_context.thread_count = 1
        stream.options = {"preset": "ultrafast", "tune": "zerolatency", **options}
        pictures = pattern.decode(video=0)
        for number in range(frames):
            picture = next(pictures).reformat(format="yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, 20)
            picture.pict_type = 0
            file.mux(stream.encode(picture))
        file.mux(stream.encode(None))
    return path


def collect(source: Source, count: int, *, within_s: float = 15) -> list[AccessUnit]:
    """The first `count` units of a source. Raises what it raises; fails when it takes too long."""
    units: list[AccessUnit] = []
    stop = threading.Event()
    problems: list[CameraProblem] = []

    def on_unit(unit: AccessUnit) -> None:
        units.append(unit)
        if len(units) >= count:
            stop.set()

    def run() -> None:
        try:
            source.run(on_unit, stop)
        except CameraProblem as problem:
            problems.append(problem)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(within_s)
    stop.set()
    if problems:
        raise problems[0]
    assert len(units) >= count, f"only {len(units)} units within {within_s} s"
    return units


def wait_until(condition: Callable[[], object], *, within_s: float = 10) -> None:
    """Poll until `condition` holds; fails at the deadline."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s} s"
        time.sleep(0.01)


@dataclass(frozen=True)
class RtspServer:
    """A running RTSP server; `url` holds user and password, if it wants them."""

    url: str
    process: subprocess.Popen


@contextmanager
def rtsp_server(*options: str) -> Iterator[RtspServer]:
    """tests/rtsp_server.py with `options`, until the block ends."""
    process = subprocess.Popen(
        ["/usr/bin/python3", str(RTSP_SERVER), "--seconds", "60", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], START_S)[0], "the RTSP server did not start"
        yield RtspServer(process.stdout.readline().split()[-1], process)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
