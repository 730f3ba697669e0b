"""What the first streamer tells of the cameras, and how the others come to know it."""

import asyncio
from collections.abc import Callable, Iterable, Mapping

from channels.layers import get_channel_layer

from streaming.broker import BROKER_PATIENCE_S, COALESCE_S, again, beside
from streaming.camera_news import camera_state, disabled_state, state_of
from streaming.media.hub import Hub
from streaming.media.problems import Problem
from streaming.messages import CameraState, camera_group
from streaming.services import health_of, tell_health
from streaming.stills import Stills

STATE_S = 5.0
HEALTH_S = 2.0


class Reporter:
    """Tells each camera's sockets how it is, and the admin page its health.

    `viewers` says how many watch a camera, through whatever process.
    """

    def __init__(self, hub: Hub, stills: Stills, *, viewers: Callable[[int], int]) -> None:
        self.news = asyncio.Event()
        self._hub, self._stills, self._viewers = hub, stills, viewers
        self._health_is_due = asyncio.Event()
        self._source_health: dict[int, Mapping[str, object]] = {}
        self._kbps: dict[int, int] = {}
        self._told: dict[int, CameraState] = {}

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(again(self._tell_states, STATE_S, self.news))
            tasks.create_task(again(self._tell_health, HEALTH_S, self._health_is_due))

    def problem(self, camera_id: int) -> Problem | None:
        """Why the camera has nothing to send."""
        source = self._hub.sources[camera_id]
        state, problem = state_of(source, self._source_health.get(camera_id, {}))
        return problem if state == "offline" else None

    def kbps(self, camera_id: int) -> int:
        """What the camera sends."""
        return self._kbps.get(camera_id, 0)

    async def tell_disabled(self, camera_id: int) -> None:
        """The camera is switched off or gone."""
        await self._tell_group(disabled_state(camera_id))

    async def _tell_group(self, state: CameraState) -> None:
        self._told[state["camera_id"]] = state
        async with asyncio.timeout(BROKER_PATIENCE_S):
            await get_channel_layer().group_send(camera_group(state["camera_id"]), state)

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
                source, self._source_health.get(camera_id, {}), viewers=self._viewers(camera_id)
            )
            for camera_id, source in self._hub.sources.items()
        ]

    async def _tell_health(self, is_news: bool = False) -> None:
        """Health for the admin page, and what the bridge says of sources for our own words."""
        stream = {state["camera_id"]: self._health(state) for state in self._states()}
        self._source_health = await beside(_swap_health, stream)
        if any(self._told.get(state["camera_id"]) != state for state in self._states()):
            self.news.set()

    def _health(self, state: CameraState) -> dict[str, object]:
        camera_id = state["camera_id"]
        rates = self._hub.sources[camera_id].rates()
        self._kbps[camera_id] = rates.kbps
        return {
            **{key: state[key] for key in ("state", "code", "text", "viewers", "sensor")},
            "fps": rates.fps,
            "kbps": rates.kbps,
            "age_ms": rates.age_ms,
            "decoded_frames": self._stills.decoded_frames(camera_id),
        }


class Believer:
    """Knows of the cameras what the first streamer has told, and tells nobody."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._stream: dict[int, Mapping[str, object]] = {}

    async def run(self) -> None:
        """Until cancelled."""
        is_due = asyncio.Event()
        is_due.set()
        await again(self._read, HEALTH_S, is_due)

    def problem(self, camera_id: int) -> Problem | None:
        """Why the camera has nothing to send."""
        told = self._stream.get(camera_id, {})
        is_offline = told.get("state") == "offline"
        return Problem(str(told["code"]), str(told["text"])) if is_offline else None

    def kbps(self, camera_id: int) -> int:
        """What the camera sends."""
        return self._stream.get(camera_id, {}).get("kbps", 0)

    async def _read(self, is_news: bool) -> None:
        self._stream = await beside(_stream_health, list(self._hub.sources))


def _swap_health(stream: dict[int, dict[str, object]]) -> dict[int, Mapping[str, object]]:
    """Tells the streams' health and returns the sources'. In a thread: the cache may be slow."""
    for camera_id, health in stream.items():
        tell_health(camera_id, "stream", health)
    return {camera_id: health_of(camera_id)["source"] for camera_id in stream}


def _stream_health(camera_ids: Iterable[int]) -> dict[int, Mapping[str, object]]:
    """What the first streamer has told. In a thread: the cache may be slow."""
    return {camera_id: health_of(camera_id)["stream"] for camera_id in camera_ids}
