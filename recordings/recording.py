"""The recorder process: every camera's pictures into segments, as far as its owner wants them."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, TypeVar
from uuid import UUID

from channels.layers import get_channel_layer
from django.db import Error as DatabaseAway
from django.db import connections
from redis.exceptions import RedisError

from detections.clocks import MachineClock, boot_of, goes_by, this_machine
from detections.models import Boot
from recordings import housekeeping, repair, services
from recordings.assignments import Assignment, assignments, visits_since
from recordings.camera_recorder import CameraRecorder, keeps_90k
from recordings.camera_writer import CameraWriter
from recordings.exports import Exporter
from recordings.files.disk import problem_of
from recordings.files.names import JOURNAL, Store, StoreRefused
from recordings.housekeeping import Housekeeping
from recordings.journal import Journal
from recordings.ledger import Ledger, connected
from recordings.reporting import Reporting
from recordings.troubles import DATABASE_AWAY, DISK_FULL, DISK_PROBLEMS, NO_DATABASE, STORE_PROBLEMS
from recordings.unit_queue import UnitQueue
from recordings.wanted import Seen, wanted
from streaming.broker import beside
from streaming.media.clock import VIDEO_CLOCK_RATE, media_time_90k
from streaming.media.config import CameraConfig
from streaming.media.problems import Problem
from streaming.media.repeating import again
from streaming.messages import CAMERAS_GROUP

log = logging.getLogger(__name__)

# Waking up is most of what the recorder costs, so what is done each second is done together.
EVERY_S = 1.0
# How far segments have grown, in rows. Files are ahead of that; so it costs a third.
GROWN_S = 3.0
# News of changes come by the broker.
LOOK_UP_S = 30.0
HEALTH_S = 10.0
CLIPS_S = 10.0
OPEN_AGAIN_S = 2.0
BROKER_RETRY_S = 2.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Opened:
    """The store, ours alone as long as `lock` is open."""

    store: Store
    uuid: UUID
    lock: BinaryIO
    ledger: Ledger


@dataclass(slots=True)
class _Recorded:
    recorder: CameraRecorder
    task: asyncio.Task[None]


class Recording:
    """Runs until told to stop. Neither the database nor the broker being away stops a camera's
    recording; without the disk it waits for that, and says so.

    Rows are written by one thread. Another one deletes what is too old and repairs, so that
    nobody waits for that.
    """

    def __init__(self, *, machine: Callable[[], MachineClock] = this_machine) -> None:
        self._machine = machine
        self._rows = ThreadPoolExecutor(1, "rows")
        self._opened: _Opened | None = None
        self._store_trouble: Problem | None = None
        self._boot: Boot | None = None
        self._recorded: dict[int, _Recorded] = {}
        self._visits: dict[int, list[Seen]] = {}
        self._unknown_from_90k: int | None = None
        self._news, self._has_wishes = asyncio.Event(), asyncio.Event()
        self._housekeeping = Housekeeping(machine)
        # Of cameras that are not recorded any more.
        self._written_before = 0
        self._grown_at_s = 0.0
        self._reporting, self._exporter = Reporting(), Exporter()

    async def run(self, stop: asyncio.Event, *, on_ready: Callable[[], None]) -> None:
        """Until `stop` is set; `on_ready` is called when the cameras are being recorded, or when
        it is known why not. Raises StoreRefused("busy") while another recorder is at work."""
        reports = [again(self._keep_up, EVERY_S), again(self._tell_health, HEALTH_S)]
        tasks = [asyncio.create_task(each) for each in reports]
        try:
            await self._open_store()
            if self._opened:
                await self._look_up()
            on_ready()
            while self._opened is None and not await _is_set(stop, within_s=OPEN_AGAIN_S):
                await self._open_store()
            tasks += [asyncio.create_task(each) for each in self._work()]
            await stop.wait()
        finally:
            await _cancel(tasks)
            await self._end_all()

    def _work(self) -> Iterable[Coroutine[None, None, None]]:
        return (
            again(self._look_up, LOOK_UP_S, self._news),
            again(self._keep_order, housekeeping.EVERY_S, self._housekeeping.is_due),
            again(self._make_clips, CLIPS_S, self._has_wishes),
            again(self._listen, BROKER_RETRY_S),
        )

    async def _keep_up(self) -> None:
        """What is wanted now, what there is of it, and what troubles it."""
        if self._opened is not None:
            self._look_at_clock()
            await self._look_for_visits()
            await self._write_rows()
            self._housekeeping.note(self._opened.ledger.ended_segments, self._written_bytes())
        await self._alert()

    async def _end_all(self) -> None:
        """Everything that was taken is on the disk, and the rows say so."""
        await _cancel([one.task for one in self._recorded.values()])
        await self._write_rows(is_due=True)
        # The thread has a connection of its own.
        self._rows.submit(connections.close_all)
        await asyncio.to_thread(self._rows.shutdown)
        await self._housekeeping.close()
        if self._opened:
            self._opened.lock.close()

    # The store

    async def _open_store(self) -> None:
        try:
            self._opened = await self._in_rows(self._open)
            self._store_trouble = None
        except StoreRefused as refused:
            if refused.reason == "busy":
                raise
            self._refused(STORE_PROBLEMS[refused.reason], refused)
        except OSError as error:
            self._refused(DISK_PROBLEMS[problem_of(error)], error)
        except DatabaseAway as error:
            self._refused(NO_DATABASE, error)

    def _open(self) -> _Opened:
        """In the rows' thread. What the recorder before left unfinished is finished first."""
        store = services.open_store()
        lock = store.lock()
        try:
            ledger = Ledger(Journal(store.folder(JOURNAL)), self._rows)
            ledger.reconcile()
            for difference in repair.settle(store):
                log.info("repaired: %s", difference)
            return _Opened(store, services.storage().uuid, lock, ledger)
        except BaseException:
            lock.close()
            raise

    def _refused(self, problem: Problem, error: Exception) -> None:
        if self._store_trouble != problem:
            log.error("nothing can be recorded: %s", error)
        self._store_trouble = problem

    async def _keep_order(self) -> None:
        """Makes room at each call, and compares all rows with all files once."""
        opened = self._opened
        if opened is None:
            return
        try:
            await self._housekeeping.keep(opened.store, self._written_bytes())
            self._store_trouble = None
        except StoreRefused as refused:
            self._refused(STORE_PROBLEMS[refused.reason], refused)
        except (DatabaseAway, OSError) as error:
            log.warning("recordings cannot be kept in order now: %s", error)

    def _written_bytes(self) -> int:
        now = sum(each.recorder.written_bytes for each in self._recorded.values())
        return self._written_before + now

    async def _make_clips(self) -> None:
        if self._opened is None:
            return
        try:
            waits_s = await self._in_rows(self._exporter.waits_s)
            if waits_s == 0:
                # What they show may have been recorded just now.
                await self._write_rows(is_due=True)
                await self._exporter.work(self._opened.store)
            elif waits_s is not None and waits_s < CLIPS_S:
                asyncio.get_running_loop().call_later(waits_s, self._has_wishes.set)
        except (DatabaseAway, OSError, StoreRefused) as error:
            log.warning("no clips can be made now: %s", error)

    # Cameras

    def _look_at_clock(self) -> None:
        if self._boot is not None and not goes_by(self._boot, self._machine()):
            self._news.set()

    async def _look_up(self) -> None:
        try:
            boot, assigned = await self._in_rows(partial(_assigned, self._machine()))
        except DatabaseAway as error:
            log.warning("the database cannot be read now: %s", error)
            return
        before, self._boot = self._boot, boot
        await self._record_these(assigned)
        if before is not None and before.zero_at != boot.zero_at:
            ahead = boot.zero_at - before.zero_at
            log.warning("the clock was set by %+.1f s", ahead.total_seconds())
            self._housekeeping.clock_was_set(ahead)

    async def _record_these(self, assigned: Iterable[Assignment]) -> None:
        """These cameras and no others."""
        wishes = {each.config.camera_id: each for each in assigned}
        going = [
            camera_id
            for camera_id, one in self._recorded.items()
            if camera_id not in wishes
            or wishes[camera_id].config.ring_path != one.recorder.config.ring_path
        ]
        gone = [self._recorded.pop(camera_id) for camera_id in going]
        await _cancel([one.task for one in gone])
        self._written_before += sum(one.recorder.written_bytes for one in gone)
        for camera_id, (config, rule) in wishes.items():
            if camera_id in self._recorded:
                recorder = self._recorded[camera_id].recorder
                recorder.config, recorder.rule = config, rule
            else:
                recorder = CameraRecorder(config, rule, make_writer=self._make_writer)
                task = asyncio.create_task(recorder.run(), name=f"record {config.slug}")
                self._recorded[camera_id] = _Recorded(recorder, task)
        self._tell_wishes()

    def _make_writer(self, config: CameraConfig, queue: UnitQueue) -> CameraWriter:
        """In the camera's thread."""
        opened, boot = self._opened, self._boot
        if opened is None or boot is None:
            raise RuntimeError("a camera is recorded before there is a store")
        return CameraWriter(
            config.camera_id,
            queue,
            opened.ledger,
            store=opened.store,
            store_uuid=opened.uuid,
            boot=lambda: self._boot or boot,
            after_90k=opened.ledger.recorded_until(config.camera_id, boot),
        )

    async def _listen(self) -> None:
        """Wakes up at news of changed cameras; the broker may come and go."""
        try:
            layer = get_channel_layer()
            channel = await layer.new_channel()
            await layer.group_add(CAMERAS_GROUP, channel)
            while True:
                await layer.receive(channel)
                # A camera has changed, or somebody wants a clip of it.
                self._news.set()
                self._has_wishes.set()
        except (OSError, RedisError) as error:
            log.info("no news of cameras from the broker now: %s", error)

    # Visits

    async def _look_for_visits(self) -> None:
        """Before it is known who is there, everything is wanted."""
        by_visits = [
            each.recorder for each in self._recorded.values() if each.recorder.rule.mode == "visits"
        ]
        if by_visits and self._boot is not None:
            now_90k = media_time_90k(time.monotonic_ns())
            since_90k = now_90k - max(_looks_back_90k(recorder) for recorder in by_visits)
            ids = [recorder.config.camera_id for recorder in by_visits]
            try:
                self._visits = await self._in_rows(
                    partial(visits_since, ids, self._boot, since_90k)
                )
                self._unknown_from_90k = None
            except DatabaseAway:
                if self._unknown_from_90k is None:
                    self._unknown_from_90k = now_90k
        self._tell_wishes()

    def _tell_wishes(self) -> None:
        now_90k = media_time_90k(time.monotonic_ns())
        for camera_id, one in self._recorded.items():
            one.recorder.want(
                wanted(
                    one.recorder.rule,
                    self._visits.get(camera_id, ()),
                    now_90k=now_90k,
                    unknown_from_90k=self._unknown_from_90k,
                )
            )

    # What others are told

    async def _write_rows(self, *, is_due: bool = False) -> None:
        if self._opened is None:
            return
        ledger, now_s = self._opened.ledger, time.monotonic()
        is_due = is_due or now_s - self._grown_at_s > GROWN_S - EVERY_S / 2
        if not (ledger.is_behind or (is_due and ledger.has_grown)):
            return
        self._grown_at_s = now_s
        try:
            await self._in_rows(ledger.write)
        except DatabaseAway as error:
            log.warning("the database cannot be written now: %s", error)

    def _troubles(self) -> dict[tuple[int | None, str], Problem]:
        troubles: dict[tuple[int | None, str], Problem] = {}
        for_all = [self._store_trouble]
        if self._opened and self._opened.ledger.is_away:
            for_all.append(DATABASE_AWAY)
        for problem in for_all:
            if problem is not None:
                troubles[None, problem.code] = problem
        for camera_id, one in self._recorded.items():
            if (trouble := one.recorder.trouble) is not None:
                troubles[camera_id, trouble.code] = trouble
        return troubles

    async def _alert(self) -> None:
        troubles = self._troubles()
        if any(problem is DISK_FULL for problem in troubles.values()):
            self._housekeeping.is_due.set()
        if self._reporting.has_news(troubles):
            try:
                await self._in_rows(partial(self._reporting.alert, troubles))
            except DatabaseAway as error:
                log.warning("alerts wait, the database cannot be written now: %s", error)

    def health(self) -> dict[int, dict[str, object]]:
        """Of each camera that is recorded, as CameraRecorder.health says."""
        return {camera_id: one.recorder.health() for camera_id, one in self._recorded.items()}

    async def _tell_health(self) -> None:
        try:
            await beside(_tell_all, self.health())
        except (OSError, RedisError) as error:
            log.debug("health cannot be told now: %s", error)

    async def _in_rows(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._rows, connected, work)


def _assigned(clock: MachineClock) -> tuple[Boot, list[Assignment]]:
    boot = boot_of(clock)
    return boot, assignments(boot, clock.now)


def _looks_back_90k(recorder: CameraRecorder) -> int:
    """A visit that ended before that wants nothing any more that is still there."""
    return keeps_90k(recorder.rule) + round(recorder.rule.post_s * VIDEO_CLOCK_RATE)


def _tell_all(health: Mapping[int, dict[str, object]]) -> None:
    for camera_id, each in health.items():
        services.tell_health(camera_id, each)


async def _is_set(event: asyncio.Event, *, within_s: float) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await event.wait()
    return event.is_set()


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Returns when they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
