"""How long a picture takes from a ring's writer to a reader, and what waiting costs.

    python -m bench.ring_handover [--seconds 20] [--fps 30] [--kbit 2000] [--producer python|map]

A writer process publishes pictures at a steady pace; this process follows them. Prints the
hand-over time (from just before the write to the callback) and the CPU-seconds of the reader
while pictures come and while none do. "map" publishes by a store, so that nobody is woken.
"""

import argparse
import asyncio
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from streaming.media.access_unit import AccessUnit
from streaming.media.annexb import START_CODE, Sanitiser
from streaming.media.follow import RingFollower
from streaming.media.ring import RingWriter
from streaming.media.ring_file import RingStatus
from tests.streaming.media.producers import compiled

_RING_BYTES = 4 << 20
_WARM_UP_S = 1.0


def write(path: Path, seconds: float, fps: float, size: int) -> None:
    """Publish pictures of `size` bytes, timed by an absolute clock."""
    data = bytes(range(1, 256)) * (size // 255 + 1)
    writer = RingWriter(path, payload_bytes=_RING_BYTES)
    begin = time.monotonic()
    for number in range(int(seconds * fps)):
        time.sleep(max(0.0, begin + number / fps - time.monotonic()))
        captured_ns = time.monotonic_ns()
        is_keyframe = number % 30 == 0
        writer.write(AccessUnit(data[:size], captured_ns, number * 3000, is_keyframe, 1280, 720))
    writer.close()


@contextlib.contextmanager
def producer(options: argparse.Namespace, path: Path, video: Path) -> Iterator[None]:
    """A process that publishes until the block ends."""
    size = int(options.kbit * 1000 / 8 / options.fps)
    if options.producer == "map":
        picture = START_CODE + b"\x65\x88" + b"\xaa" * size
        video.write_bytes(picture * 2)
        command = [compiled("ours"), path, video, str(options.fps), "0", "map"]
    else:
        numbers = map(str, (options.seconds + 60, options.fps, size))
        command = [sys.executable, "-m", "bench.ring_handover", "--write", path, *numbers]
    with subprocess.Popen(command) as process:
        try:
            yield
        finally:
            process.terminate()


async def follow(path: Path, seconds: float) -> tuple[list[float], float]:
    """Latencies in ms, and CPU-seconds a second, of following the ring."""
    latencies: list[float] = []

    def on_unit(unit: AccessUnit) -> None:
        latencies.append((time.monotonic_ns() - unit.capture_ns) / 1e6)

    def on_status(status: RingStatus) -> None:
        sys.stdout.write(f"  {status.state} {status.detail}\n")

    task = asyncio.create_task(
        RingFollower(path, on_unit=on_unit, on_status=on_status).run(), name="follower"
    )
    await asyncio.sleep(_WARM_UP_S)
    latencies.clear()
    cpu = time.process_time()
    begin = time.monotonic()
    await asyncio.sleep(seconds)
    share = (time.process_time() - cpu) / (time.monotonic() - begin)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return latencies, share


async def beat(writer: RingWriter) -> None:
    """Keep a writer alive that has no pictures."""
    while True:
        writer.heartbeat()
        await asyncio.sleep(1)


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of the values lies."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def sanitiser_us(size: int) -> float:
    """What it costs to look through a picture, in microseconds."""
    sanitiser = Sanitiser()
    unit = START_CODE + b"\x41\x9a" + bytes(range(1, 256)) * (size // 255)
    rounds = 5000
    begin = time.process_time()
    for _ in range(rounds):
        sanitiser.clean(unit)
    return (time.process_time() - begin) / rounds * 1e6


async def measure(options: argparse.Namespace) -> None:
    """Print the figures."""
    size = int(options.kbit * 1000 / 8 / options.fps)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        path = Path(folder) / "bench.ring"
        with producer(options, path, Path(folder) / "bench.h264"):
            latencies, busy = await follow(path, options.seconds)
        writer = RingWriter(Path(folder) / "idle.ring", payload_bytes=_RING_BYTES)
        beating = asyncio.create_task(beat(writer))
        _, idle = await follow(Path(folder) / "idle.ring", min(options.seconds, 5))
        beating.cancel()
        writer.close()
    p50, p99 = percentile(latencies, 0.5), percentile(latencies, 0.99)
    sys.stdout.write(
        f"hand-over of {len(latencies)} pictures: p50 {p50:.2f} ms, p99 {p99:.2f} ms, "
        f"max {max(latencies):.2f} ms\n"
        f"reader while pictures come: {busy:.2%} of a core; while none come: {idle:.2%}\n"
        f"sanitiser: {sanitiser_us(size):.1f} us for a picture of {size} bytes\n"
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--fps", type=float, default=30)
    parser.add_argument("--kbit", type=float, default=2000)
    parser.add_argument("--producer", choices=["python", "map"], default="python")
    parser.add_argument("--write", nargs=4, help="be the writer: path, seconds, fps, bytes")
    options = parser.parse_args()
    if options.write:
        path, seconds, fps, size = options.write
        write(Path(path), float(seconds), float(fps), int(size))
    else:
        asyncio.run(measure(options))


if __name__ == "__main__":
    main()
