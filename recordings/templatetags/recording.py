"""Pieces of recordings on other pages."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from urllib.parse import urlencode

from django import template
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone

from detections.access import User, households_of
from detections.models import Visit
from recordings.access import segments_between
from recordings.clips import coming_of
from streaming.models import Camera

register = template.Library()

# A visit is shown from a little before it began.
BEFORE = timedelta(seconds=1.5)


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


@register.simple_tag
def watch_url(visit: Visit) -> str:
    """Where what was recorded of the visit is played; "" when nothing was. One query."""
    return watch_urls([visit]).get(visit.pk, "")


@register.simple_tag
def watch_urls(visits: Iterable[Visit]) -> dict[int, str]:
    """The same of many, by the visits' numbers: those that were recorded. One query."""
    of_visit = segments_between(OuterRef("camera"), OuterRef("started_at"), OuterRef("ended_at"))
    by_pk = {visit.pk: visit for visit in visits}
    recorded = Visit.objects.filter(Exists(of_visit), pk__in=by_pk).order_by()
    return {pk: _watch_url(by_pk[pk]) for pk in recorded.values_list("pk", flat=True)}


@register.filter
def of_visit(urls: Mapping[int, str], visit: Visit) -> str:
    """The visit's one of `watch_urls`; "" for none."""
    return urls.get(visit.pk, "")


def _watch_url(visit: Visit) -> str:
    at = (visit.started_at - BEFORE).isoformat(timespec="milliseconds")
    return f"{reverse('recordings', args=[visit.camera.slug])}?{urlencode({'at': at})}"
