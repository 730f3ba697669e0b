"""Whose visit it is: by the place, or by looks where they are sure. A person's word stays."""

from functools import cached_property

import numpy as np

from detections.models import Look, Pet, Place, Visit
from detections.vision.appearance import KnownLook, best_match
from detections.vision.boxes import Box, overlap
from detections.vision.tracker import kind_of
from streaming.models import Camera

# What a person refuted is refuted again where it stood, if it looks the same.
_SAME_SPOT = 0.6


class Whose:
    """Of one camera's visits; what it knows is read once."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera

    @cached_property
    def _pets_by_place(self) -> dict[int, int]:
        places = Place.objects.filter(camera=self._camera, pet__isnull=False)
        return dict(places.values_list("pk", "pet_id"))

    @cached_property
    def _looks(self) -> list[tuple[str, KnownLook]]:
        """By species of the pet, empty for what is none."""
        looks = Look.objects.filter(household_id=self._camera.household_id).order_by("pk")
        rows = looks.values_list("pet__species", "pet_id", "vector", "is_counterexample")
        return [
            (species or "", KnownLook(pet_id, np.frombuffer(vector, np.float32), is_counter))
            for species, pet_id, vector, is_counter in rows
        ]

    @cached_property
    def _refuted_boxes(self) -> list[Box]:
        looks = Look.objects.filter(pet=None, visit__camera=self._camera, visit__is_refuted=True)
        return [Box(*box) for box in looks.values_list("visit__best_box", flat=True)]

    def tell(self, visit: Visit, *, has_new_look: bool) -> None:
        """Sets the visit's pet where it can be told and no person has; refutes what a person
        refuted before on the same spot, unless the visit is known already."""
        if visit.pet_by == Visit.PetBy.HAND or visit.label == "person":
            return
        pet_id = self._pets_by_place.get(visit.place_id or 0)
        if pet_id is not None:
            visit.pet_id, visit.pet_by = pet_id, Visit.PetBy.PLACE
        elif has_new_look:
            self._by_look(visit)

    def _by_look(self, visit: Visit) -> None:
        look = np.frombuffer(visit.look, np.float32)
        if not look.any():
            return
        match = best_match(look, [one for kind, one in self._looks if _may_be(visit.label, kind)])
        if match is None:
            return
        if match.pet_id is not None:
            visit.pet_id, visit.pet_by = match.pet_id, Visit.PetBy.LOOK
        elif visit.pk is None:
            spot = Box(*visit.best_box)
            visit.is_refuted = any(overlap(spot, box) >= _SAME_SPOT for box in self._refuted_boxes)


def _may_be(label: str, species: str) -> bool:
    return species in ("", Pet.Species.OTHER) or kind_of(label) == kind_of(species)
