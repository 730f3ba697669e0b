"""The streamer: frame rings to browsers, from one event loop that lives as long as the process."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass

from channels.db import database_sync_to_async
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer
from django.db import Error as DatabaseAway
from redis.exceptions import RedisError

from streaming.access import Grant, still_granted
from streaming.camera_news import camera_state, disabled_state, state_of
from streaming.media.hub import Hub
from streaming.media.peer import PeerConfig
from streaming.media.problems import CAMERA_DISABLED, Problem
from streaming.messages import (
    CAMERAS_GROUP,
    STREAMERS_GROUP,
    CameraState,
    ToPage,
    camera_group,
)
from streaming.services import enabled_cameras, health_of, tell_health
from streaming.sessions import SessionLimits, Sessions
from streaming.stills import Stills
from streaming.watchers import Watchers

log = logging.getLogger(__name__)

LOOK_S = 5.0
STATE_S = 5.0
HEALTH_S = 2.0
BROKER_RETRY_S = 1.0
BROKER_PATIENCE_S = 2.0
# News of the same moment become one message.
COALESCE_S = 0.05
STOP_S = 4.0

BrokerAway = (RedisError, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class StreamerConfig:
    """What the settings say."""

    peer: PeerConfig
    limits: SessionLimits
    look_s: float = LOOK_S


class Streamer:
    """Runs until told to stop. Media goes on whatever the broker and the web process do."""

    def __init__(self, config: StreamerConfig) -> None:
        self._config = config
        self._layer = get_channel_layer()
        self._news, self._look_again = asyncio.Event(), asyncio.Event()
        self._health_is_due = asyncio.Event()
        self._source_health: dict[int, Mapping[str, object]] = {}
        self._told: dict[int, CameraState] = {}
        self.hub = Hub(on_news=self._news.set)
        self.stills = Stills()
        self.watchers = Watchers()
        self.sessions = Sessions(
            config.limits,
            config.peer,
            still_granted=database_sync_to_async(still_granted),
            sources=self.hub.sources,
            camera_problem=self._camera_problem,
            tell=self._tell,
            on_news=self._news.set,
        )

    async def run(self, stop: asyncio.Event, *, on_ready: Callable[[], None]) -> None:
        """Until `stop` is set; `on_ready` is called once cameras are followed and news heard."""
        await self._look()
        listening = asyncio.Event()
        tasks = [
            asyncio.create_task(self._listen(listening)),
            asyncio.create_task(_again(self._look, self._config.look_s, self._look_again)),
            asyncio.create_task(_again(self._tell_states, STATE_S, self._news)),
            asyncio.create_task(_again(self._tell_health, HEALTH_S, self._health_is_due)),
        ]
        try:
            await _first_of(listening.wait(), stop.wait())
            if not stop.is_set():
                on_ready()
            await stop.wait()
        finally:
            await self.sessions.stop(STOP_S)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.gather(self.hub.close(), self.stills.close())

    # What others say

    async def _listen(self, listening: asyncio.Event) -> None:
        """Hears messages for streamers; the layer subscribes again when the broker comes back."""
        while True:
            try:
                channel = await self._layer.new_channel()
                await self._layer.group_add(STREAMERS_GROUP, channel)
                await self._layer.group_add(CAMERAS_GROUP, channel)
                listening.set()
                while True:
                    self._take(await self._layer.receive(channel))
            except BrokerAway as error:
                log.warning("the broker does not answer: %s", error)
                await asyncio.sleep(BROKER_RETRY_S)

    def _take(self, message: dict) -> None:
        """Never waits: every message of every page passes here."""
        try:
            self._act(message)
        except Exception:
            # A message that we cannot read must not stop the others.
            log.exception("message %s", message.get("type"))

    def _act(self, message: dict) -> None:
        match message["type"]:
            case "session.open":
                self.sessions.open(message)
            case "session.claim":
                self.sessions.claim(
                    message["session"], Grant(**message["grant"]), message["reply_channel"]
                )
            case "session.close":
                self.sessions.close(message["session"], message["user_id"])
            case "session.detach":
                self.sessions.detach(
                    message["session"], message["user_id"], message["reply_channel"]
                )
            case "session.candidate":
                self.sessions.add_candidate(
                    message["session"],
                    message["user_id"],
                    message["candidate"],
                    message["sdp_mid"],
                )
            case "still.wanted":
                self.stills.want(message["camera_id"], message["fps"])
            case "view.told":
                self.watchers.tell(message["camera_id"], message["view"])
            case "access.changed" | "camera.changed":
                self._look_again.set()

    # What the database says

    async def _look(self, is_news: bool = False) -> None:
        """Follows the enabled cameras, and ends the sessions that may not go on."""
        try:
            configs = await database_sync_to_async(enabled_cameras)()
        except DatabaseAway as error:
            log.warning("the database cannot be read now: %s", error)
        else:
            gone = await self.hub.set_cameras(configs)
            self.sessions.end_those_of(gone)
            await self.stills.set_cameras(configs)
            for source in gone:
                if source.config.camera_id not in self.hub.sources:
                    await self._tell_group(disabled_state(source.config.camera_id))
        await self.sessions.check()

    # What we say

    def _camera_problem(self, camera_id: int) -> Problem | None:
        """Why an offer for this camera would be in vain."""
        source = self.hub.sources.get(camera_id)
        if source is None:
            return CAMERA_DISABLED
        state, problem = state_of(source, self._source_health.get(camera_id, {}))
        is_offline = state == "offline" and problem is not None
        return Problem(f"camera-{problem.code}", problem.text) if is_offline else None

    async def _tell(self, channel: str, message: ToPage) -> None:
        """At most once: pages keep deadlines of their own."""
        try:
            async with asyncio.timeout(BROKER_PATIENCE_S):
                await self._layer.send(channel, message)
        except (*BrokerAway, ChannelFull) as error:
            log.warning("%s not told: %s", message["type"], error)

    async def _tell_group(self, state: CameraState) -> None:
        self._told[state["camera_id"]] = state
        async with asyncio.timeout(BROKER_PATIENCE_S):
            await self._layer.group_send(camera_group(state["camera_id"]), state)

    async def _tell_states(self, is_news: bool) -> None:
        """Each camera's state to its sockets: what is new, or everything as a matter of routine."""
        await asyncio.sleep(COALESCE_S)
        for state in self._states():
            has_changed = self._told.get(state["camera_id"]) != state
            if has_changed:
                # A page that opens now reads the state there.
                self._health_is_due.set()
            if has_changed or not is_news:
                await self._tell_group(state)

    def _states(self) -> list[CameraState]:
        return [
            camera_state(
                source,
                self._source_health.get(camera_id, {}),
                viewers=self.sessions.viewers(camera_id) + self.watchers.count(camera_id),
            )
            for camera_id, source in self.hub.sources.items()
        ]

    async def _tell_health(self, is_news: bool = False) -> None:
        """Health for the admin page, and what the bridge says of sources for our own words."""
        stream = {state["camera_id"]: self._health(state) for state in self._states()}
        self._source_health = await asyncio.to_thread(_swap_health, stream)
        if any(self._told.get(state["camera_id"]) != state for state in self._states()):
            self._news.set()

    def _health(self, state: CameraState) -> dict[str, object]:
        camera_id = state["camera_id"]
        rates = self.hub.sources[camera_id].rates()
        return {
            **{key: state[key] for key in ("state", "code", "text", "viewers", "sensor")},
            "fps": rates.fps,
            "kbps": rates.kbps,
            "age_ms": rates.age_ms,
            "decoded_frames": self.stills.decoded_frames(camera_id),
        }


def _swap_health(stream: dict[int, dict[str, object]]) -> dict[int, Mapping[str, object]]:
    """Tells the streams' health and returns the sources'. In a thread: the cache may be slow."""
    for camera_id, health in stream.items():
        tell_health(camera_id, "stream", health)
    return {camera_id: health_of(camera_id)["source"] for camera_id in stream}


async def _first_of(*waits: Coroutine[object, object, object]) -> None:
    """Returns when one of them does; the others are cancelled."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def _again(
    work: Callable[[bool], Awaitable[None]], every_s: float, wake: asyncio.Event
) -> None:
    """Does `work` every `every_s` seconds, and with True when woken; failing stops it never."""
    while True:
        # Not wait_for: in Python 3.11 it swallows a cancellation that comes with the event.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(every_s):
                await wake.wait()
        was_woken = wake.is_set()
        wake.clear()
        try:
            await work(was_woken)
        except BrokerAway as error:
            log.warning("the broker does not answer: %s", error)
        except Exception:
            # One thing that fails must not stop the pictures.
            log.exception("%s failed", work.__name__)
