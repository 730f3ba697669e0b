"""Rows for tests, with whatever matters to the test given by name."""

from datetime import datetime, timedelta
from itertools import count

from django.utils import timezone

from detections import news
from detections.counts import CountChanges
from detections.models import Pet, Place, Unreviewed, Visit
from households.models import Household
from streaming.models import Camera
from streaming.services import save_camera

_numbers = count(1)


def make_camera(household: Household, **overrides: object) -> Camera:
    """A demo camera of the household."""
    fields = {"name": f"Camera {next(_numbers)}", "source_kind": Camera.SourceKind.DEMO} | overrides
    camera = Camera(household=household, **fields)
    save_camera(camera)
    return camera


def make_pet(household: Household, **overrides: object) -> Pet:
    """A cat of the household."""
    return Pet.objects.create(household=household, **{"name": f"Pet {next(_numbers)}"} | overrides)


def make_place(camera: Camera, **overrides: object) -> Place:
    """A water bowl at the lower left."""
    outline = [[0.1, 0.6], [0.4, 0.6], [0.4, 0.9], [0.1, 0.9]]
    fields = {"name": f"Water {next(_numbers)}", "kind": Place.Kind.WATER, "outline": outline}
    return Place.objects.create(camera=camera, **fields | overrides)


def make_visit(camera: Camera, **overrides: object) -> Visit:
    """A cat's minute, an hour ago, counted, told, and new to everybody of the household."""
    started_at = overrides.pop("started_at", None) or timezone.now() - timedelta(hours=1)
    assert isinstance(started_at, datetime)
    number = next(_numbers)
    fields = {
        "key": f"made-{number}",
        "source": "test",
        "label": "cat",
        "ended_at": started_at + timedelta(minutes=1),
        "start_90k": number * 10_000_000,
        "end_90k": number * 10_000_000 + 60 * 90_000,
        "best_90k": number * 10_000_000 + 30 * 90_000,
        "best_score": 0.9,
        "best_box": [0.25, 0.5, 0.2, 0.3],
    }
    visit = Visit.objects.create(
        household_id=camera.household_id,
        camera=camera,
        started_at=started_at,
        **fields | overrides,
    )
    counts = CountChanges()
    counts.becomes(visit)
    counts.write()
    Unreviewed.objects.bulk_create(
        Unreviewed(visit=visit, user_id=user, started_at=started_at)
        for user in visit.household.members.values_list("user", flat=True)
    )
    news.visits_changed([visit], is_new=True)
    return visit
