"""Whose visit it is: by the place, or by looks where they are sure. A person's word stays."""

from functools import cached_property

from detections.models import Place, Visit
from streaming.models import Camera


class Whose:
    """Of one camera's visits; what it knows is read once."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera

    @cached_property
    def _pets_by_place(self) -> dict[int, int]:
        places = Place.objects.filter(camera=self._camera, pet__isnull=False)
        return dict(places.values_list("pk", "pet_id"))

    def tell(self, visit: Visit, *, has_new_look: bool) -> None:
        """Sets the visit's pet, where it can be told and no person has."""
        if visit.pet_by == Visit.PetBy.HAND or visit.label == "person":
            return
        pet_id = self._pets_by_place.get(visit.place_id or 0)
        if pet_id is not None:
            visit.pet_id, visit.pet_by = pet_id, Visit.PetBy.PLACE
