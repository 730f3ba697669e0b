"""Asking the streamer for JPEG pictures."""

import asyncio
import logging

from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from streaming.messages import STREAMERS_GROUP, StillWanted

log = logging.getLogger(__name__)

# A broker that is this slow is as good as none; whoever wants pictures asks again.
PATIENCE_S = 1.0


async def wish_for_pictures(camera_id: int, fps: int) -> None:
    """Ask for pictures for the next 5 s, or for one (`fps` 0). Lost without a broker."""
    wish = StillWanted(type="still.wanted", camera_id=camera_id, fps=fps)
    try:
        async with asyncio.timeout(PATIENCE_S):
            await get_channel_layer().group_send(STREAMERS_GROUP, wish)
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("cannot ask for pictures: %s", error)
