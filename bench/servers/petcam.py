"""Petcam's own send path: a ring, the hub that follows it, and a peer for each viewer.

    python -m bench.servers.petcam RING

Everything that the streamer process does for media, without what it asks of the database and the
broker. The ring is written by `python -m bench.servers.writer`.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from bench.servers.exchange import serve
from streaming.media.config import CameraConfig
from streaming.media.hub import Hub
from streaming.media.ice import IceConfig
from streaming.media.peer import Peer, PeerConfig
from streaming.media.problems import Problem
from streaming.media.sdp import clean_offer

_CONFIG = PeerConfig(IceConfig(addresses=("127.0.0.1",)))


async def main(ring: Path) -> None:
    """Answer offers until stdin ends."""
    hub = Hub(on_news=lambda: None)
    camera = CameraConfig(
        camera_id=1,
        slug="bench",
        name="Bench",
        kind="shared_memory",
        address=ring.name,
        rtsp_transport="tcp",
        allows_transcoding=False,
        ring_path=ring,
        ring_bytes=16 << 20,
        jpeg_ring_path=ring.with_suffix(".jpeg"),
    )
    await hub.set_cameras([camera])

    async def may_watch() -> Problem | None:
        return None

    async def answer(sdp: str, tell: Callable[[str], Awaitable[None]]) -> None:
        peer = Peer(
            _CONFIG,
            hub.sources[camera.camera_id],
            servers=[],
            why_not=may_watch,
            on_clock=lambda rtp_offset: None,
        )
        problem = await peer.run(clean_offer(sdp), on_answer=tell)
        sys.stderr.write(f"a view ended: {problem.code}\n")

    await serve(answer)
    await hub.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
