"""A camera for benchmarks whose pictures carry the strip; keyframes as far apart as wanted.

    python -m bench.servers.film RING KEYFRAME_EVERY

1280x720, 30 fps, 2 Mbit/s. The capture time is the moment at which a picture is due.
"""

import sys
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path

import av
import numpy as np

from bench import clips
from streaming.media.access_unit import AccessUnit
from streaming.media.annexb import is_keyframe
from streaming.media.clock import media_time_90k, unix_ms
from streaming.media.ring import RingWriter
from streaming.media.strip import StripStamp, write_strip

_CAMERA_NUMBER = 7
_DRAWN = 60


def drawn(clip: clips.Clip) -> list[np.ndarray]:
    """Some pictures, to be shown forth and back."""
    some = [picture.to_ndarray() for picture in islice(clips.pictures(clip), _DRAWN)]
    return some + some[-2:0:-1]


def main(ring: Path, keyframe_every: int) -> None:
    """Until killed."""
    clip = replace(clips.CLIPS["720"], keyframe_every=keyframe_every)
    planes = drawn(clip)
    encoder = clips.encoder(clip, preset="ultrafast")
    writer = RingWriter(ring, payload_bytes=16 << 20, camera_number=_CAMERA_NUMBER)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    begin_ns = time.monotonic_ns()
    tick = 0
    while True:
        due_ns = begin_ns + tick * 1_000_000_000 // clip.fps
        time.sleep(max(0, due_ns - time.monotonic_ns()) / 1e9)
        plane = planes[tick % len(planes)]
        write_strip(plane, StripStamp(tick, unix_ms(due_ns), _CAMERA_NUMBER))
        picture = av.VideoFrame.from_ndarray(plane, format="yuv420p")
        picture.pts = tick
        data = b"".join(bytes(packet) for packet in encoder.encode(picture))
        pts = media_time_90k(due_ns)
        writer.write(AccessUnit(data, due_ns, pts, is_keyframe(data), clip.width, clip.height))
        # What cannot be met any more is left out, as a camera does.
        tick = max(tick + 1, (time.monotonic_ns() - begin_ns) * clip.fps // 1_000_000_000)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
