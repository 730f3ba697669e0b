"""Records two cameras for some simulated days under a quota, with real rows and files.

Run by tools.show.recordings_room as a program of its own, so that settings and database are those
of a real portal: `python -m tools.show.recordings_week DAYS` prints JSON.
"""

import hashlib
import json
import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "petcam_site.settings")
django.setup()

from django.core.management import call_command  # noqa: E402  (needs Django to be set up)

from detections.clocks import media_time_of  # noqa: E402
from detections.models import Boot, Visit  # noqa: E402
from households.services import create_household, create_person  # noqa: E402
from recordings import keeping, repair, retaining, services  # noqa: E402
from recordings.files.layout import SegmentTag, segment_start  # noqa: E402
from recordings.files.names import Store  # noqa: E402
from recordings.files.retention import Growth  # noqa: E402
from recordings.files.writer import DIGEST_BYTES, SegmentWriter  # noqa: E402
from recordings.keeping import Extent  # noqa: E402
from recordings.models import Policy, Segment, Storage  # noqa: E402
from recordings.usage import MB  # noqa: E402
from streaming.media.access_unit import AccessUnit  # noqa: E402
from streaming.models import Camera  # noqa: E402
from tests.builders import make_camera, make_visit  # noqa: E402
from tests.streaming.media.moving_picture import encoded_units  # noqa: E402

QUOTA_MB = 200
MINUTE, LOOK = timedelta(minutes=1), timedelta(seconds=30)
BEGIN = datetime(2026, 5, 1, tzinfo=UTC)
SECOND_90K = 90_000
_MINUTE_90K = 60 * SECOND_90K
STARRED_EVERY = timedelta(hours=12)
VISIT_S = 20


class Film:
    """A camera's one minute, again and again: its pictures are the same, its times and tag not."""

    def __init__(self, camera: Camera, boot: Boot, units: Sequence[AccessUnit]) -> None:
        self.camera, self._boot, self._units = camera, boot, units
        self._segment: Segment | None = None
        with tempfile.TemporaryDirectory() as folder:
            start = segment_start(self._tag(), units[0])
            writer = SegmentWriter(Path(folder), "minute.mp4", start)
            for unit in units:
                writer.add(unit)
            self.frames, self.bytes = len(units), writer.close(units[0].pts_90k + _MINUTE_90K).bytes
            self._fragments = writer.path.read_bytes()[len(start.init) :]

    def _tag(self) -> SegmentTag:
        zero_unix_ms = round(self._boot.zero_at.timestamp() * 1000)
        return SegmentTag(uuid4(), self.camera.pk, self._boot.name, zero_unix_ms)

    def begin(self, store: Store, now: datetime) -> None:
        """Row and file, with the first half of the minute."""
        at_90k = media_time_of(self._boot, now)
        start = segment_start(self._tag(), replace(self._units[0], pts_90k=at_90k))
        self._segment = keeping.draft(self._boot, start.head)
        keeping.begin(self._segment)
        half = len(self._fragments) // 2
        path = store.segment(self.camera.pk, self._segment.uuid)
        store.camera_folder(self.camera.pk)
        path.write_bytes(start.init + self._fragments[:half])
        size = path.stat().st_size
        keeping.grew(self._segment, Extent(at_90k + _MINUTE_90K // 2, size, self.frames // 2))

    def end(self, store: Store) -> None:
        """All of it."""
        if self._segment is None:
            return
        path = store.segment(self.camera.pk, self._segment.uuid)
        with path.open("ab") as file:
            file.write(self._fragments[len(self._fragments) // 2 :])
        digest = hashlib.blake2b(path.read_bytes(), digest_size=DIGEST_BYTES).digest()
        extent = Extent(self._segment.start_90k + _MINUTE_90K, self.bytes, self.frames)
        keeping.complete(self._segment, extent, digest=digest)


def live_through(days: float) -> dict[str, object]:
    """The most that was ever taken, and what became of starred visits."""
    home = create_household("Maple Street", owner=create_person("alice", "correct horse battery"))
    cameras = [make_camera(home) for _ in range(2)]
    for camera in cameras:
        services.save_policy(Policy(camera=camera, mode=Policy.Mode.ALWAYS, keep_days=30))
    Storage.objects.create(quota_mb=QUOTA_MB, keep_free_mb=0)
    store = services.open_store()
    boot = Boot.objects.create(name="a week", zero_at=BEGIN - timedelta(days=1))
    units = encoded_units(1800, width=160, height=120, gop=60)
    films = [Film(camera, boot, units) for camera in cameras]
    growth, written, most, looks = Growth(LOOK.total_seconds()), 0, 0, 0
    for looks, now in enumerate(_moments(days)):
        # They take turns: each look is at the end of a segment of one, amid one of the other.
        film = films[looks % 2]
        film.end(store)
        film.begin(store, now)
        written += film.bytes
        most = max(most, _taken(store))
        expected = growth.expected(written, looks * LOOK.total_seconds())
        retaining.look(store, now=now, growing_bytes=expected)
        if (now - BEGIN) % STARRED_EVERY == STARRED_EVERY / 2:
            _star(films[0].camera, boot, now - LOOK)
    for film in films:
        film.end(store)
    return {
        "looks": looks + 1,
        "written_bytes": written,
        "most_bytes": most,
        "quota_bytes": QUOTA_MB * MB,
        "segment_bytes": films[0].bytes,
        "left": Segment.objects.count(),
        "starred": round(timedelta(days=days) / STARRED_EVERY),
        "kept": _kept(store),
        "differences": [str(one) for one in repair.differences(store)],
    }


def _moments(days: float) -> Iterator[datetime]:
    return (BEGIN + number * LOOK for number in range(round(timedelta(days=days) / LOOK)))


def _star(camera: Camera, boot: Boot, at: datetime) -> None:
    start_90k = media_time_of(boot, at)
    make_visit(
        camera,
        boot=boot,
        started_at=at,
        ended_at=at + timedelta(seconds=VISIT_S),
        start_90k=start_90k,
        end_90k=start_90k + VISIT_S * SECOND_90K,
        is_starred=True,
    )


def _taken(store: Store) -> int:
    return sum(one.path.stat().st_size for one in store.found())


def _kept(store: Store) -> int:
    """Of how many starred visits all is there, to the last byte."""
    kept = 0
    for visit in Visit.objects.filter(is_starred=True):
        shown = Segment.objects.filter(
            camera=visit.camera, start_90k__lt=visit.end_90k, end_90k__gt=visit.start_90k
        )
        kept += bool(shown) and all(
            hashlib.blake2b(
                store.segment(each.folder, each.uuid).read_bytes(), digest_size=DIGEST_BYTES
            ).digest()
            == bytes(each.digest)
            for each in shown
        )
    return kept


def main() -> None:
    """Whoever runs this reads what it prints."""
    logging.disable(logging.INFO)
    call_command("migrate", verbosity=0)
    print(json.dumps(live_through(float(sys.argv[1]))))  # noqa: T201


if __name__ == "__main__":
    main()
