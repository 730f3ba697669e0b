"""Pages of live view."""

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import render

from streaming.access import CameraNotFound, camera_for
from streaming.models import Camera


@login_required
def home(request):
    """All cameras of the person's households."""
    cameras = Camera.objects.watchable_by(request.user).select_related("household")
    return render(request, "streaming/home.html", {"cameras": cameras})


@login_required
def camera_page(request, slug):
    """One camera, live."""
    try:
        camera = camera_for(request.user, slug)
    except CameraNotFound:
        raise Http404 from None
    return render(request, "streaming/camera.html", {"camera": camera})
