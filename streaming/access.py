"""Who may see which camera: lookup and permission in one step, for pages, sockets and streams."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Protocol, TypeVar

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.sessions.models import Session
from django.utils import timezone

from streaming.models import Camera


class CameraNotFound(LookupError):
    """There is no such camera, or it is not this person's: the same answer for both."""


def camera_for(user: AbstractBaseUser | AnonymousUser, slug: str) -> Camera:
    """The camera that `user` may watch; raises CameraNotFound."""
    try:
        return Camera.objects.watchable_by(user).select_related("household").get(slug=slug)
    except Camera.DoesNotExist:
        raise CameraNotFound from None


def camera_to_set_up(user: AbstractBaseUser | AnonymousUser, slug: str) -> Camera:
    """The camera, for an owner of its household; raises CameraNotFound for everybody else."""
    try:
        return Camera.objects.owned_by(user).select_related("household").get(slug=slug)
    except Camera.DoesNotExist:
        raise CameraNotFound from None


class LoginOf(Protocol):
    """Leave that somebody has as long as a login lasts."""

    @property
    def user_id(self) -> int: ...
    @property
    def session_key(self) -> str: ...


LoginGrant = TypeVar("LoginGrant", bound=LoginOf)


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave for one login to watch one camera, to be checked again while it is used."""

    camera_id: int
    user_id: int
    session_key: str

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def grant_for(user: AbstractBaseUser, session_key: str, camera: Camera) -> Grant:
    """The grant of somebody who has just passed `camera_for`."""
    return Grant(camera_id=camera.pk, user_id=user.pk, session_key=session_key)


def still_granted(grants: Iterable[Grant], *, even_disabled: bool = False) -> set[Grant]:
    """Those of `grants` that still hold: logged in, active, member, camera there and enabled.

    `even_disabled`: a camera that is switched off sends nothing, but its page may stay open.
    Three queries, however many grants. Ends with the session's expiry and with a changed
    password, as Django's own middleware does.
    """
    grants = logged_in(grants)
    cameras = Camera.objects.filter(
        pk__in={grant.camera_id for grant in grants},
        household__members__user__in={grant.user_id for grant in grants},
    )
    if not even_disabled:
        cameras = cameras.filter(is_enabled=True)
    watchable = set(cameras.values_list("pk", "household__members__user"))
    return {grant for grant in grants if (grant.camera_id, grant.user_id) in watchable}


def logged_in(grants: Iterable[LoginGrant]) -> set[LoginGrant]:
    """Those of `grants` whose login still holds. Two queries, however many grants."""
    grants = set(grants)
    users = {
        user.pk: user
        for user in get_user_model().objects.filter(
            pk__in={grant.user_id for grant in grants}, is_active=True
        )
    }
    sessions = {
        session.session_key: session.get_decoded()
        for session in Session.objects.filter(
            session_key__in={grant.session_key for grant in grants},
            expire_date__gt=timezone.now(),
        )
    }
    return {
        grant
        for grant in grants
        if grant.user_id in users
        and _is_login_of(users[grant.user_id], sessions.get(grant.session_key))
    }


def _is_login_of(user: AbstractBaseUser, session: dict[str, object] | None) -> bool:
    return (
        session is not None
        and session.get(SESSION_KEY) == str(user.pk)
        and session.get(HASH_SESSION_KEY) == user.get_session_auth_hash()
    )
