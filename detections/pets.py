"""What happens to pets: kept with their photos. Their removal is services.remove_pet."""

from functools import partial

from django.db import IntegrityError, transaction

from detections import photos
from detections.models import Pet
from detections.services import remove_pet

MOST_PETS = 50


class NameTaken(ValueError):
    """The household has another pet of this name."""


class TooManyPets(ValueError):
    """A household keeps at most MOST_PETS."""


def save_pet(pet: Pet, *, photo: bytes | None = None, without_photo: bool = False) -> None:
    """Adds or changes the pet; `photo` is a JPEG of photos.jpeg_of and takes the old one's place.

    Raises NameTaken and TooManyPets; then nothing has changed.
    """
    before = pet.photo
    new = photos.keep(photo) if photo else ""
    try:
        with transaction.atomic():
            others = Pet.objects.filter(household=pet.household_id)
            if pet.pk is None and others.count() >= MOST_PETS:
                raise TooManyPets
            if new or without_photo:
                pet.photo = new
            pet.save()
    except IntegrityError:
        photos.drop(new)
        pet.photo = before
        raise NameTaken from None
    except TooManyPets:
        photos.drop(new)
        raise
    if before and before != pet.photo:
        transaction.on_commit(partial(photos.drop, before))


def take_pet_away(pet: Pet) -> None:
    """The pet and its photo go, its visits stay."""
    photo = pet.photo
    remove_pet(pet)
    transaction.on_commit(partial(photos.drop, photo))
