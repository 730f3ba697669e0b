"""What a camera recorded, what moved and who was there in a stretch of time, as players ask for it.

Each list is one query, however much there is. Times are Unix ms (`_ms`) or media time (`_90k`).
"""

from base64 import b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import BigIntegerField, CharField, Func, QuerySet
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone

from detections.models import Visit
from detections.motion import STEP, motion_between
from detections.vision.path import PathPoint, unpack
from recordings.access import segments_between
from recordings.models import Segment
from streaming.media.clock import VIDEO_CLOCK_RATE
from streaming.models import Camera

# A visit that began earlier is over, as far as anybody needs to know.
LONGEST_VISIT = timedelta(days=1)
MOST_VISITS = 2000
MOST_POINTS = 20_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Of one camera, from `since` up to `until`."""

    camera: Camera
    since: datetime
    until: datetime


# A day has 1440 segments: they are told without names and without what can be reckoned.
Told = tuple[str, int, int, int, int, bool]


def segments_told(stretch: Stretch) -> list[Told]:
    """The segments for timeline.json: id, boot, start_90k, end_90k, start_ms, and whether it is
    growing. One query."""
    return told(segments_between(stretch.camera, stretch.since, stretch.until))


def told(segments: QuerySet[Segment]) -> list[Told]:
    """These segments, as in timeline.json."""
    # Neither ids nor moments are made for each row: that takes longer than all the rest.
    uuid, start_ms = Cast("uuid", CharField()), _UnixMs("started_at")
    rows = segments.values_list(uuid, "boot", "start_90k", "end_90k", start_ms, "state")
    return [
        (_spelt(uuid), boot, start_90k, end_90k, start_ms, state == Segment.State.WRITING)
        for uuid, boot, start_90k, end_90k, start_ms, state in rows
    ]


def _spelt(uuid: str) -> str:
    """An id as addresses have it; SQLite keeps it without dashes."""
    if "-" in uuid:
        return uuid
    return f"{uuid[:8]}-{uuid[8:12]}-{uuid[12:16]}-{uuid[16:20]}-{uuid[20:]}"


class _UnixMs(Func):
    """`unix_ms` by the database."""

    output_field = BigIntegerField()

    def as_sqlite(self, compiler: object, connection: object, **how: object) -> tuple:
        # Days since noon of 4714 BC, exact to the millisecond.
        days = "CAST(ROUND((JULIANDAY(%(expressions)s) - 2440587.5) * 86400000) AS INTEGER)"
        return self.as_sql(compiler, connection, template=days, **how)

    def as_postgresql(self, compiler: object, connection: object, **how: object) -> tuple:
        seconds = "FLOOR(EXTRACT(EPOCH FROM %(expressions)s) * 1000)::BIGINT"
        return self.as_sql(compiler, connection, template=seconds, **how)


def visits_told(stretch: Stretch) -> list[dict[str, object]]:
    """The visits for timeline.json, at most the newest MOST_VISITS of them. One query."""
    visits = _visits_in(stretch).select_related("pet", "place").defer("path", "look")
    newest = list(visits.order_by("-started_at", "-pk")[:MOST_VISITS])
    return [
        {
            "id": visit.pk,
            "start_ms": unix_ms(visit.started_at),
            "end_ms": unix_ms(visit.ended_at),
            "is_open": visit.is_open,
            "label": visit.label,
            "name": visit.pet.name if visit.pet else "",
            "colour": visit.pet.colour if visit.pet else "",
            "place": visit.place.name if visit.place else "",
            "url": reverse("visit", args=[visit.pk]),
            "is_starred": visit.is_starred,
        }
        for visit in reversed(newest)
    ]


def motion_told(stretch: Stretch) -> dict[str, object]:
    """How much moved, for timeline.json: a byte for each step, 11 kB (base64) for a whole day. One
    query."""
    start, levels = motion_between(stretch.camera, stretch.since, stretch.until)
    return {
        "start_ms": unix_ms(start),
        "step_ms": STEP // _MS,
        "levels": b64encode(levels).decode(),
    }


def paths_told(stretch: Stretch, *, most_points: int = MOST_POINTS) -> list[dict[str, object]]:
    """The ways of all visits for boxes.json: their points in the stretch, and one on either side.

    At most `most_points` in all: of more, each so manieth. A visit to a place has the way of the
    one to the whole picture, so only those count. One query.
    """
    visits = _visits_in(stretch).filter(place=None).exclude(path=b"").select_related("pet")
    newest = list(visits.order_by("-started_at", "-pk")[:MOST_VISITS])
    most = max(most_points // max(len(newest), 1), 2)
    told = []
    for visit in reversed(newest):
        points = _spread(_points_in(visit, stretch), most)
        told.append(
            {
                "visit": visit.pk,
                "boot": visit.boot_id,
                "label": visit.label,
                "score": round(visit.best_score, 2),
                "pet": visit.pet and {"name": visit.pet.name, "colour": visit.pet.colour},
                "points": [[t_90k, *(round(side, 4) for side in box)] for t_90k, box in points],
            }
        )
    return told


@dataclass(frozen=True, slots=True)
class Days:
    """The nearest days with recordings on either side; None where there are none."""

    before: date | None
    after: date | None


def days_beside(camera: Camera, start: datetime, end: datetime) -> Days:
    """Around the day from `start` to `end`. Two queries, each along the index."""
    segments = Segment.objects.filter(camera=camera, state__in=Segment.PLAYABLE)
    starts = segments.values_list("started_at", flat=True)
    before = starts.filter(started_at__lt=start).order_by("-started_at").first()
    after = starts.filter(started_at__gte=end).order_by("started_at").first()
    return Days(before and timezone.localdate(before), after and timezone.localdate(after))


def media_time_in(segment: Segment, at: datetime) -> int:
    """The media time of a moment, by the clock as it was when the segment began."""
    return segment.start_90k + _90k(at - segment.started_at)


def wall_time_in(segment: Segment, t_90k: int) -> datetime:
    """The moment of a media time, by the same clock."""
    return segment.started_at + timedelta(seconds=(t_90k - segment.start_90k) / VIDEO_CLOCK_RATE)


def unix_ms(at: datetime) -> int:
    return (at - _EPOCH) // _MS


def _visits_in(stretch: Stretch) -> QuerySet[Visit]:
    return Visit.objects.filter(
        camera=stretch.camera,
        is_refuted=False,
        started_at__lt=stretch.until,
        started_at__gt=stretch.since - LONGEST_VISIT,
        ended_at__gt=stretch.since,
    )


def _points_in(visit: Visit, stretch: Stretch) -> Sequence[PathPoint]:
    points = unpack(bytes(visit.path))
    first_90k, end_90k = (
        visit.start_90k + _90k(at - visit.started_at) for at in (stretch.since, stretch.until)
    )
    first = bisect_right(points, first_90k, key=lambda point: point[0]) - 1
    end = bisect_left(points, end_90k, key=lambda point: point[0])
    return points[max(first, 0) : end + 1]


def _spread(points: Sequence[PathPoint], most: int) -> list[PathPoint]:
    """At most `most` (2 at least), the first and the last among them."""
    if len(points) <= most:
        return list(points)
    return [points[round(n * (len(points) - 1) / (most - 1))] for n in range(most)]


def _90k(length: timedelta) -> int:
    return round(length.total_seconds() * VIDEO_CLOCK_RATE)
