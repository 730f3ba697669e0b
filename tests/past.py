"""A past for the demo household: days of visits with pictures of the demo room, as it was then.

Runs in the portal's own process, which has no browser and no pytest: see tests.e2e.histories.
"""

import uuid
from datetime import timedelta

import numpy as np
from av.video.frame import VideoFrame
from django.db import transaction
from django.utils import timezone

from detections import photos
from detections.models import Unreviewed, Visit
from detections.vision.boxes import Box
from detections.vision.path import pack
from streaming.media.demo.room import HEIGHT_PX, WIDTH_PX
from streaming.media.demo.scene import Scene
from streaming.media.demo.story import CYCLE_S
from streaming.media.jpeg import encode_jpeg
from streaming.media.strip import StripStamp
from streaming.models import Camera
from tests.builders import make_place, make_visit

# Moments of the cat's round (s): on the cushion, with the yarn, on the way, at the bowl.
MOMENTS = (2.0, 14.0, 26.0, 36.0, 46.0)
DAYS = 6


def one_now(**fields: object) -> int:
    """A visit that begins now, told to open pages; its number."""
    camera = _demo_camera()
    now = {"key": f"now-{uuid.uuid4().hex}", "started_at": timezone.now(), "is_open": True}
    return make_visit(camera, **now | fields).pk


def fill() -> int:
    """The past, where there is none yet; the number of a visit with all there is to show."""
    camera = _demo_camera()
    made = Visit.objects.filter(camera=camera, source="past")
    if not made.exists():
        with transaction.atomic():
            _fill(camera, Scene())
    return made.filter(pet__isnull=False).exclude(path=b"").latest("started_at").pk


def _demo_camera() -> Camera:
    return Camera.objects.filter(source_kind=Camera.SourceKind.DEMO).earliest("pk")


def _fill(camera: Camera, scene: Scene) -> None:
    household = camera.household
    pet = household.pets.first() or household.pets.create(name="Miso")
    places = list(camera.places.order_by("name")) or [make_place(camera, name="Water")]
    stills = [_still(scene, second) for second in MOMENTS]
    way = _way(scene)
    now = timezone.now()
    for number in range(DAYS * 9):
        day, turn = divmod(number, 9)
        name, box = stills[turn % len(stills)]
        at = now - timedelta(days=day, minutes=35 + turn * 61)
        visit = make_visit(
            camera,
            source="past",
            key=f"past-{number}",
            pet=None if turn == 4 else pet,
            pet_by="" if turn == 4 else Visit.PetBy.LOOK,
            place=places[turn % len(places)] if turn % 3 else None,
            started_at=at,
            ended_at=at + timedelta(seconds=40 + 47 * turn),
            best_box=list(box),
            best_score=0.97 - 0.04 * turn,
            picture=name,
            is_starred=turn == 1,
        )
        visit.path = pack([(visit.start_90k + t_90k, box) for t_90k, box in way])
        visit.save(update_fields=["path"])
        if day or turn > 3:
            Unreviewed.objects.filter(visit=visit).delete()


def _still(scene: Scene, second: float) -> tuple[str, Box]:
    """The room at noon at that second of the cat's round: a kept picture, and the cat's box."""
    noon = timezone.localtime().replace(hour=12, minute=0, second=0).timestamp()
    unix_s = noon - noon % CYCLE_S + second
    planes = tuple(np.zeros((HEIGHT_PX // part, WIDTH_PX // part), np.uint8) for part in (1, 2, 2))
    scene.draw(planes, StripStamp(1, int(unix_s * 1000), 1), unix_s)
    frame = VideoFrame.from_ndarray(
        np.concatenate([plane.reshape(-1, WIDTH_PX) for plane in planes]), format="yuv420p"
    )
    return photos.keep(encode_jpeg(frame)), _share(scene.state(unix_s).box)


def _way(scene: Scene) -> list[tuple[int, Box]]:
    """Where the cat goes in most of her round, by the time since it began."""
    return [
        (second * 90_000, _share(scene.state(CYCLE_S * 1_000 + second).box)) for second in range(40)
    ]


def _share(box: tuple[int, int, int, int]) -> Box:
    left, top, right, bottom = box
    return Box(
        left / WIDTH_PX,
        top / HEIGHT_PX,
        (right - left) / WIDTH_PX,
        (bottom - top) / HEIGHT_PX,
    )
