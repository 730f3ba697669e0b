"""Alerts on every page of the portal: what is wrong, and where this person can do something."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from detections.access import User, households_of
from households.models import Household
from recordings.alerts import alerts_for
from recordings.models import Alert
from recordings.retaining import KEPT_MUCH
from recordings.troubles import DISK_FULL
from streaming.media.problems import B_FRAMES

# What members can mend: by deleting clips.
_FULL_OF_CLIPS = frozenset({DISK_FULL.code, KEPT_MUCH})


@dataclass(frozen=True, slots=True)
class Banner:
    """An alert as a page shows it; `url` and `link` are empty where there is nothing to do."""

    alert: Alert
    url: str = ""
    link: str = ""


def banners_for(user: User) -> list[Banner]:
    """What `user` should know now, the newest first. Two queries while all is well."""
    alerts = alerts_for(user)
    if not alerts:
        return []
    owned = set(Household.objects.owned_by(user).values_list("pk", flat=True))
    may_change = bool(households_of(user, to_change=True))
    return [_banner(alert, owned, may_change) for alert in alerts]


def banners(request: HttpRequest) -> dict[str, Callable[[], list[Banner]]]:
    """For templates: `recording_alerts`, looked up only where a page shows them."""
    return {"recording_alerts": lambda: banners_for(request.user)}


def _banner(alert: Alert, owned: set[int], may_change: bool) -> Banner:
    is_owner = alert.camera.household_id in owned if alert.camera else bool(owned)
    if is_owner and alert.camera and alert.code == B_FRAMES.code:
        page = reverse("admin:streaming_camera_change", args=[alert.camera.pk])
        return Banner(alert, page, "Set the camera up")
    if may_change and alert.code in _FULL_OF_CLIPS:
        return Banner(alert, reverse("clips"), "Look through the clips")
    if is_owner:
        return Banner(alert, reverse("admin:recordings_storage_changelist"), "See the storage")
    return Banner(alert)
