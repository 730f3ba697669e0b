"""Boxes to those who watch now: over a group of the camera's, bounded and lossy."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from detections.vision.boxes import Box
from streaming.media.rate import RateLimit
from streaming.messages import PUSHES_PER_S, BoxesSeen, PetMark, SeenTrack, boxes_group

log = logging.getLogger(__name__)

# Somebody watches live: a broker that takes longer is as good as away.
PATIENCE_S = 0.5
MOST_TRACKS = 50
# Cameras and sources whose pace is remembered.
_MOST_LIMITS = 256


class Tracked(Protocol):
    """What is pushed of a track: vision.tracker.TrackedSeen. `velocity` is per second."""

    @property
    def track(self) -> int | str: ...
    @property
    def label(self) -> str: ...
    @property
    def score(self) -> float: ...
    @property
    def box(self) -> Box: ...
    @property
    def velocity(self) -> Box | Sequence[float]: ...


def boxes_seen(
    camera_id: int,
    t_90k: int,
    source: str,
    tracks: Iterable[Tracked],
    pets: Mapping[int | str, PetMark] | None = None,
) -> BoxesSeen:
    """The message of one picture. `pets` by track; of more than MOST_TRACKS the surest stay."""
    surest = sorted(tracks, key=lambda one: -one.score)[:MOST_TRACKS]
    return {
        "type": "boxes.seen",
        "camera_id": camera_id,
        "t": t_90k,
        "source": source,
        "tracks": [_seen_track(one, (pets or {}).get(one.track)) for one in surest],
    }


def _seen_track(tracked: Tracked, pet: PetMark | None) -> SeenTrack:
    track: SeenTrack = {
        "id": tracked.track,
        "label": tracked.label,
        "score": round(tracked.score, 3),
        "box": [round(side, 5) for side in tracked.box],
        "v": [round(speed, 5) for speed in tracked.velocity],
    }
    if pet is not None:
        track["pet"] = pet
    return track


class Pusher:
    """Sends messages to whoever draws boxes, at most PUSHES_PER_S per camera and source.

    What is too much, or finds no broker, is dropped and counted: nobody waits, nothing queues.
    One per process and event loop.
    """

    def __init__(self) -> None:
        self._limits: OrderedDict[tuple[int, str], RateLimit] = OrderedDict()
        self.sent = self.dropped = 0

    async def push(self, messages: Sequence[BoxesSeen]) -> int:
        """Send the messages, the newest of them if they are too many; how many were sent."""
        newest_first = sorted(messages, key=lambda message: -message["t"])
        chosen = [one for one in newest_first if self._allows(one["camera_id"], one["source"])]
        sent = 0
        try:
            async with asyncio.timeout(PATIENCE_S):
                for message in reversed(chosen):
                    await get_channel_layer().group_send(boxes_group(message["camera_id"]), message)
                    sent += 1
        except (RedisError, OSError, TimeoutError) as error:
            log.info("boxes not told: %s", error)
        self.sent += sent
        self.dropped += len(messages) - sent
        return sent

    def _allows(self, camera_id: int, source: str) -> bool:
        limit = self._limits.pop((camera_id, source), None) or RateLimit(PUSHES_PER_S)
        self._limits[camera_id, source] = limit
        if len(self._limits) > _MOST_LIMITS:
            self._limits.popitem(last=False)
        return limit.allows()


_pusher = Pusher()


async def send_boxes(
    camera_id: int,
    t_90k: int,
    source: str,
    tracks: Iterable[Tracked],
    pets: Mapping[int | str, PetMark] | None = None,
) -> None:
    """Show the boxes to whoever watches the camera; on the process's event loop."""
    await _pusher.push([boxes_seen(camera_id, t_90k, source, tracks, pets)])


def push_boxes(
    camera_id: int,
    t_90k: int,
    source: str,
    tracks: Iterable[Tracked],
    pets: Mapping[int | str, PetMark] | None = None,
) -> None:
    """`send_boxes` for a thread that asyncio started (a view, sync_to_async, to_thread)."""
    async_to_sync(send_boxes)(camera_id, t_90k, source, tracks, pets)


def push_messages(messages: Sequence[BoxesSeen]) -> None:
    """Several pictures at once, in a thread as above."""
    async_to_sync(_pusher.push)(messages)
