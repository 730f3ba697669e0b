"""The people of every test: alice owns, bob is a member, vera watches, mallory has no right."""

from types import SimpleNamespace

from django.contrib.auth.models import User

from households.models import Household, Member
from households.services import add_member, create_household, create_person

PASSWORD = "correct horse battery"


class Cast(SimpleNamespace):
    """Two households: `home` of alice, bob and vera, and `elsewhere` of mallory; root runs the box.

    root is superuser and lives nowhere.
    """

    home: Household
    elsewhere: Household
    alice: User
    bob: User
    vera: User
    mallory: User
    root: User


def make_cast() -> Cast:
    """Everybody with PASSWORD."""
    people = {name: create_person(name, PASSWORD) for name in ("alice", "bob", "vera", "mallory")}
    cast = Cast(**people, root=create_person("root", PASSWORD, is_superuser=True))
    cast.home = create_household("Maple Street", owner=cast.alice)
    cast.elsewhere = create_household("Elsewhere", owner=cast.mallory)
    add_member(cast.home, cast.bob, role=Member.Role.MEMBER)
    add_member(cast.home, cast.vera, role=Member.Role.VIEWER)
    return cast
