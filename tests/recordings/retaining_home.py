"""A household whose recordings are let go and kept."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.test import TestCase

from detections.models import Boot
from recordings import retaining
from recordings.alerts import alerts_for
from recordings.models import Policy, Segment, Storage
from recordings.services import open_store, save_policy
from tests.builders import make_camera, make_visit
from tests.cast import make_cast
from tests.recordings.rows import SECOND_90K, folder_of_recordings, make_segment

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
ZERO = NOW - timedelta(days=30)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MB = 1_000_000


class Retaining(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home)
        cls.boot = Boot.objects.create(name="a boot", zero_at=ZERO)
        cls.policy = Policy(camera=cls.camera, mode=Policy.Mode.ALWAYS, keep_days=14)
        save_policy(cls.policy)

    def setUp(self):
        self.root = self.enterContext(folder_of_recordings())
        self.store = open_store()
        Storage.objects.update(keep_free_mb=0)

    def look(self, now: datetime = NOW, **more: int) -> retaining.Looked:
        return retaining.look(self.store, now=now, **more)

    def segment(self, ago: timedelta, **told) -> Segment:
        """A minute of 15 MB, without a file."""
        return make_segment(self.camera, self.boot, started_at=NOW - ago, **told)

    def alerts(self) -> list[str]:
        return [alert.code for alert in alerts_for(self.cast.alice)]

    def left(self) -> set[UUID]:
        return set(Segment.objects.values_list("pk", flat=True))

    def visit(self, ago: timedelta, *, seconds: int = 20, camera=None, **told):
        """With media times."""
        start_90k = round((NOW - ago - ZERO).total_seconds()) * SECOND_90K
        return make_visit(
            camera or self.camera,
            started_at=NOW - ago,
            ended_at=NOW - ago + timedelta(seconds=seconds),
            boot=self.boot,
            start_90k=start_90k,
            end_90k=start_90k + seconds * SECOND_90K,
            **told,
        )
