"""The camera bridge: one thread per enabled camera, from its source to its frame ring."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import Error as DatabaseFailure
from redis.exceptions import RedisError

from streaming.broker import beside
from streaming.media.config import CameraConfig
from streaming.media.problems import STARTING
from streaming.media.runner import CameraRunner, Counts, RunnerState
from streaming.messages import BRIDGES_GROUP, CAMERAS_GROUP
from streaming.services import enabled_cameras, tell_health

log = logging.getLogger(__name__)

HEARTBEAT_S = 1.0
HEALTH_S = 2.0
POLL_S = 5.0
BROKER_RETRY_S = 2.0


class Bridge:
    """Keeps the cameras' threads as the database wants them, until told to stop.

    Cameras are looked up every POLL_S and when somebody tells of a change. A changed camera is
    restarted alone. Neither the broker nor the database being away disturbs a running camera.
    """

    def __init__(self, *, make_runner: Callable[[CameraConfig], CameraRunner] = CameraRunner):
        self._make_runner = make_runner
        self._runners: dict[int, CameraRunner] = {}
        self._health: dict[int, HealthMeter] = {}
        self._news = asyncio.Event()

    async def run(self, stop: asyncio.Event, *, on_ready: Callable[[], None]) -> None:
        """Run until `stop` is set; `on_ready` is called when every camera has been started."""
        await self._look_up()
        on_ready()
        work = (self._keep_up(), self._listen(), self._beat(), self._tell())
        tasks = [asyncio.create_task(each) for each in work]
        try:
            await _first_of(asyncio.create_task(stop.wait()), *tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._apply([])

    async def _keep_up(self) -> None:
        while True:
            # Not wait_for: in Python 3.11 it swallows a cancellation that comes with the news.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._news.wait()
            self._news.clear()
            await self._look_up()

    async def _look_up(self) -> None:
        try:
            wanted = await database_sync_to_async(enabled_cameras)()
        except DatabaseFailure as error:
            log.warning("the database cannot be read now: %s", error)
            return
        await self._apply([camera for camera in wanted if camera.kind != "shared_memory"])

    async def _apply(self, wanted: list[CameraConfig]) -> None:
        """Stop what is not wanted (any more, or like this), start what is not running."""
        configs = {config.camera_id: config for config in wanted}
        going = [
            camera_id
            for camera_id, runner in self._runners.items()
            if configs.get(camera_id) != runner.config
        ]
        await asyncio.gather(*(self._end(camera_id) for camera_id in going))
        for camera_id, config in configs.items():
            if camera_id not in self._runners:
                log.info("%s: starting (%s)", config.slug, config.kind)
                runner = self._make_runner(config)
                self._runners[camera_id] = runner
                self._health[camera_id] = HealthMeter(runner)
                runner.start()

    async def _end(self, camera_id: int) -> None:
        runner = self._runners.pop(camera_id)
        del self._health[camera_id]
        if not await asyncio.to_thread(runner.stop):
            log.error("%s: the source hangs; its thread is left behind", runner.config.slug)

    async def _listen(self) -> None:
        """Wake up at news of changed cameras; the broker may come and go."""
        was_away = False
        while True:
            try:
                layer = get_channel_layer()
                channel = await layer.new_channel()
                await layer.group_add(CAMERAS_GROUP, channel)
                await layer.group_add(BRIDGES_GROUP, channel)
                was_away = False
                while True:
                    self._take(await layer.receive(channel))
            except (OSError, RedisError) as error:
                if not was_away:
                    log.warning("no news of cameras from the broker now: %s", error)
                was_away = True
                await asyncio.sleep(BROKER_RETRY_S)

    def _take(self, message: dict) -> None:
        if message["type"] == "keyframe.wanted":
            runner = self._runners.get(message["camera_id"])
            if runner is not None:
                runner.want_keyframe()
        else:
            self._news.set()

    async def _beat(self) -> None:
        while True:
            for runner in self._runners.values():
                runner.heartbeat()
            await asyncio.sleep(HEARTBEAT_S)

    async def _tell(self) -> None:
        while True:
            health = {camera_id: meter.read() for camera_id, meter in self._health.items()}
            try:
                await beside(_tell_all, health)
            except (OSError, RedisError) as error:
                log.debug("health cannot be told now: %s", error)
            await asyncio.sleep(HEALTH_S)


class HealthMeter:
    """Turns a runner's counts into what people want to know: rates since the last reading."""

    def __init__(self, runner: CameraRunner, *, clock: Callable[[], float] = time.monotonic):
        self._runner = runner
        self._clock = clock
        self._counts = Counts()
        self._read_at_s = clock()
        self._code = STARTING.code
        self._since_unix_s = int(time.time())

    def read(self) -> dict[str, object]:
        """The health of the camera's source, as services.tell_health takes it."""
        state = self._runner.state()
        now_s = self._clock()
        passed_s = max(now_s - self._read_at_s, 0.001)
        before, self._counts, self._read_at_s = self._counts, state.counts, now_s
        problem = state.problem
        code = problem.code if problem else ""
        if code != self._code:
            self._code, self._since_unix_s = code, int(time.time())
        return {
            "state": _state_word(state),
            "code": code,
            "text": problem.text if problem else "",
            "hint": problem.hint if problem else "",
            "fps": round((state.counts.units - before.units) / passed_s, 1),
            "kbps": round((state.counts.bytes - before.bytes) * 8 / 1000 / passed_s),
            "restarts": max(state.counts.runs - 1, 0),
            "width": state.width,
            "height": state.height,
            "codec": "H.264" if state.counts.units else "",
            "since": self._since_unix_s,
        }


def _state_word(state: RunnerState) -> str:
    if state.problem is None:
        return "live"
    return "starting" if state.problem is STARTING else "offline"


def _tell_all(health: dict[int, dict[str, object]]) -> None:
    for camera_id, each in health.items():
        tell_health(camera_id, "source", each)


async def _first_of(*tasks: asyncio.Task) -> None:
    """Return when one of `tasks` ends; raise what it raised."""
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
