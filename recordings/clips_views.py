"""Clips: asking for them, seeing how far they are, playing, keeping and deleting them."""

import os
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from detections.access import VisitNotFound, visit_for
from detections.cards import length_of
from detections.homes import Home, HomeNotFound, home_for
from detections.models import Visit
from recordings import services
from recordings.access import ClipNotFound, clip_for, clips_for
from recordings.clips import ClipNotTaken, ask_again, ask_for_clip, file_of, stop
from recordings.clips_forms import (
    AROUND_VISIT,
    ClipActForm,
    ClipForm,
    ClipsForm,
    SuggestForm,
    to_whole_second,
)
from recordings.files.names import open_regular
from recordings.models import Clip
from recordings.ranges import OpenFile, file_response, while_at_home
from recordings.thumbnails import Busy, thumbnailer
from recordings.timeline import unix_ms
from streaming.access import CameraNotFound, camera_for
from streaming.models import Camera

PAGE = 24
# Index and first picture of all but the longest clips.
_POSTER_BYTES = 4 * 1024 * 1024
_MOST_SHARED_BYTES = 200 * 1024 * 1024
_State = Clip.State


@dataclass(frozen=True, slots=True)
class ClipCard:
    """A clip on a page."""

    clip: Clip

    @property
    def name(self) -> str:
        return self.clip.title or str(self.clip.camera or "A camera of before")

    @property
    def length(self) -> str:
        return length_of((self.clip.ended_at - self.clip.started_at).total_seconds())

    @property
    def is_ready(self) -> bool:
        return self.clip.state == _State.READY

    @property
    def is_small(self) -> bool:
        """Whether a phone can hand it on: it holds the whole of it in memory meanwhile."""
        return self.clip.bytes <= _MOST_SHARED_BYTES

    @property
    def file_name(self) -> str:
        """What its file is called where it is downloaded."""
        at = date_format(timezone.localtime(self.clip.started_at), "Y-m-d H.i.s")
        name = f"{self.clip.title or self.clip.camera or 'Petcam'} {at}.mp4"
        return "".join(letter for letter in name.replace("/", "-") if letter.isprintable())

    @property
    def is_unfinished(self) -> bool:
        return self.clip.state in (_State.WAITING, _State.WORKING)

    @property
    def is_coming(self) -> bool:
        """Whether its end has not come yet: it is being recorded."""
        return self.is_unfinished and self.clip.ended_at > timezone.now()


