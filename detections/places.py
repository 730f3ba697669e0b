"""Changing a camera's places, and what each kind of place starts with."""

from typing import NamedTuple

from django.db import IntegrityError, transaction

from detections.models import Place, Visit
from detections.services import remove_place
from detections.vision.path import unpack
from detections.vision.places import Point, foot_of
from streaming.models import Camera
from streaming.services import announce_camera

MOST_PLACES = 40
MOST_VISITS = 30
MOST_POINTS = 400


class NameTaken(ValueError):
    """The camera has another place of this name."""


class Habit(NamedTuple):
    """What a new place of a kind is called, and how long a visit to it lasts at least."""

    name: str
    min_stay_s: float
    end_grace_s: float


_Kind = Place.Kind
HABITS: dict[str, Habit] = {
    _Kind.FOOD: Habit("Food bowl", 3, 20),
    _Kind.WATER: Habit("Water", 2, 15),
    _Kind.LITTER: Habit("Litter box", 10, 30),
    _Kind.DOOR: Habit("Door", 1, 10),
    _Kind.SOFA: Habit("Sofa", 30, 120),
    _Kind.OTHER: Habit("Place", 5, 20),
    _Kind.IGNORE: Habit("Not looked at", 0, 0),
}


def free_name(camera: Camera, kind: str) -> str:
    """The kind's usual name, with a number when the camera has one already."""
    stem = HABITS[kind].name
    taken = {name.casefold() for name in camera.places.values_list("name", flat=True)}
    names = [stem, *(f"{stem} {number}" for number in range(2, len(taken) + 2))]
    return next(name for name in names if name.casefold() not in taken)


def save_place(place: Place) -> None:
    """Adds or changes the place; what is seen from now on counts by it. Raises NameTaken."""
    with transaction.atomic():
        try:
            with transaction.atomic():
                place.save()
        except IntegrityError:
            raise NameTaken from None
        announce_camera(place.camera_id)


def take_place_away(place: Place) -> None:
    """The place goes with the visits at it; those of the whole picture stay."""
    remove_place(place)
    announce_camera(place.camera_id)


def lately_at(camera: Camera) -> list[Point]:
    """Where somebody stood in the camera's newest visits, at most MOST_POINTS of the points.

    Evenly taken of all of them, as shares of the picture: where a place would count.
    """
    visits = Visit.objects.filter(camera=camera, place=None, is_refuted=False)
    paths = visits.values_list("path", flat=True)[:MOST_VISITS]
    feet = [foot_of(box) for path in paths for _, box in unpack(path)]
    every = max(1, -(-len(feet) // MOST_POINTS))
    return [(round(x, 4), round(y, 4)) for x, y in feet[::every]]
