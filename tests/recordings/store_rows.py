"""Segments with rows and files, and where these differ."""

from datetime import UTC, datetime
from pathlib import Path

from django.test import TestCase

from detections.models import Boot
from recordings import repair
from recordings.models import Segment
from recordings.services import open_store
from tests.builders import make_camera
from tests.cast import make_cast
from tests.recordings.rows import SECOND_90K, folder_of_recordings, record
from tests.streaming.media.moving_picture import encoded_units

ZERO = datetime(2026, 5, 1, tzinfo=UTC)
UNITS = encoded_units(45, first_pts_90k=1000 * SECOND_90K)


class Rows(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home)
        cls.boot = Boot.objects.create(name="a boot", zero_at=ZERO)

    def setUp(self):
        self.root = self.enterContext(folder_of_recordings())
        self.store = open_store()

    def recorded(self, **told) -> Segment:
        return record(self.camera, self.boot, UNITS, **told)

    def path(self, segment: Segment) -> Path:
        return self.store.segment(segment.folder, segment.uuid)

    def row(self, segment: Segment) -> Segment:
        return Segment.objects.get(pk=segment.pk)

    def found(self) -> dict[str, str]:
        return {one.at.name: one.kind for one in repair.differences(self.store)}

    def assert_all_agrees(self) -> None:
        """A complete row has its file, every file has its row."""
        self.assertEqual(self.found(), {})
        self.assertEqual(list(repair.changed_contents(self.store)), [])