@require_safe
def clips(request: HttpRequest) -> HttpResponse:
    """A household's clips, newest first; with ?part only the list, as it is now."""
    form = ClipsForm(request.GET)
    if not form.is_valid():
        raise Http404
    told = form.cleaned_data
    try:
        home = home_for(request.user, told["home"])
    except HomeNotFound:
        if told["home"]:
            raise Http404 from None
        return render(request, "detections/no_home.html")
    rows = clips_for(request.user).filter(household=home.household).select_related("camera")
    page = Paginator(rows, PAGE).get_page(told["page"])
    cards = [ClipCard(clip) for clip in page]
    context = {
        "home": home,
        "page": page,
        "cards": cards,
        "is_unfinished": any(card.is_unfinished for card in cards),
    }
    return render(request, f"recordings/{'_clips' if told['part'] else 'clips'}.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def add_clip(request: HttpRequest, slug: str) -> HttpResponse:
    """A new clip of the camera: a page with the form, or with POST into the queue.

    A script that accepts JSON alone gets 201 {"id", "url"}, or 400 {"error"}.
    """
    camera, home = _camera_to_clip(request, slug)
    now = timezone.now()
    if request.method != "POST":
        suggested = _suggested(request, camera, now)
        return _form_page(request, camera, home, ClipForm(moment=now, initial=suggested))
    form = ClipForm(request.POST, moment=now)
    clip = _taken(request, form, camera, now) if form.is_valid() else None
    if not request.accepts("text/html"):
        if clip is None:
            words = " ".join(word for errors in form.errors.values() for word in errors)
            return JsonResponse({"error": words}, status=HTTPStatus.BAD_REQUEST)
        told = {"id": clip.pk, "url": _clips_url(home)}
        return JsonResponse(told, status=HTTPStatus.CREATED)
    if clip is None:
        return _form_page(request, camera, home, form)
    return redirect(_clips_url(home))


@require_POST
def change_clip(request: HttpRequest, clip: int) -> HttpResponse:
    """Renames it, has one that failed made again, ends one that is being recorded, or deletes it
    with its file. A script that accepts JSON alone gets 204, or 409 {"error"}."""
    row = _clip(request, clip, to_change=True)
    form = ClipActForm(request.POST)
    if not form.is_valid():
        raise BadRequest("That cannot be done with a clip.")
    refused = ""
    try:
        _do(row, form.cleaned_data["act"], form.cleaned_data["title"])
    except ClipNotTaken as reason:
        refused = str(reason)
    except OSError:
        refused = "The disk does not let the clip go. Try again later."
    if not request.accepts("text/html"):
        if refused:
            return JsonResponse({"error": refused}, status=HTTPStatus.CONFLICT)
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    if refused:
        messages.error(request, refused)
    return redirect(_clips_url(home_for(request.user, row.household_id)))


@require_safe
def clip_state(request: HttpRequest, clip: int) -> HttpResponse:
    """How far it is: {"state", "progress", "reason", "start_ms", "end_ms", "now_ms"}."""
    row = _clip(request, clip)
    return JsonResponse(
        {
            "state": row.state,
            "progress": row.progress,
            "reason": row.reason,
            "start_ms": unix_ms(row.started_at),
            "end_ms": unix_ms(row.ended_at),
            "now_ms": unix_ms(timezone.now()),
        }
    )


@require_safe
def clip_file(request: HttpRequest, clip: int) -> HttpResponseBase:
    """The MP4, or one range of it; with ?download under a name of its own."""
    row = _clip(request, clip)
    if row.state != _State.READY:
        raise Http404
    fd = _opened(row)
    if fd is None:
        return HttpResponse("It is gone.", status=HTTPStatus.GONE, content_type="text/plain")
    file = OpenFile(fd, os.fstat(fd).st_size, "video/mp4", etag=f"{row.file.hex}-{row.bytes:x}")
    allowed = while_at_home(request, row.household_id)
    response = file_response(request, file, allowed=allowed)
    if response.status_code < HTTPStatus.BAD_REQUEST:
        is_download, name = "download" in request.GET, ClipCard(row).file_name
        response["Content-Disposition"] = content_disposition_header(is_download, name)
    return response


@require_safe
def clip_poster(request: HttpRequest, clip: int) -> HttpResponse:
    """Its first picture as a small JPEG; 204 if there is none to see."""
    fd = _opened(_clip(request, clip))
    if fd is None:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    try:
        jpeg = thumbnailer.jpeg(lambda: os.pread(fd, _POSTER_BYTES, 0))
    except (Busy, OSError):
        jpeg = None
    finally:
        os.close(fd)
    if not jpeg:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return HttpResponse(jpeg, content_type="image/jpeg")


def _do(clip: Clip, act: str, title: str) -> None:
    """Raises ClipNotTaken, and OSError as the disk does."""
    if act == "rename":
        services.rename_clip(clip, title)
    elif act == "again":
        ask_again(clip)
    elif act == "stop":
        stop(clip, timezone.now())
    else:
        services.delete_clips([clip])


def _taken(request: HttpRequest, form: ClipForm, camera: Camera, now: datetime) -> Clip | None:
    """The clip in the queue; None, and the form says why, if it cannot be."""
    told = form.cleaned_data
    try:
        return ask_for_clip(
            camera,
            by=request.user,
            since=told["from"],
            until=told["to"],
            now=now,
            kind=told["kind"],
            is_exact=told["is_exact"],
            title=told["title"],
            visit=_visit(request, told["visit"]),
        )
    except ClipNotTaken as reason:
        form.add_error(None, str(reason))
        return None


def _suggested(request: HttpRequest, camera: Camera, now: datetime) -> dict[str, object]:
    form = SuggestForm(request.GET)
    if not form.is_valid():
        raise Http404
    initial = form.suggestion(now)
    visit = _visit(request, initial.get("visit"))
    if visit is not None and visit.camera_id == camera.pk:
        initial["from"] = visit.started_at - AROUND_VISIT
        initial["to"] = to_whole_second(min(visit.ended_at + AROUND_VISIT, now))
    return initial


def _form_page(request: HttpRequest, camera: Camera, home: Home, form: ClipForm) -> HttpResponse:
    context = {"camera": camera, "home": home, "form": form}
    return render(request, "recordings/clip_add.html", context)


def _camera_to_clip(request: HttpRequest, slug: str) -> tuple[Camera, Home]:
    try:
        camera = camera_for(request.user, slug)
        home = home_for(request.user, camera.household_id)
    except (CameraNotFound, HomeNotFound):
        raise Http404 from None
    if not home.may_change:
        raise Http404
    return camera, home


def _visit(request: HttpRequest, pk: object) -> Visit | None:
    """The visit that a clip is of; 404 for one that is not the person's."""
    if not isinstance(pk, int):
        return None
    try:
        return visit_for(request.user, pk)
    except VisitNotFound:
        raise Http404 from None


def _clip(request: HttpRequest, pk: int, *, to_change: bool = False) -> Clip:
    try:
        return clip_for(request.user, pk, to_change=to_change)
    except ClipNotFound:
        raise Http404 from None


def _opened(clip: Clip) -> int | None:
    """Its file, open; None while there is none."""
    if clip.state != _State.READY:
        return None
    try:
        return open_regular(file_of(services.store(), clip))
    except OSError:
        return None


def _clips_url(home: Home) -> str:
    url = reverse("clips")
    return f"{url}?home={home.household.pk}" if home.others else url
