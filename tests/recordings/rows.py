"""Rows of segments, with or without files."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from detections.clocks import media_time_of
from detections.models import Boot
from recordings.models import Segment
from streaming.models import Camera

SECOND_90K = 90_000
MINUTE = timedelta(minutes=1)


def segment_row(
    camera: Camera, boot: Boot, *, started_at: datetime, seconds: float = 60, **told: object
) -> Segment:
    """A complete segment of 2 Mbit/s, not in the database yet."""
    start_90k = media_time_of(boot, started_at)
    fields = {
        "state": Segment.State.COMPLETE,
        "bytes": round(250_000 * seconds),
        "frames": round(30 * seconds),
        "digest": bytes(32),
        "codec": "avc1.64001f",
        "width": 1280,
        "height": 720,
        "init_bytes": 700,
    }
    return Segment(
        camera=camera,
        folder=camera.pk,
        boot=boot,
        started_at=started_at,
        ended_at=started_at + timedelta(seconds=seconds),
        start_90k=start_90k,
        end_90k=start_90k + round(seconds * SECOND_90K),
        pts_origin=start_90k,
        **fields | told,
    )


def make_segment(camera: Camera, boot: Boot, *, started_at: datetime, **told: object) -> Segment:
    """One without a file."""
    segment = segment_row(camera, boot, started_at=started_at, **told)
    segment.save(force_insert=True)
    return segment


def make_segments(
    cameras: Iterable[Camera], boot: Boot, *, since: datetime, until: datetime
) -> None:
    """One after the other without a gap, a minute each, of each camera; without files."""
    count = (until - since) // MINUTE
    Segment.objects.bulk_create(
        (
            segment_row(camera, boot, started_at=since + number * MINUTE)
            for number in range(count)
            for camera in cameras
        ),
        batch_size=2000,
    )
