"""Whose visits, pets and places: lookup and permission in one step.

Everybody of a household sees them. Members and owners correct visits and keep pets; owners draw
places. What is missing is answered like what is somebody else's.
"""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import QuerySet

from detections.models import Pet, Place, Visit
from households.models import Household, Member

User = AbstractBaseUser | AnonymousUser

_WHO_CORRECTS = (Member.Role.OWNER, Member.Role.MEMBER)


class VisitNotFound(LookupError):
    """There is no such visit, or this person may not do that with it."""


class PetNotFound(LookupError):
    """There is no such pet, or this person may not do that with it."""


class PlaceNotFound(LookupError):
    """There is no such place, or this person may not do that with it."""


def households_of(user: User, *, to_change: bool = False) -> list[int]:
    """The households whose visits `user` may see; with `to_change`, correct. One query."""
    if not user.is_authenticated or not user.is_active:
        return []
    members = Member.objects.filter(user=user)
    if to_change:
        members = members.filter(role__in=_WHO_CORRECTS)
    return list(members.order_by("household_id").values_list("household_id", flat=True))


def visits_for(user: User, *, to_change: bool = False) -> QuerySet[Visit]:
    """All visits that `user` may see (or correct), refuted ones too.

    Of one household by equality, so that an index gives them in order.
    """
    return _of(households_of(user, to_change=to_change), Visit.objects.all())


def visit_for(user: User, pk: int, *, to_change: bool = False) -> Visit:
    """The visit; raises VisitNotFound."""
    visits = visits_for(user, to_change=to_change)
    try:
        return visits.select_related("camera", "household", "pet", "place").get(pk=pk)
    except Visit.DoesNotExist:
        raise VisitNotFound from None


def pets_for(user: User, *, to_change: bool = False) -> QuerySet[Pet]:
    """The pets that `user` lives with."""
    return _of(households_of(user, to_change=to_change), Pet.objects.all())


def pet_for(user: User, pk: int, *, to_change: bool = False) -> Pet:
    """The pet; raises PetNotFound."""
    try:
        return pets_for(user, to_change=to_change).select_related("household").get(pk=pk)
    except Pet.DoesNotExist:
        raise PetNotFound from None


def places_for(user: User, *, to_change: bool = False) -> QuerySet[Place]:
    """The places of the cameras that `user` may watch; with `to_change`, set up."""
    if to_change:
        return Place.objects.filter(camera__household__in=Household.objects.owned_by(user))
    return Place.objects.filter(camera__household__in=households_of(user))


def place_for(user: User, pk: int, *, to_change: bool = False) -> Place:
    """The place; raises PlaceNotFound."""
    try:
        return places_for(user, to_change=to_change).select_related("camera", "pet").get(pk=pk)
    except Place.DoesNotExist:
        raise PlaceNotFound from None


def _of(households: list[int], rows: QuerySet) -> QuerySet:
    if len(households) == 1:
        return rows.filter(household=households[0])
    return rows.filter(household__in=households)
