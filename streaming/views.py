"""Pages of live view. Everybody must be logged in: the middleware sees to it."""

from django.http import Http404, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from households.models import Household
from streaming.access import CameraNotFound, camera_for, camera_to_set_up
from streaming.models import Camera
from streaming.services import health_of


@require_safe
def home(request):
    """All cameras of the person's households."""
    return render(
        request,
        "streaming/home.html",
        {
            "cameras": Camera.objects.watchable_by(request.user).select_related("household"),
            "is_owner": Household.objects.owned_by(request.user).exists(),
        },
    )


@require_safe
def camera_page(request, slug):
    """One camera, live."""
    try:
        camera = camera_for(request.user, slug)
    except CameraNotFound:
        raise Http404 from None
    cameras = Camera.objects.watchable_by(request.user)
    return render(
        request,
        "streaming/camera.html",
        {
            "camera": camera,
            "household": camera.household,
            "other_cameras": cameras.exclude(pk=camera.pk).select_related("household"),
            "is_owner": camera.household in Household.objects.owned_by(request.user),
        },
    )


@require_safe
def camera_health(request, slug):
    """How the camera is doing, for its owner: the figures beside the preview in the admin."""
    try:
        camera = camera_to_set_up(request.user, slug)
    except CameraNotFound:
        raise Http404 from None
    return JsonResponse({"is_enabled": camera.is_enabled, **health_of(camera.pk)})
