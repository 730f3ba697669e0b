"""The recorder process at work: real rings, a real disk, and what people want of it."""

import asyncio
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from django.utils import timezone

from detections.clocks import MachineClock, boot_of, this_machine
from recordings.alerts import alerts_for
from recordings.files.names import QUARANTINE, StoreRefused
from recordings.files.scan import scan
from recordings.models import Clip, Segment, Storage
from recordings.recording import Recording
from recordings.services import health_of, store
from streaming.media.access_unit import AccessUnit
from streaming.media.clock import media_time_90k
from streaming.media.ring import RingWriter
from streaming.models import Camera
from streaming.services import announce_camera, remove_camera, ring_path
from tests.builders import make_camera, make_visit
from tests.recordings.at_work import RecorderTestCase
from tests.streaming.media.moving_picture import encoded_units

S = 90_000
# 20 s, a keyframe each half of a second.
UNITS = encoded_units(600, width=160, height=120)
_SECOND = timedelta(seconds=1)


def _media(t_90k: int) -> timedelta:
    return timedelta(seconds=t_90k / S)


def now_90k() -> int:
    return media_time_90k(time.monotonic_ns())


class RecordingTests(RecorderTestCase):
    """Media time goes as fast as pictures are written: they are of some seconds ago."""

    def setUp(self):
        super().setUp()
        self.camera = make_camera(self.cast.home)
        self.boot = boot_of(this_machine())
        self.ring = RingWriter(ring_path(self.camera), payload_bytes=8 * 1024 * 1024)
        self.addCleanup(self.ring.close)
        # What is written first was taken 20 s ago.
        moved = now_90k() - 20 * S - UNITS[0].pts_90k
        self.units = [
            replace(unit, pts_90k=pts, capture_ns=pts * 100_000 // 9)
            for unit in UNITS
            for pts in [unit.pts_90k + moved]
        ]

    def want(self, mode: str, **told: object) -> None:
        self.record(self.camera, mode, **told)

    async def play(self, units: Sequence[AccessUnit]) -> None:
        """Some at a time, so that nobody falls behind."""
        for start in range(0, len(units), 15):
            for unit in units[start : start + 15]:
                self.ring.write(unit)
            await asyncio.sleep(0.02)

    async def begin(self) -> None:
        """Play the first GOP; the recorder follows from then on."""
        await self.play(self.units[:15])
        await self.grows()

    def recorded(self) -> list[int]:
        """Which of the pictures there are in segments."""
        numbers = {unit.pts_90k: number for number, unit in enumerate(self.units)}
        return [numbers[pts] for pts in self.recorded_90k()]

    def written(self) -> int:
        """The newest media time in a file, whatever rows say."""
        found = [scan(one.path).fragments for one in store().found()]
        return max((entry.end_90k for entries in found for entry in entries), default=0)

    async def test_always_is_every_picture(self):
        await self.rows(lambda: self.want("always"))
        async with self.at_work():
            await self.begin()
            await self.play(self.units[15:])

        self.assertEqual(await self.rows(self.recorded), list(range(600)))
        self.assertEqual(await self.rows(Segment.objects.count), 1)

    async def test_off_is_nothing_and_can_be_changed_at_any_time(self):
        await self.rows(lambda: self.want("off"))
        async with self.at_work() as recording:
            await self.play(self.units[:60])
            await self.rows(lambda: self.want("always"))
            await self.until(recording.health)
            # The ring has the GOP that goes on.
            await self.play(self.units[60:150])
            await self.grows()
            await self.rows(lambda: self.want("off"))
            await self.until(lambda: not recording.health())
            await self.until(Segment.objects.filter(state="complete").exists)
            await self.play(self.units[150:])

        recorded = await self.rows(self.recorded)
        self.assertEqual(recorded[-1], 149)
        self.assertIn(recorded[0], (45, 60))

    async def test_a_visit_is_recorded_with_what_was_before_and_after_it(self):
        await self.rows(lambda: self.want("visits", pre_s=3, post_s=2))
        start, end = self.units[300].pts_90k, self.units[360].pts_90k
        async with self.at_work():
            await self.play(self.units[:400])
            await self.rows(
                lambda: make_visit(
                    self.camera, boot=self.boot, start_90k=start, end_90k=end, is_open=False
                )
            )
            # What follows on the visit comes when it is known.
            await self.until(lambda: self.written() > start)
            await self.play(self.units[400:])
            await self.until(Segment.objects.filter(state="complete").exists)

        # 3 s before picture 300 is picture 210, a keyframe; 2 s after 360 is 420, which begins a
        # GOP that nothing is wanted of.
        recorded = await self.rows(self.recorded)
        self.assertEqual(recorded, list(range(210, 420)))

    async def test_without_visits_nothing_is_recorded(self):
        await self.rows(lambda: self.want("visits"))
        async with self.at_work():
            await self.play(self.units)
            health = await self.until(lambda: health_of([self.camera.pk])[self.camera.pk])

        self.assertEqual(health["state"], "waiting")
        self.assertEqual(await self.rows(Segment.objects.count), 0)

    async def test_a_clip_that_somebody_wants_of_just_now_is_recorded_whatever_the_policy(self):
        await self.rows(lambda: self.want("off"))
        async with self.at_work() as recording:
            await self.play(self.units[:60])
            await self.rows(self.ask_for_a_clip)
            await self.until(recording.health)
            await self.play(self.units[60:])
            await self.grows()

        recorded = await self.rows(self.recorded)
        self.assertEqual(recorded[-1], 599)
        self.assertIn(recorded[0], (45, 60))

    def ask_for_a_clip(self) -> Clip:
        now = timezone.now()
        clip = Clip.objects.create(
            household=self.cast.home,
            camera=self.camera,
            started_at=now - timedelta(minutes=1),
            ended_at=now + timedelta(minutes=1),
        )
        announce_camera(self.camera.pk)
        return clip

    async def test_another_writer_of_the_ring_is_another_segment(self):
        await self.rows(lambda: self.want("always"))
        async with self.at_work():
            await self.begin()
            await self.play(self.units[15:150])
            self.ring.close()
            await self.until(Segment.objects.filter(state="complete").exists)
            self.ring = RingWriter(ring_path(self.camera), payload_bytes=8 * 1024 * 1024)
            self.addCleanup(self.ring.close)
            await self.play(self.units[150:160])
            await self.until(lambda: Segment.objects.count() == 2)
            await self.play(self.units[160:])

        self.assertEqual(await self.rows(self.recorded), list(range(600)))
        gaps = await self.rows(
            lambda: list(
                Segment.objects.order_by("start_90k").values_list("is_after_gap", flat=True)
            )
        )
        self.assertEqual(gaps, [True, True])

    async def test_a_camera_that_is_taken_away_is_not_recorded_any_more(self):
        await self.rows(lambda: self.want("always"))
        async with self.at_work():
            await self.play(self.units[:150])
            await self.grows()
            await self.rows(lambda: remove_camera(Camera.objects.get()))

            await self.until(Segment.objects.filter(state="complete").exists)

    async def test_what_a_recorder_that_died_left_is_finished_by_the_next_which_goes_on_behind_it(
        self,
    ):
        await self.rows(lambda: self.want("always"))
        async with self.at_work():
            await self.begin()
            await self.play(self.units[15:150])
            await self.until(lambda: self.written() > self.units[134].pts_90k)
            growing = await self.rows(Segment.objects.get)
            # As if killed: its files and rows as they are now.
            shutil.copytree(store().root, self.dir / "left")
        await self.rows(lambda: Segment.objects.filter(pk=growing.pk).update(state="writing"))
        shutil.rmtree(store().root)
        (self.dir / "left").rename(store().root)
        async with self.at_work():
            await self.play(self.units[150:165])
            await self.until(lambda: Segment.objects.count() == 2)
            await self.play(self.units[165:])

        recorded = await self.rows(self.recorded)
        self.assertEqual(recorded[-1], 599)
        self.assertGreaterEqual(len(recorded), len(self.units) - 30)

    async def test_rows_and_files_are_compared_once_after_the_start(self):
        await self.rows(lambda: self.want("always"))
        async with self.at_work():
            await self.play(self.units[:150])
            await self.grows()
        [whole] = await self.rows(lambda: list(Segment.objects.all()))
        store().segment(whole.folder, whole.uuid).unlink()
        stranger = store().root / str(whole.folder) / "holidays.mp4"
        stranger.write_bytes(b"precious")

        async with self.at_work():
            await self.until(lambda: Segment.objects.filter(pk=whole.pk, state="missing").exists())
            await self.until(lambda: not stranger.exists())

        self.assertEqual(len(list((store().root / QUARANTINE).iterdir())), 1)

    async def test_room_is_made_as_soon_as_a_segment_ends(self):
        await self.rows(lambda: self.want("always"))
        async with self.at_work():
            # The look at the start has been.
            await self.until(lambda: Storage.objects.get().looked_at)
            await self.play(self.units[:300])
            await self.grows()
            await self.rows(lambda: Storage.objects.update(quota_mb=0))
            await self.rows(lambda: self.want("off"))

            await self.until(lambda: not Segment.objects.exists())

        self.assertEqual(list(store().found()), [])

    async def test_the_clock_is_set_while_it_records(self):
        """Segments stay in order and last as long as they did; nothing is deleted for it."""
        ahead = timedelta()

        def machine() -> MachineClock:
            real = this_machine()
            return replace(real, now=real.now + ahead)

        await self.rows(lambda: self.want("always", keep_days=1))
        jumps = (timedelta(hours=1), timedelta(0), timedelta(days=9), -timedelta(days=20_000))
        async with self.at_work(machine=machine):
            await self.begin()
            for number, jump in enumerate(jumps):
                await self.play(self.units[max(15, 150 * number) : 150 * (number + 1)])
                ahead = jump
                await self.rows(lambda: announce_camera(self.camera.pk))
                zero_at = machine().zero_at
                await self.until(
                    lambda zero_at=zero_at: all(
                        abs(row.started_at - zero_at - _media(row.start_90k)) < _SECOND
                        for row in Segment.objects.all()
                    )
                )
                codes = ["clock-ahead"] if jump > timedelta(0) else []
                await self.until(
                    lambda codes=codes: [a.code for a in alerts_for(self.cast.vera)] == codes
                )

        self.assertEqual(await self.rows(self.recorded), list(range(600)))
        rows = await self.rows(lambda: list(Segment.objects.order_by("start_90k")))
        for row in rows:
            lasts = _media(row.end_90k - row.start_90k)
            self.assertLess(abs(row.ended_at - row.started_at - lasts), timedelta(milliseconds=2))

    async def test_a_second_recorder_does_not_start(self):
        async with self.at_work():
            with self.assertRaises(StoreRefused) as refused:
                await Recording().run(asyncio.Event(), on_ready=lambda: None)

        self.assertEqual(refused.exception.reason, "busy")

    async def test_a_disk_that_is_not_mounted_is_told_and_waited_for(self):
        await self.rows(lambda: self.want("always"))
        async with self.at_work():
            await self.play(self.units[:150])
            await self.grows()
        mounted = self.dir / "recordings"
        mounted.rename(self.dir / "unplugged")
        mounted.mkdir()
        async with self.at_work():
            [alert] = await self.until(lambda: alerts_for(self.cast.vera))
            mounted.rmdir()
            (self.dir / "unplugged").rename(mounted)
            await self.until(lambda: not alerts_for(self.cast.vera))
            await self.play(self.units[150:])
            await self.until(lambda: Segment.objects.count() == 2)

        self.assertEqual(alert.code, "store-missing")
        self.assertEqual((await self.rows(self.recorded))[-1], 599)
