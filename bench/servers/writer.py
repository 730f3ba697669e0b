"""Writes a clip into a ring again and again, in real time: the camera of a benchmark.

python -m bench.servers.writer CLIP RING
"""

import sys
import time
from pathlib import Path

from bench import clips
from streaming.media.access_unit import AccessUnit
from streaming.media.annexb import is_keyframe
from streaming.media.clock import VIDEO_CLOCK_RATE, media_time_90k
from streaming.media.ring import RingWriter


def main(clip: Path, ring: Path) -> None:
    """Until killed; media times are those of an exact clock."""
    fps, units = clips.read(clip)
    ticks = VIDEO_CLOCK_RATE // fps
    payload_bytes = max(16 << 20, 4 * max(map(len, units)))
    keyframes = [is_keyframe(unit) for unit in units]
    writer = RingWriter(ring, payload_bytes=payload_bytes)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    begin_ns = time.monotonic_ns()
    begin_90k = media_time_90k(begin_ns)
    number = 0
    while True:
        due_ns = begin_ns + number * 1_000_000_000 // fps
        time.sleep(max(0, due_ns - time.monotonic_ns()) / 1e9)
        at = number % len(units)
        pts = begin_90k + number * ticks
        writer.write(AccessUnit(units[at], due_ns, pts, keyframes[at], 0, 0))
        number += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
