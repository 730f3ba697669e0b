"""Pages and bytes of recordings.

What is missing is answered like what is somebody else's: 404. A file that has just been let go is
410, a disk that does not answer 503.
"""

from base64 import b64encode
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from detections.access import households_of
from households.models import Household
from recordings.access import SegmentNotFound, segment_for, segments_between
from recordings.files import playlist as hls
from recordings.models import Segment
from recordings.playback_forms import DayForm, RangeForm, ShiftForm, ThumbnailForm, bounds_of
from recordings.ranges import file_response, while_at_home
from recordings.reading import SegmentGone, opened
from recordings.services import policy_of
from recordings.thumbnails import Busy, thumbnailer
from recordings.timeline import (
    Stretch,
    days_beside,
    media_time_in,
    motion_told,
    paths_told,
    segments_told,
    told,
    unix_ms,
    visits_told,
    wall_time_in,
)
from streaming.access import CameraNotFound, camera_for
from streaming.models import Camera

# A day has up to 25 hours, and pages ask for a little more than they show.
LONGEST_TIMELINE = timedelta(hours=49)
LONGEST_BOXES = timedelta(hours=2)
LONGEST_PLAYLIST = timedelta(hours=2)
# As in recordings/js/feed.js: what is asked for first ends so far after the picture.
FIRST_LEAD_90K = 45_000


