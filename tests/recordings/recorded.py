"""Recordings of a kitchen, and what pages and players are answered of them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.http.response import HttpResponseBase
from django.test import TestCase
from django.urls import reverse

from detections.models import Boot
from recordings.models import Segment
from tests.builders import make_camera
from tests.cast import make_cast
from tests.recordings.rows import folder_of_recordings, record
from tests.streaming.media.moving_picture import encoded_units

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
FRAMES = 90
SECOND = 90_000
# Media times that no floating-point number of 32 bits holds.
ZERO = NOON - timedelta(days=40)
NOON_90K = 40 * 86_400 * SECOND


def after_noon(**span: float) -> datetime:
    return NOON + timedelta(**span)


class Recorded(TestCase):
    """Three seconds of a kitchen from noon on, 30 pictures a second, a keyframe each half second;
    and three more after a gap of seven."""

    @classmethod
    def setUpTestData(cls):
        cls.folder = cls.enterClassContext(folder_of_recordings())
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home, name="Kitchen", slug="kitchen")
        cls.boot = Boot.objects.create(name="boot", zero_at=ZERO)
        cls.units = encoded_units(FRAMES, first_pts_90k=NOON_90K)
        cls.segment = record(cls.camera, cls.boot, cls.units)
        cls.later = record(
            cls.camera,
            cls.boot,
            encoded_units(FRAMES, width=640, height=360, first_pts_90k=NOON_90K + 10 * SECOND),
            is_after_gap=True,
        )

    def setUp(self):
        self.client.force_login(self.cast.vera)
        self.async_client.force_login(self.cast.vera)

    def path_of(self, segment: Segment) -> Path:
        return self.folder / str(segment.folder) / f"{segment.uuid}.mp4"

    def file_of(self, segment: Segment) -> bytes:
        return self.path_of(segment).read_bytes()

    def asked(self, name: str, **query: object) -> HttpResponseBase:
        told = {key.rstrip("_"): value for key, value in query.items()}
        return self.client.get(reverse(name, args=["kitchen"]), told)

    def told(self, name: str, **query: object):
        response = self.asked(name, **query)
        self.assertEqual(response.status_code, 200)
        return response.json()

    def index(self, segment: Segment):
        return self.client.get(reverse("segment-index", args=[segment.uuid]))

    async def bytes_of(self, segment: Segment, bytes_range: str = "") -> tuple[int, bytes]:
        headers = {"Range": bytes_range} if bytes_range else {}
        address = reverse("segment-file", args=[segment.uuid])
        response = await self.async_client.get(address, headers=headers)
        if not response.streaming:
            return response.status_code, response.content
        body = b"".join([piece async for piece in response.streaming_content])
        return response.status_code, body
