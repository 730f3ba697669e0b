"""What the web process tells the streamer: who watches through it, and who wants JPEG pictures."""

import asyncio
import logging

from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from streaming.messages import STREAMERS_GROUP, StillWanted, ViewTold

log = logging.getLogger(__name__)

# A broker that is this slow is as good as none; whoever wants pictures asks again.
PATIENCE_S = 1.0


async def wish_for_pictures(camera_id: int, fps: int) -> None:
    """Ask for pictures for the next 5 s, or for one (`fps` 0). Lost without a broker."""
    await _tell_streamers(StillWanted(type="still.wanted", camera_id=camera_id, fps=fps))


async def tell_view(camera_id: int, view: str) -> None:
    """A page watches, and will for the next 5 s; `view` tells it from others. Lost like wishes."""
    await _tell_streamers(ViewTold(type="view.told", camera_id=camera_id, view=view))


async def _tell_streamers(message: StillWanted | ViewTold) -> None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            await get_channel_layer().group_send(STREAMERS_GROUP, message)
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("streamers not told %s: %s", message["type"], error)
