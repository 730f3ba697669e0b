import asyncio
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.test import TestCase, override_settings

from streaming.bridge import Bridge, HealthMeter
from streaming.media.access_unit import AccessUnit
from streaming.media.clock import media_time_90k
from streaming.media.problems import NOT_FOUND, STARTING
from streaming.media.ring import RingReader
from streaming.media.runner import CameraRunner, Counts, RunnerState
from streaming.messages import BRIDGES_GROUP, CAMERAS_GROUP
from streaming.models import Camera
from streaming.services import health_of
from tests.builders import make_camera
from tests.cast import make_cast
from tests.streaming.media.h264 import encoded

DEADLINE_S = 10


class Pictures:
    """A camera that delivers a picture every 10 ms."""

    def __init__(self):
        self.keyframes_wanted = 0

    def run(self, on_unit, stop):
        number = 0
        while not stop.wait(0.01):
            now_ns = time.monotonic_ns()
            data = encoded()[number % 30]
            unit = AccessUnit(data, now_ns, media_time_90k(now_ns), False, 320, 240)
            self.keyframes_wanted += on_unit(unit)
            number += 1


def make_runner(config, pictures=None):
    return CameraRunner(config, make_source=lambda config: pictures or Pictures())


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110  (files have no event to wait for)
            await asyncio.sleep(0.02)


class BridgeTests(TestCase):
    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.run_dir = Path(folder.name)
        settings = override_settings(PETCAM_RUN_DIR=self.run_dir)
        settings.enable()
        self.addCleanup(settings.disable)
        self.home = make_cast().home
        self.stop = asyncio.Event()

    def ring(self, camera):
        return self.run_dir / f"camera-{camera.pk}.ring"

    def epoch(self, camera):
        """Differs for each writer that the ring has had; 0 while there is none."""
        with closing(RingReader(self.ring(camera))) as ring:
            ring.poll()
            return ring.status.epoch

    async def running(self, make_runner=make_runner):
        """The bridge at work; end it with `ended`."""
        ready = asyncio.Event()
        bridge = Bridge(make_runner=make_runner)
        task = asyncio.create_task(bridge.run(self.stop, on_ready=ready.set))
        await asyncio.wait_for(ready.wait(), DEADLINE_S)
        return task

    async def ended(self, task):
        self.stop.set()
        await asyncio.wait_for(task, DEADLINE_S)

    async def tell(self, camera):
        news = {"type": "camera.changed", "camera_id": camera.pk}
        await get_channel_layer().group_send(CAMERAS_GROUP, news)

    async def make(self, **overrides):
        return await database_sync_to_async(make_camera)(self.home, **overrides)

    async def test_enabled_cameras_have_a_ring_while_it_runs(self):
        camera = await self.make()
        switched_off = await self.make(is_enabled=False)

        task = await self.running()
        await until(self.ring(camera).exists)
        await self.ended(task)

        self.assertFalse(self.ring(switched_off).exists())
        self.assertFalse(self.ring(camera).exists())

    async def test_shared_memory_is_left_to_its_own_program(self):
        camera = await self.make(source_kind="shared_memory", source_address="pet_camera")

        task = await self.running()
        await self.ended(task)

        self.assertFalse(self.ring(camera).exists())

    async def test_a_camera_made_or_switched_off_later_is_noticed(self):
        task = await self.running()

        camera = await self.make()
        await self.tell(camera)
        await until(self.ring(camera).exists)
        await Camera.objects.filter(pk=camera.pk).aupdate(is_enabled=False)
        await self.tell(camera)
        await until(lambda: not self.ring(camera).exists())

        await self.ended(task)

    async def test_a_changed_camera_is_restarted_alone(self):
        changed, other = await self.make(), await self.make()
        task = await self.running()
        await until(lambda: self.epoch(changed) and self.epoch(other))
        before = self.epoch(changed), self.epoch(other)

        await Camera.objects.filter(pk=changed.pk).aupdate(ring_megabytes=8)
        await self.tell(changed)
        await until(lambda: self.epoch(changed) not in (0, before[0]))

        self.assertEqual(self.epoch(other), before[1])
        await self.ended(task)

    async def test_a_source_is_asked_for_a_keyframe_when_somebody_wants_one(self):
        camera, pictures = await self.make(), Pictures()
        task = await self.running(lambda config: make_runner(config, pictures))
        await until(self.ring(camera).exists)
        wish = {"type": "keyframe.wanted", "camera_id": camera.pk}

        await get_channel_layer().group_send(BRIDGES_GROUP, wish | {"camera_id": 0})
        await get_channel_layer().group_send(BRIDGES_GROUP, wish)
        await until(lambda: pictures.keyframes_wanted)

        await self.ended(task)
        self.assertEqual(pictures.keyframes_wanted, 1)

    async def test_health_is_told(self):
        camera = await self.make()
        task = await self.running()

        await until(lambda: health_of(camera.pk)["source"].get("state") == "live")

        health = health_of(camera.pk)["source"]
        self.assertEqual((health["width"], health["height"]), (320, 240))
        self.assertEqual((health["code"], health["restarts"]), ("", 0))
        await self.ended(task)

    @override_settings(
        CHANNEL_LAYERS={
            "default": {
                "BACKEND": "petcam_site.channel_layer.PatientPubSubLayer",
                "CONFIG": {"hosts": ["unix:///nonexistent/valkey.sock"]},
            }
        },
        CACHES={
            "default": {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "LOCATION": "unix:///nonexistent/valkey.sock",
            }
        },
    )
    async def test_pictures_go_on_without_a_broker(self):
        camera = await self.make()

        task = await self.running()
        await until(self.ring(camera).exists)
        await asyncio.sleep(0)

        self.assertFalse(task.done())
        await self.ended(task)


class StubRunner:
    def __init__(self, *states):
        self._states = list(states)

    def state(self):
        return self._states.pop(0)


class HealthMeterTests(TestCase):
    def read(self, *states):
        clock = iter(range(0, 20, 2))
        meter = HealthMeter(StubRunner(*states), clock=lambda: next(clock))
        return [meter.read() for _ in states]

    def test_rates_are_those_since_the_last_reading(self):
        first, second = self.read(
            RunnerState(STARTING, Counts(), 0, 0),
            RunnerState(None, Counts(60, 500_000, 0, 1), 1280, 720),
        )

        self.assertEqual((first["state"], first["fps"]), ("starting", 0))
        self.assertEqual(
            (second["state"], second["fps"], second["kbps"], second["codec"]),
            ("live", 30, 2000, "H.264"),
        )

    def test_a_problem_is_told_in_words(self):
        (health,) = self.read(RunnerState(NOT_FOUND, Counts(runs=3), 0, 0))

        self.assertEqual(
            (health["state"], health["code"], health["text"], health["hint"], health["restarts"]),
            ("offline", NOT_FOUND.code, NOT_FOUND.text, NOT_FOUND.hint, 2),
        )
