"""What `make run` shows of detections: the cat of the demo camera, and where she likes to be."""

from django.db import transaction

from detections import photos
from detections.models import Pet, Place
from detections.pets import save_pet
from detections.places import save_place
from detections.vision.outlines import STEPS, in_steps
from households.demo import demo_household
from households.models import Household
from streaming import demo_home
from streaming.media.demo.photo import PHOTO
from streaming.media.demo.room import HEIGHT_PX, WIDTH_PX
from streaming.models import Camera

NAME = "Miso"
_Kind = Place.Kind
# Name, kind, shortest stay, may be away (s), and corners in the demo camera's picture (px).
_PLACES = (
    (
        "Cushion",
        _Kind.SOFA,
        10,
        10,
        [(160, 608), (235, 580), (385, 580), (462, 608), (462, 640), (385, 672), (235, 672),
         (160, 640)],
    ),
    ("Rug", _Kind.OTHER, 5, 10, [(490, 612), (730, 612), (760, 655), (730, 700), (490, 700)]),
    ("Food bowl", _Kind.FOOD, 3, 10, [(850, 612), (1082, 612), (1082, 700), (850, 700)]),
    ("Water", _Kind.WATER, 2, 15, [(1082, 612), (1186, 612), (1186, 700), (1082, 700)]),
)  # fmt: skip


def seed_demo() -> str:
    """Makes the demo household, its camera, its cat and her places where they are missing.

    Returns the demo user's password.
    """
    with transaction.atomic():
        password = demo_home.seed_demo()
        household, _ = demo_household()
        _move_in(household)
        for camera in household.cameras.filter(source_kind=Camera.SourceKind.DEMO):
            if not camera.places.exists():
                _furnish(camera)
    return password


def _move_in(household: Household) -> None:
    if household.pets.exists():
        return
    with PHOTO.open("rb") as file:
        photo = photos.jpeg_of(file)
    save_pet(Pet(household=household, name=NAME, species=Pet.Species.CAT), photo=photo)


def _furnish(camera: Camera) -> None:
    """She lives alone: whoever is at a place is her."""
    miso = camera.household.pets.filter(name=NAME).first()
    for name, kind, min_stay_s, end_grace_s, corners in _PLACES:
        steps = [in_steps(x / WIDTH_PX, y / HEIGHT_PX) for x, y in corners]
        save_place(
            Place(
                camera=camera,
                name=name,
                kind=kind,
                min_stay_s=min_stay_s,
                end_grace_s=end_grace_s,
                outline=[[x / STEPS, y / STEPS] for x, y in steps],
                pet=miso,
            )
        )
