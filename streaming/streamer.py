"""The streamer: frame rings to browsers, from one event loop that lives as long as the process."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from channels.db import database_sync_to_async
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer
from django.db import Error as DatabaseAway

from streaming.access import Grant, still_granted
from streaming.broker import BROKER_PATIENCE_S, COALESCE_S, BrokerAway, again, listen
from streaming.loads import FIRST, TELL_S, VIEW_KBPS, Loads, load_told
from streaming.media.hub import Hub
from streaming.media.peer import PeerConfig
from streaming.media.problems import CAMERA_DISABLED, Problem
from streaming.messages import (
    BRIDGES_GROUP,
    CAMERAS_GROUP,
    LOADS_GROUP,
    STREAMERS_GROUP,
    KeyframeWanted,
    ToPage,
    streamer_group,
)
from streaming.reporter import Believer, Reporter
from streaming.services import enabled_cameras
from streaming.sessions import SessionLimits, Sessions
from streaming.stills import Stills
from streaming.watchers import Watchers

log = logging.getLogger(__name__)

LOOK_S = 5.0
STOP_S = 4.0


@dataclass(frozen=True, slots=True)
class StreamerConfig:
    """What the settings say; `number` counts from 1 to `streamers`."""

    peer: PeerConfig
    limits: SessionLimits
    look_s: float = LOOK_S
    number: int = FIRST
    streamers: int = 1


class Streamer:
    """Runs until told to stop. Media goes on whatever the broker and the web process do.

    Several share the viewers of each camera. The first one also tells how the cameras are, and
    makes pictures; the others follow the rings only of what they send.
    """

    def __init__(self, config: StreamerConfig) -> None:
        self._config = config
        self._layer = get_channel_layer()
        self._look_again, self._load_is_due = asyncio.Event(), asyncio.Event()
        self._is_leaving = False
        self._others = Loads()
        self._reporter: Reporter | None = None
        self._asking: set[asyncio.Task[None]] = set()
        self.hub = Hub(
            on_news=self._on_news,
            on_keyframe_wanted=self._want_keyframe,
            only_watched=config.number != FIRST,
        )
        self.stills = Stills()
        self.watchers = Watchers()
        self.sessions = Sessions(
            config.limits,
            config.peer,
            still_granted=database_sync_to_async(still_granted),
            sources=self.hub.sources,
            camera_problem=self._camera_problem,
            tell=self._tell,
            on_news=self._on_news,
            elsewhere=self._others.views,
        )
        if config.number == FIRST:
            self._reporter = Reporter(self.hub, self.stills, viewers=self.viewers)
        self._known = self._reporter or Believer(self.hub)

    async def run(self, stop: asyncio.Event, *, on_ready: Callable[[], None]) -> None:
        """Until `stop` is set; `on_ready` is called once cameras are followed and news heard."""
        await self._look()
        listening = asyncio.Event()
        works = [
            self._listen(listening),
            again(self._look, self._config.look_s, self._look_again),
            self._known.run(),
        ]
        if self._has_others:
            works.append(again(self._tell_load, TELL_S, self._load_is_due))
        tasks = [asyncio.create_task(work) for work in works]
        try:
            await _first_of(listening.wait(), stop.wait())
            if not stop.is_set():
                on_ready()
            await stop.wait()
        finally:
            # Told first: the pages whose views end now are to go elsewhere.
            await asyncio.gather(self._leave(), self.sessions.stop(STOP_S))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.gather(self.hub.close(), self.stills.close())

    def viewers(self, camera_id: int) -> int:
        """How many watch this camera, through all streamers and the web process."""
        elsewhere = sum(
            view.camera_id == camera_id and not view.is_pending for view in self._others.views()
        )
        return self.sessions.viewers(camera_id) + elsewhere + self.watchers.count(camera_id)

    @property
    def _has_others(self) -> bool:
        return self._config.streamers > 1

    def _want_keyframe(self, camera_id: int) -> None:
        task = asyncio.create_task(self._ask_for_keyframe(camera_id))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _ask_for_keyframe(self, camera_id: int) -> None:
        """At most once: who still misses the picture asks again."""
        wish: KeyframeWanted = {"type": "keyframe.wanted", "camera_id": camera_id}
        with contextlib.suppress(*BrokerAway):
            async with asyncio.timeout(BROKER_PATIENCE_S):
                await self._layer.group_send(BRIDGES_GROUP, wish)

    def _on_news(self) -> None:
        """A camera's state or the number of its viewers is another."""
        self._load_is_due.set()
        if self._reporter is not None:
            self._reporter.news.set()

    # What others say

    async def _listen(self, listening: asyncio.Event) -> None:
        async def heard() -> None:
            listening.set()
            self._load_is_due.set()

        groups = [STREAMERS_GROUP, CAMERAS_GROUP, streamer_group(self._config.number)]
        if self._has_others:
            groups.append(LOADS_GROUP)
        await listen(*groups, take=self._act, on_listening=heard)

    def _act(self, message: dict) -> None:
        """Never waits: every message of every page passes here."""
        match message["type"]:
            case "session.open":
                self.hub.follow(message["grant"]["camera_id"])
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
            case "access.changed" | "camera.changed":
                self._look_again.set()
            case "load.told" | "load.wanted":
                self._act_on_load(message)
            case "still.wanted" | "view.told" if self._reporter is not None:
                self._act_on_wish(message)

    def _act_on_wish(self, message: dict) -> None:
        if message["type"] == "still.wanted":
            self.stills.want(message["camera_id"], message["fps"])
        else:
            self.watchers.tell(message["camera_id"], message["view"])

    def _act_on_load(self, message: dict) -> None:
        if message["type"] == "load.wanted":
            self._load_is_due.set()
        elif message["streamer"] != self._config.number:
            before = self._others.views()
            self._others.take(message)
            if self._reporter is not None and self._others.views() != before:
                self._reporter.news.set()

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
            if self._reporter is not None:
                await self.stills.set_cameras(configs)
                for source in gone:
                    if source.config.camera_id not in self.hub.sources:
                        await self._reporter.tell_disabled(source.config.camera_id)
        await self.sessions.check()
        if self._reporter is None:
            await self.hub.rest({view.camera_id for view in self.sessions.views()})

    # What we say

    def _camera_problem(self, camera_id: int) -> Problem | None:
        """Why an offer for this camera would be in vain."""
        if camera_id not in self.hub.sources:
            return CAMERA_DISABLED
        problem = self._known.problem(camera_id)
        return Problem(f"camera-{problem.code}", problem.text) if problem else None

    async def _tell(self, channel: str, message: ToPage) -> None:
        """At most once: pages keep deadlines of their own."""
        try:
            async with asyncio.timeout(BROKER_PATIENCE_S):
                await self._layer.send(channel, message)
        except (*BrokerAway, ChannelFull) as error:
            log.warning("%s not told: %s", message["type"], error)

    async def _tell_load(self, is_news: bool) -> None:
        """What our views cost, to those who pick streamers and to the other streamers."""
        if is_news and not self._is_leaving:
            await asyncio.sleep(COALESCE_S)
        views = self.sessions.views()
        kbps = sum(VIEW_KBPS + self._known.kbps(view.camera_id) for view in views)
        message = load_told(self._config.number, kbps, views, is_leaving=self._is_leaving)
        async with asyncio.timeout(BROKER_PATIENCE_S):
            await self._layer.group_send(LOADS_GROUP, message)

    async def _leave(self) -> None:
        self._is_leaving = True
        if self._has_others:
            with contextlib.suppress(*BrokerAway):
                await self._tell_load(is_news=True)


async def _first_of(*waits: Coroutine[object, object, object]) -> None:
    """Returns when one of them does; the others are cancelled."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
