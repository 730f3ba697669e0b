"""Whose recordings and clips: lookup and permission in one step.

Everybody of a household sees its recordings and clips. Members and owners make clips and delete
them. What is missing is answered like what is somebody else's.
"""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import OuterRef, QuerySet

from detections.access import households_of
from recordings.models import Clip, Segment
from streaming.models import Camera

User = AbstractBaseUser | AnonymousUser


class SegmentNotFound(LookupError):
    """There is no such segment to be shown, or this person may not see it."""


class ClipNotFound(LookupError):
    """There is no such clip, or this person may not do that with it."""


def segments_for(user: User) -> QuerySet[Segment]:
    """All segments that `user` may see and that have something to show."""
    return Segment.objects.filter(
        camera__household__in=households_of(user), state__in=Segment.PLAYABLE
    )


def segment_for(user: User, uuid: UUID) -> Segment:
    """The segment, with its camera and boot; raises SegmentNotFound."""
    try:
        return segments_for(user).select_related("camera", "boot").get(pk=uuid)
    except Segment.DoesNotExist:
        raise SegmentNotFound from None


def segments_between(
    camera: Camera | OuterRef, since: datetime | OuterRef, until: datetime | OuterRef
) -> QuerySet[Segment]:
    """The camera's segments with something to show of that stretch of time, `until` not included,
    in their order. Of each row of another query with OuterRefs to it."""
    return Segment.objects.filter(
        camera=camera,
        started_at__gt=since - Segment.LONGEST,
        started_at__lt=until,
        ended_at__gt=since,
        state__in=Segment.PLAYABLE,
    ).order_by("started_at", "start_90k")


def clips_for(user: User, *, to_change: bool = False) -> QuerySet[Clip]:
    """The clips that `user` may see; with `to_change`, those that they may make and delete."""
    return Clip.objects.filter(household__in=households_of(user, to_change=to_change))


def clip_for(user: User, pk: int, *, to_change: bool = False) -> Clip:
    """The clip, with its camera; raises ClipNotFound."""
    try:
        return clips_for(user, to_change=to_change).select_related("camera").get(pk=pk)
    except Clip.DoesNotExist:
        raise ClipNotFound from None