@require_safe
def day_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One camera's day: ?day=2026-11-22, or the day of ?at=, or today.

    recordings/day.html gets `camera`, `household`, `others` (the household's other cameras), `mode`
    (what of the camera is recorded), `is_owner`, `may_change` (who may make clips), `day` (a date)
    with its bounds `start_ms` and `end_ms`, `day_before` and `day_after` (the nearest ones with
    recordings, or None), `today`, `at_ms` (or None), and `first_look` (see `_first_look`; None
    without `at_ms`).
    """
    camera = _camera(request, slug)
    form = DayForm(request.GET)
    if not form.is_valid():
        raise Http404
    now = timezone.now()
    day = form.chosen_day(now)
    start, end = bounds_of(day)
    beside = days_beside(camera, start, end)
    watchable = Camera.objects.watchable_by(request.user)
    at = form.cleaned_data["at"]
    context = {
        "camera": camera,
        "household": camera.household,
        "others": watchable.filter(household=camera.household).exclude(pk=camera.pk),
        "mode": policy_of(camera).mode,
        "is_owner": camera.household in Household.objects.owned_by(request.user),
        "may_change": camera.household_id in households_of(request.user, to_change=True),
        "day": day,
        "start_ms": unix_ms(start),
        "end_ms": unix_ms(end),
        "day_before": beside.before,
        "day_after": beside.after,
        "today": timezone.localdate(now),
        "at_ms": at and unix_ms(at),
        "first_look": at and _first_look(camera, at),
    }
    return render(request, "recordings/day.html", context)


@require_safe
def alerts(request: HttpRequest) -> HttpResponse:
    """What people should know of recording, as every page has it: a piece of HTML."""
    return render(request, "recordings/_alerts.html")


@require_safe
def timeline(request: HttpRequest, slug: str) -> HttpResponse:
    """{"now_ms", "segments": [[id, boot, start_90k, end_90k, start_ms, is_growing], ...], "visits":
    [{"id", "start_ms", "end_ms", "is_open", "label", "name", "colour", "place", "url",
    "is_starred"}], "motion": {"start_ms", "step_ms", "levels"}}, what lies between ?from= and ?to=.
    `levels` has a byte for each step, in base64: 0 where nobody looked, 1 where
    nothing moved, up to 255 for all of the picture (by the root of the share).
    """
    stretch = _stretch(request, slug, most=LONGEST_TIMELINE)
    return JsonResponse(
        {
            "now_ms": unix_ms(timezone.now()),
            "segments": segments_told(stretch),
            "visits": visits_told(stretch),
            "motion": motion_told(stretch),
        }
    )


@require_safe
def boxes(request: HttpRequest, slug: str) -> HttpResponse:
    """{"paths": [{"visit", "boot", "label", "score", "pet": {"name", "colour"} or null,
    "points": [[t_90k, x, y, w, h], ...]}]}, between ?from= and ?to=.
    """
    stretch = _stretch(request, slug, most=LONGEST_BOXES)
    return JsonResponse({"paths": paths_told(stretch)})


@require_safe
def playlist(request: HttpRequest, slug: str) -> HttpResponse:
    """What was recorded between ?from= and ?to= as HLS, for players that want that.

    It begins with the keyframe that is needed to show `from`, leaves out what cannot be read, and
    is empty when there is nothing: a playlist of no segments.
    """
    stretch = _stretch(request, slug, most=LONGEST_PLAYLIST)
    segments = segments_between(stretch.camera, stretch.since, stretch.until)
    listed = (_listed(segment, stretch) for segment in segments)
    text = hls.playlist(each for each in listed if each is not None)
    return HttpResponse(text, content_type=hls.CONTENT_TYPE)


@require_safe
def segment_file(request: HttpRequest, segment: UUID) -> HttpResponseBase:
    """The file, or one range of it: as far as it is committed, while it grows. With ?shift= its
    decode times are so much later (90 kHz). ?bytes=0-99 is for preloads, which have no headers."""
    row = _segment(request, segment)
    form = ShiftForm(request.GET)
    if not form.is_valid():
        raise BadRequest("shift is a number of ticks (90 kHz).")
    try:
        file = opened(row).to_answer_with(shift_90k=form.cleaned_data["shift"] or 0)
    except SegmentGone as gone:
        return _gone(gone)
    allowed = while_at_home(request, row.camera.household_id)
    return file_response(request, file, allowed=allowed, part=request.GET.get("bytes", ""))


@require_safe
def segment_index(request: HttpRequest, segment: UUID) -> HttpResponse:
    """{"id", "boot", "start_90k", "end_90k", "start_ms", "end_ms", "is_growing", "codec", "width",
    "height", "pts_origin", "init_bytes", "init", "fragments": [[offset, size, first_90k, end_90k,
    frames, starts_with_keyframe], ...]}, as far as it is committed, while it grows. `init` is the
    file's first `init_bytes` in base64: what a player needs before the fragments.
    """
    try:
        return JsonResponse(_index(_segment(request, segment)))
    except SegmentGone as gone:
        return _gone(gone)


@require_safe
def thumbnail(request: HttpRequest, segment: UUID) -> HttpResponse:
    """The keyframe that is shown at media time ?t= as a small JPEG; 204 if there is none to see."""
    row = _segment(request, segment)
    form = ThumbnailForm(request.GET)
    if not form.is_valid():
        raise BadRequest("t is a media time (90 kHz).")
    try:
        with opened(row) as file:
            jpeg = thumbnailer.jpeg(lambda: file.keyframe(form.cleaned_data["t"]))
    except SegmentGone as gone:
        return _gone(gone)
    except Busy:
        return _later("Too many pictures are wanted at this moment.")
    if not jpeg:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return HttpResponse(jpeg, content_type="image/jpeg")


def _camera(request: HttpRequest, slug: str) -> Camera:
    try:
        return camera_for(request.user, slug)
    except CameraNotFound:
        raise Http404 from None


def _segment(request: HttpRequest, uuid: UUID) -> Segment:
    try:
        return segment_for(request.user, uuid)
    except SegmentNotFound:
        raise Http404 from None


def _index(row: Segment) -> dict[str, Any]:
    """index.json. Raises SegmentGone."""
    with opened(row) as file:
        init, fragments = file.init(), file.fragments()
    return {
        "id": str(row.uuid),
        "boot": row.boot_id,
        "start_90k": row.start_90k,
        "end_90k": row.end_90k,
        "start_ms": unix_ms(row.started_at),
        "end_ms": unix_ms(row.ended_at),
        "is_growing": row.state == Segment.State.WRITING,
        "codec": row.codec,
        "width": row.width,
        "height": row.height,
        "pts_origin": row.pts_origin,
        "init_bytes": row.init_bytes,
        "init": b64encode(init).decode(),
        "fragments": fragments,
    }


def _first_look(camera: Camera, at: datetime) -> dict[str, object] | None:
    """What a page needs to show the picture of this moment at once: {"segments": its segment and
    the next one as in timeline.json, "index": index.json of its segment, "bytes": [first, end] of
    what recordings/js/feed.js asks for first, and "url", where that is}. None where it would take
    looking for."""
    segments = segments_between(camera, at, at + Segment.LONGEST)[:2]
    row = segments.first()
    if row is None:
        return None
    try:
        index = _index(row)
    except SegmentGone:
        return None
    t_90k = row.start_90k + max(0, unix_ms(at) - unix_ms(row.started_at)) * 90
    fragments = hls.fragments_between(index["fragments"], t_90k, t_90k + FIRST_LEAD_90K + 1)
    if not fragments:
        return None
    first, end = fragments[0].offset, fragments[-1].offset + fragments[-1].size
    return {
        "segments": told(segments),
        "index": index,
        "bytes": [first, end],
        "url": f"{reverse('segment-file', args=[row.uuid])}?bytes={first}-{end - 1}",
    }


def _stretch(request: HttpRequest, slug: str, *, most: timedelta) -> Stretch:
    camera = _camera(request, slug)
    form = RangeForm(request.GET, most=most)
    if not form.is_valid():
        raise BadRequest("from and to are moments like 2026-11-22T12:04:00Z, not too far apart.")
    return Stretch(camera, form.cleaned_data["from"], form.cleaned_data["to"])


def _listed(segment: Segment, stretch: Stretch) -> hls.ListedSegment | None:
    """What of the segment lies in the stretch; None when that is nothing, or cannot be read."""
    try:
        with opened(segment) as file:
            fragments = file.fragments()
    except SegmentGone:
        return None
    since_90k, until_90k = (media_time_in(segment, at) for at in (stretch.since, stretch.until))
    fragments = hls.fragments_between(fragments, since_90k, until_90k)
    if not fragments:
        return None
    url = reverse("segment-file", args=[segment.uuid])
    started_at = wall_time_in(segment, fragments[0].first_90k)
    return hls.ListedSegment(url, segment.init_bytes, segment.pts_origin, started_at, fragments)


def _gone(gone: SegmentGone) -> HttpResponse:
    if gone.may_return:
        return _later("The disk with the recordings does not answer.")
    return HttpResponse("It was deleted.", status=HTTPStatus.GONE, content_type="text/plain")


def _later(text: str) -> HttpResponse:
    return HttpResponse(
        text,
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        content_type="text/plain",
        headers={"Retry-After": "2"},
    )
