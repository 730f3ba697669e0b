"""aiortc as it comes, for comparison; nothing of Petcam's send path.

    python -m bench.servers.stock CLIP passthrough|transcode

"passthrough" hands packets to aiortc, which packetises them for each viewer. "transcode" decodes
the clip once and lets aiortc encode it for each viewer, as its examples do.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from aioice import ice
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)

from bench import clips
from bench.servers.exchange import serve
from streaming.media.clock import VIDEO_CLOCK_RATE

_TIME_BASE = Fraction(1, VIDEO_CLOCK_RATE)
_QUEUED = 60


class Track(MediaStreamTrack):
    """One viewer's pictures, encoded or not; the newest are lost when it is too slow."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._queue: asyncio.Queue[Any] = asyncio.Queue(_QUEUED)

    def put(self, picture: Any) -> None:
        if not self._queue.full():
            self._queue.put_nowait(picture)

    async def recv(self) -> Any:
        return await self._queue.get()


class Passthrough:
    """Access units as they are."""

    def pictures(self, unit: bytes, pts_90k: int) -> list[Any]:
        packet = av.Packet(unit)
        packet.pts = packet.dts = pts_90k
        packet.time_base = _TIME_BASE
        return [packet]


class Transcode:
    """Decoded pictures."""

    def __init__(self) -> None:
        self._decoder = av.CodecContext.create("h264", "r")

    def pictures(self, unit: bytes, pts_90k: int) -> list[Any]:
        pictures: list[Any] = self._decoder.decode(av.Packet(unit))
        for picture in pictures:
            picture.pts, picture.time_base = pts_90k, _TIME_BASE
        return pictures


async def play(clip: Path, make: Passthrough | Transcode, tracks: list[Track]) -> None:
    """The clip again and again, in real time."""
    fps, units = clips.read(clip)
    begin = time.monotonic()
    number = 0
    while True:
        await asyncio.sleep(max(0.0, begin + number / fps - time.monotonic()))
        pts = number * VIDEO_CLOCK_RATE // fps
        for picture in make.pictures(units[number % len(units)], pts):
            for track in tracks:
                track.put(picture)
        number += 1


async def main(clip: Path, way: str) -> None:
    """Answer offers until stdin ends."""
    # aioice leaves loopback out, and the benchmark has nothing else.
    ice.get_host_addresses = lambda **families: ["127.0.0.1"]
    tracks: list[Track] = []
    make = Passthrough() if way == "passthrough" else Transcode()
    playing = asyncio.create_task(play(clip, make, tracks))
    codecs = RTCRtpSender.getCapabilities("video").codecs
    h264 = [codec for codec in codecs if codec.mimeType == "video/H264"]

    async def answer(sdp: str, tell: Callable[[str], Awaitable[None]]) -> None:
        pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        track = Track()
        pc.addTransceiver(track, direction="sendonly").setCodecPreferences(h264)
        await pc.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        await pc.setLocalDescription(await pc.createAnswer())
        await tell(pc.localDescription.sdp)
        tracks.append(track)
        try:
            await asyncio.Event().wait()
        finally:
            await pc.close()

    await serve(answer)
    playing.cancel()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
