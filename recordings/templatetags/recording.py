"""Pieces of recordings on other pages."""

from django import template
from django.utils import timezone

from detections.access import User, households_of
from recordings.clips import coming_of
from streaming.models import Camera

register = template.Library()


@register.inclusion_tag("recordings/_record.html", takes_context=True)
def record_button(context: template.Context, camera: Camera) -> dict[str, object]:
    """Records the camera by hand, for whoever may make clips; shows what is being recorded so."""
    user: User = context["user"]
    return {
        "csrf_token": context["csrf_token"],
        "camera": camera,
        "may_record": camera.household_id in households_of(user, to_change=True),
        "coming": coming_of(camera, timezone.now()),
    }
