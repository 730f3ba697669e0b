"""A month of recordings for the demo household: a row for each minute of each camera, visits with
paths, how much moved, and films with the strip in them for what is looked at.

Runs in the portal's own process, which has no browser and no pytest: see tests.e2e.archives.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import count

from av.video.frame import VideoFrame
from django.utils import timezone

from detections.models import Boot, Motion, Visit
from detections.vision.boxes import Box
from detections.vision.motion_levels import STEPS_AN_HOUR
from detections.vision.path import Trail, pack
from recordings.models import Policy, Segment
from recordings.playback_forms import bounds_of
from recordings.services import save_policy, store
from streaming.media.access_unit import AccessUnit
from streaming.media.annexb import is_keyframe
from streaming.media.demo.camera import BITS_PER_S, FPS, planes_of_frame
from streaming.media.demo.room import HEIGHT_PX, WIDTH_PX
from streaming.media.demo.scene import Scene
from streaming.media.encoder import EncoderConfig, LiveEncoder
from streaming.media.strip import StripStamp, write_strip
from streaming.models import Camera
from tests.builders import make_camera
from tests.e2e.strip_boxes import PETS, marked
from tests.recordings.rows import make_segments, record

STEP_90K = 90_000 // FPS
# Media time of picture 0 of a film, whose boot is its own: long after the machine's start.
FILM_90K = 100 * 3600 * 90_000
FILM_S = 60
VISIT_EVERY = timedelta(minutes=36)
# Half a second after a keyframe, as on average, with what players show before.
VISIT_INTO = timedelta(seconds=21)
VISIT_LASTS = timedelta(seconds=30)
KEEP_DAYS = 400
_HOUR = timedelta(hours=1)
# As the fastest detector of the portal's own: of each third picture.
SEEN_EVERY = 3

_numbers = count(1)


@dataclass(frozen=True)
class Month:
    """What `fill` made of it."""

    cameras: list[Camera]
    boot: Boot
    since: datetime
    until: datetime

    def days(self) -> list[date]:
        """Whole days, the newest first."""
        newest = timezone.localdate(self.until) - timedelta(days=1)
        return [newest - timedelta(days=n) for n in range((self.until - self.since).days)]

    def visited_at(self, day: date) -> list[datetime]:
        """When each visit of a day begins."""
        start, end = bounds_of(day)
        number = (end - start) // VISIT_EVERY
        return [start + n * VISIT_EVERY + VISIT_INTO for n in range(number)]


def fill(*, days: int, cameras: int, looked_at: int) -> dict[str, object]:
    """The month until midnight; what to click on.

    {"segments": how many there are, "slug": of the camera with a whole day of films, "day": that
    day, "here": visits of it, "visits": `looked_at` others all over the month}, a visit as
    {"id", "slug" (its camera's), "at" (ISO)}.
    """
    month = _month(days, cameras)
    film = _minute_of_film()
    first = month.cameras[0]
    places = [(camera, day) for day in month.days()[1:] for camera in month.cameras]
    _visits_everywhere(month)
    _motion_everywhere(month)
    newest = month.days()[0]
    here = [_filmed(film, first, at) for at in month.visited_at(newest)]
    visits = []
    for n in range(looked_at):
        camera, day = places[n * len(places) // looked_at]
        times = month.visited_at(day)
        visits.append(_filmed(film, camera, times[1 + 7 * n % (len(times) - 1)]))
    return {
        "segments": Segment.objects.count(),
        "slug": first.slug,
        "day": newest.isoformat(),
        "here": here,
        "visits": visits,
    }


def _month(days: int, cameras: int) -> Month:
    """Its cameras, which are off, and their segments without files."""
    demo = Camera.objects.filter(source_kind=Camera.SourceKind.DEMO).earliest("pk")
    made = [
        make_camera(demo.household, name=f"Room {n}", slug=f"room-{n}", is_enabled=False)
        for n in range(1, cameras + 1)
    ]
    for camera in made:
        save_policy(Policy(camera=camera, mode=Policy.Mode.OFF, keep_days=KEEP_DAYS))
    until, _ = bounds_of(timezone.localdate())
    since = until - timedelta(days=days)
    boot = Boot.objects.create(name="archive", zero_at=since - timedelta(days=1))
    make_segments(made, boot, since=since, until=until)
    return Month(made, boot, since, until)


def _visits_everywhere(month: Month) -> None:
    path = _path(0, VISIT_LASTS // timedelta(seconds=1) * FPS)
    rows = (
        _visit_row(camera, month.boot, at, path)
        for camera in month.cameras
        for day in month.days()
        for at in month.visited_at(day)
    )
    Visit.objects.bulk_create(rows, batch_size=500)


def _motion_everywhere(month: Month) -> None:
    """Something moves in every second step."""
    first, end = ((at - month.boot.zero_at) // _HOUR for at in (month.since, month.until))
    Motion.objects.bulk_create(
        (
            Motion(
                camera=camera,
                boot=month.boot,
                hour=hour,
                started_at=month.boot.zero_at + hour * _HOUR,
                levels=bytes(1 + step % 2 * (step + hour) % 255 for step in range(STEPS_AN_HOUR)),
            )
            for camera in month.cameras
            for hour in range(first, end)
        ),
        batch_size=500,
    )


def _visit_row(
    camera: Camera, boot: Boot, at: datetime, path: Sequence[tuple[int, Box]], **told: object
) -> Visit:
    """`path` counts from the visit's beginning."""
    start_90k = round((at - boot.zero_at).total_seconds() * 90_000)
    return Visit(
        household_id=camera.household_id,
        camera=camera,
        key=f"archive-{next(_numbers)}",
        boot=boot,
        source="archive",
        label="cat",
        started_at=at,
        ended_at=at + VISIT_LASTS,
        start_90k=start_90k,
        end_90k=start_90k + VISIT_LASTS // timedelta(seconds=1) * 90_000,
        best_90k=start_90k,
        best_score=0.9,
        best_box=[0.25, 0.5, 0.2, 0.3],
        path=pack([(start_90k + t_90k, box) for t_90k, box in path]),
        **told,
    )


def _path(first: int, end: int, *, every: int = SEEN_EVERY) -> list[tuple[int, Box]]:
    """The way of the box that belongs to the pictures of these numbers, counted from the first."""
    trail = Trail()
    for number in range(first, end):
        if number % every == 0:
            trail.add((number - first) * STEP_90K, marked(number).box)
    return trail.points


# Films


def film(
    first: int, end: int, *, width: int = WIDTH_PX, height: int = HEIGHT_PX
) -> list[AccessUnit]:
    """The pictures of these numbers, 30 a second: the demo camera's room, or where the size is
    another one, a bare wall; the strip in each tells its number."""
    return list(_units(first, end, width, height))


def _units(first: int, end: int, width: int, height: int) -> Iterator[AccessUnit]:
    scene = _scene() if (width, height) == (WIDTH_PX, HEIGHT_PX) else None
    encoder = LiveEncoder(EncoderConfig(width, height, FPS, BITS_PER_S))
    picture = VideoFrame(width, height, "yuv420p")
    planes = planes_of_frame(picture)
    for plane, level in zip(planes, (90, 128, 128), strict=True):
        plane[:] = level
    noon = timezone.localtime().replace(hour=12, minute=0, second=0).timestamp()
    for number in range(first, end):
        unix_s = noon + number / FPS
        stamp = StripStamp(number, round(unix_s * 1000), 1)
        if scene:
            scene.draw(planes, stamp, unix_s)
        else:
            write_strip(planes[0], stamp)
        pts = FILM_90K + number * STEP_90K
        data = encoder.encode(picture, pts)
        capture_ns = pts * 100_000 // 9
        yield AccessUnit(data, capture_ns, pts, is_keyframe(data), width, height, 0, number)


@cache
def _scene() -> Scene:
    return Scene()


def boot_with(number: int, at: datetime) -> Boot:
    """A boot of which picture `number` of a film was taken at this moment."""
    zero_at = at - timedelta(seconds=(FILM_90K + number * STEP_90K) / 90_000)
    return Boot.objects.create(name=f"film {next(_numbers)}", zero_at=zero_at)


def _minute_of_film() -> Segment:
    """A minute long ago, whose file is that of all others."""
    demo = Camera.objects.filter(source_kind=Camera.SourceKind.DEMO).earliest("pk")
    attic = make_camera(demo.household, name="Film", slug="film", is_enabled=False)
    save_policy(Policy(camera=attic, mode=Policy.Mode.OFF, keep_days=KEEP_DAYS))
    boot = boot_with(0, timezone.now() - timedelta(days=40))
    return record(attic, boot, film(0, FILM_S * FPS))


def _filmed(whole: Segment, camera: Camera, at: datetime) -> dict[str, object]:
    """Let there be a film at this visit, and the visit have the boxes of the film's pictures."""
    boot = boot_with(0, at - VISIT_INTO)
    row = Segment.objects.get(camera=camera, started_at=at - VISIT_INTO)
    source = store().segment(whole.folder, whole.uuid)
    os.link(source, store().camera_folder(camera.pk) / f"{row.uuid}.mp4")
    kept = ("uuid", "camera", "folder", "started_at", "ended_at")
    names = [field.attname for field in Segment._meta.concrete_fields if field.name not in kept]
    for name in names:
        setattr(row, name, getattr(whole, name))
    row.boot = boot
    row.save()
    Visit.objects.filter(camera=camera, started_at=at).delete()
    first = VISIT_INTO // timedelta(seconds=1) * FPS
    length = VISIT_LASTS // timedelta(seconds=1) * FPS
    visit = _visit_row(camera, boot, at, _path(first, first + length))
    visit.save()
    return {
        "id": visit.pk,
        "at": at.isoformat(),
        "slug": camera.slug,
    }


# Scenes of one camera


@dataclass(frozen=True)
class Take:
    """Pictures `first` to `end` of a film, as a segment of their own."""

    first: int
    end: int
    width: int = WIDTH_PX
    height: int = HEIGHT_PX
    # Of another start of the machine: media time does not go on from the take before.
    is_rebooted: bool = False


def shoot(
    slug: str,
    takes: list[dict[str, object]],
    *,
    every: int = SEEN_EVERY,
    before_midnight_s: float = 12 * 3600,
) -> dict[str, object]:
    """A camera with these takes (fields of Take), one after the other by their numbers, and with a
    visit that lasts as long as each boot; from so long before the last midnight on. {"slug", "at"
    (ISO, of picture 0)}."""
    demo = Camera.objects.filter(source_kind=Camera.SourceKind.DEMO).earliest("pk")
    camera = make_camera(demo.household, name=slug.title(), slug=slug, is_enabled=False)
    save_policy(Policy(camera=camera, mode=Policy.Mode.OFF, keep_days=KEEP_DAYS))
    midnight, _ = bounds_of(timezone.localdate())
    began = midnight - timedelta(seconds=before_midnight_s)
    # Of the colour that is looked for in pictures.
    pet, _ = demo.household.pets.get_or_create(**PETS[1])
    boot, by_boot = boot_with(0, began), {}
    for told in takes:
        take = Take(**told)
        if take.is_rebooted:
            boot = boot_with(0, began)
        _shoot(camera, boot, take)
        by_boot.setdefault(boot, []).append(take)
    for boot, its in by_boot.items():
        first, end = its[0].first, its[-1].end
        at = began + timedelta(seconds=first / FPS)
        visit = _visit_row(camera, boot, at, _path(first, end, every=every), pet=pet)
        visit.end_90k = visit.start_90k + (end - first) * STEP_90K
        visit.ended_at = at + timedelta(seconds=(end - first) / FPS)
        visit.save()
    return {"slug": slug, "at": began.isoformat()}


def _shoot(camera: Camera, boot: Boot, take: Take) -> None:
    units = film(take.first, take.end, width=take.width, height=take.height)
    record(camera, boot, units)
