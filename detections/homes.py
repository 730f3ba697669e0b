"""A household as history shows it: who is in it, and what visits can be filtered by."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from detections.models import Pet, Place
from households.models import Household, Member
from streaming.access import logged_in
from streaming.models import Camera


class HomeNotFound(LookupError):
    """There is no such household, or the person does not live there: the same answer for both."""


@dataclass(frozen=True)
class Home:
    """One household of a person, with what belongs to it; each list is one query."""

    household: Household
    role: str
    user_id: int
    others: list[Household]

    @property
    def may_change(self) -> bool:
        """Whether the person may correct, star and delete; everybody may review."""
        return self.role in (Member.Role.OWNER, Member.Role.MEMBER)

    @property
    def is_owner(self) -> bool:
        return self.role == Member.Role.OWNER

    @cached_property
    def cameras(self) -> list[Camera]:
        return list(Camera.objects.filter(household=self.household))

    @cached_property
    def pets(self) -> list[Pet]:
        return list(Pet.objects.filter(household=self.household))

    @cached_property
    def places(self) -> list[Place]:
        places = Place.objects.filter(camera__household=self.household)
        return list(places.exclude(kind=Place.Kind.IGNORE).select_related("camera"))


def home_for(user: AbstractBaseUser | AnonymousUser, household_id: int | None = None) -> Home:
    """That household of `user`, or the first one; raises HomeNotFound."""
    if not user.is_authenticated or not user.is_active:
        raise HomeNotFound
    memberships = list(Member.objects.filter(user=user).select_related("household").order_by("pk"))
    for member in memberships:
        if household_id in (None, member.household_id):
            others = [m.household for m in memberships if m is not member]
            return Home(member.household, member.role, user.pk, others)
    raise HomeNotFound


@dataclass(frozen=True, slots=True)
class HomeGrant:
    """Leave for one login to hear of a household's visits, to be checked again meanwhile."""

    household_id: int
    user_id: int
    session_key: str


def still_at_home(grants: Iterable[HomeGrant]) -> set[HomeGrant]:
    """Those of `grants` that still hold: logged in, active, member. Three queries in all."""
    grants = logged_in(grants)
    members = set(
        Member.objects.filter(
            household__in={grant.household_id for grant in grants},
            user__in={grant.user_id for grant in grants},
        ).values_list("household_id", "user_id")
    )
    return {grant for grant in grants if (grant.household_id, grant.user_id) in members}
