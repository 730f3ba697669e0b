"""Pages on which owners draw the places of a camera."""

import json

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from detections.models import Place
from detections.places import NameTaken, save_place, take_place_away
from detections.places_forms import PlaceForm, scene_of
from streaming.access import CameraNotFound, camera_to_set_up
from streaming.models import Camera


@require_safe
def places(request: HttpRequest, slug: str) -> HttpResponse:
    """All places of a camera on its picture."""
    camera = _camera(request, slug)
    return render(
        request, "detections/places.html", _with_list(camera, scene=json.dumps(scene_of(camera)))
    )


@require_http_methods(["GET", "HEAD", "POST"])
def add_place(request: HttpRequest, slug: str) -> HttpResponse:
    """Draws a new place."""
    return _edit(request, _camera(request, slug), None)


@require_http_methods(["GET", "HEAD", "POST"])
def change_place(request: HttpRequest, slug: str, place_id: int) -> HttpResponse:
    """Changes a place."""
    camera = _camera(request, slug)
    return _edit(request, camera, get_object_or_404(camera.places, pk=place_id))


@require_POST
def delete_place(request: HttpRequest, slug: str, place_id: int) -> HttpResponse:
    """Takes a place away."""
    place = get_object_or_404(_camera(request, slug).places, pk=place_id)
    take_place_away(place)
    messages.success(request, f"“{place.name}” is removed, with the visits to it.")
    return redirect("places", slug)


def _edit(request: HttpRequest, camera: Camera, place: Place | None) -> HttpResponse:
    form = PlaceForm(
        request.POST if request.method == "POST" else None, instance=place, camera=camera
    )
    if request.method == "POST" and form.is_valid():
        try:
            save_place(form.instance)
        except NameTaken:
            form.name_is_taken()
        else:
            messages.success(request, f"“{form.instance.name}” is saved and counts from now on.")
            return redirect("places", camera.slug)
    # The form has written into its instance what may be wrong.
    stored = place and camera.places.get(pk=place.pk)
    return render(request, "detections/place.html", _with_list(camera, form=form, place=stored))


def _with_list(camera: Camera, **context: object) -> dict[str, object]:
    return {"camera": camera, "places": camera.places.all(), **context}


def _camera(request: HttpRequest, slug: str) -> Camera:
    try:
        return camera_to_set_up(request.user, slug)
    except CameraNotFound:
        raise Http404 from None
