"""What happens to households and their people. News of changed rights: households.news."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction

from households.models import Household, Member


class LastOwner(Exception):
    """A household would be left without an owner."""

    def __init__(self, household: Household) -> None:
        super().__init__(
            f"This is the last owner of {household}. Make somebody else an owner first."
        )


class NameTaken(Exception):
    """There is a person with this user name, perhaps written with other capitals."""


def create_household(name: str, *, owner: User) -> Household:
    """A household with its first owner."""
    with transaction.atomic():
        household = Household.objects.create(name=name)
        add_member(household, owner, role=Member.Role.OWNER)
    return household


def create_person(username: str, password: str, *, is_superuser: bool = False) -> User:
    """An account that may log in and sees nothing yet; raises NameTaken.

    Logging in does not mind capitals, so neither do names.
    """
    users = get_user_model().objects
    with transaction.atomic():
        if users.filter(username__iexact=username).exists():
            raise NameTaken
        return users.create_user(
            username, password=password, is_superuser=is_superuser, is_staff=is_superuser
        )


def add_member(household: Household, user: User, *, role: str) -> Member:
    """Give `user` a place in the household."""
    with transaction.atomic():
        member = Member.objects.create(household=household, user=user, role=role)
        _let_owners_into_the_admin(user)
    return member


def change_role(member: Member, role: str) -> None:
    """Raises LastOwner; takes effect on running pictures within 2 s."""
    with transaction.atomic():
        if role != Member.Role.OWNER:
            _keep_an_owner(member)
        member.role = role
        member.save(update_fields=["role"])
        _let_owners_into_the_admin(member.user)


def remove_member(member: Member) -> None:
    """Take the person out of the household, and the account away with its last household.

    Raises LastOwner. A superuser's account stays.
    """
    user = member.user
    with transaction.atomic():
        _keep_an_owner(member)
        member.delete()
        if user.is_superuser or user.memberships.exists():
            _let_owners_into_the_admin(user)
        else:
            user.delete()


def change_account(user: User, *, password: str = "", is_active: bool = True) -> None:
    """Set what is given; a new password or a closed account ends every session of `user`."""
    if password:
        user.set_password(password)
    user.is_active = is_active
    user.save()


def may_manage_account(actor: User, user: User) -> bool:
    """May `actor` set the password of `user`? Only when that opens nothing that is not theirs.

    An owner may for people who live in the owner's households alone and who are no superuser.
    """
    if actor.is_superuser:
        return True
    if user.is_superuser:
        return False
    owned = Household.objects.owned_by(actor)
    return (
        user.memberships.filter(household__in=owned).exists()
        and not user.memberships.exclude(household__in=owned).exists()
    )


def leaves_without_owner(members: list[Member]) -> list[Household]:
    """The households that would have no owner any more without `members`."""
    going = {member.pk for member in members}
    households = {member.household for member in members if member.role == Member.Role.OWNER}
    return [
        household
        for household in households
        if not household.members.filter(role=Member.Role.OWNER).exclude(pk__in=going).exists()
    ]


def _keep_an_owner(member: Member) -> None:
    # Two owners removing each other at once wait for one another here.
    household = Household.objects.select_for_update().get(pk=member.household_id)
    member.refresh_from_db(fields=["role"])
    if leaves_without_owner([member]):
        raise LastOwner(household)


def _let_owners_into_the_admin(user: User) -> None:
    is_staff = user.is_superuser or user.memberships.filter(role=Member.Role.OWNER).exists()
    if user.is_staff != is_staff:
        user.is_staff = is_staff
        user.save(update_fields=["is_staff"])
