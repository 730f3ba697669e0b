"""Rows of segments, with or without files."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from django.test import override_settings

from detections.clocks import media_time_of, wall_of
from detections.models import Boot
from recordings.clips import file_of
from recordings.files.layout import SegmentTag, segment_start
from recordings.files.writer import SegmentWriter
from recordings.models import Clip, Segment
from recordings.services import store
from streaming.media.access_unit import AccessUnit
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


@contextmanager
def folder_of_recordings() -> Iterator[Path]:
    """A folder of its own, new and empty, that recordings lie in meanwhile."""
    with (
        tempfile.TemporaryDirectory() as folder,
        override_settings(PETCAM_RECORDINGS_DIR=Path(folder)),
    ):
        yield Path(folder)


def record(camera: Camera, boot: Boot, units: Sequence[AccessUnit], **told: object) -> Segment:
    """A complete segment of these units with its file; the first unit is a keyframe."""
    uuid = uuid4()
    tag = SegmentTag(uuid, camera.pk, boot.name, round(boot.zero_at.timestamp() * 1000))
    start = segment_start(tag, units[0])
    writer = SegmentWriter(store().camera_folder(camera.pk), f"{uuid}.mp4", start)
    for unit in units:
        writer.add(unit)
    written = writer.close()
    fields = {
        "uuid": uuid,
        "bytes": written.bytes,
        "frames": written.frames,
        "digest": written.digest,
        "codec": start.head.codec,
        "width": start.head.width,
        "height": start.head.height,
        "init_bytes": start.head.init_bytes,
    }
    return make_segment(
        camera,
        boot,
        started_at=wall_of(boot, written.first_90k),
        seconds=(written.end_90k - written.first_90k) / SECOND_90K,
        **fields | told,
    )


def make_clip_of(segment: Segment, **told: object) -> Clip:
    """A ready clip of a recorded segment, with a file: the segment's own."""
    fields = {
        "household": segment.camera.household,
        "camera": segment.camera,
        "started_at": segment.started_at,
        "ended_at": segment.ended_at,
        "state": Clip.State.READY,
        "bytes": segment.bytes,
    }
    clip = Clip.objects.create(**fields | told)
    store().folder("clips")
    shutil.copy(store().segment(segment.folder, segment.uuid), file_of(store(), clip))
    return clip
