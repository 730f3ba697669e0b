"""The newest picture of a camera, for posters and for players that can show nothing else."""

import asyncio
import time

from channels.db import database_sync_to_async
from django import forms
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from streaming.access import CameraNotFound, camera_for
from streaming.media.access_unit import AccessUnit
from streaming.media.clock import unix_ms
from streaming.media.ring import RingReader
from streaming.services import jpeg_ring_path
from streaming.wishes import wish_for_pictures

# How long to wait for a newer picture, how often to look, and how many may wait at once.
WAIT_S = 2.0
LOOK_S = 0.05
_waits = asyncio.Semaphore(32)


class StillForm(forms.Form):
    """`after`: the capture time (Unix ms) of the picture that the page has already."""

    after = forms.IntegerField(required=False, min_value=0, max_value=2**53)


@require_GET
async def still(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest JPEG picture with its capture time in X-Captured-At (Unix ms), 204 without one.

    Asks for a fresh one as well; ?after=<Unix ms> waits for one that is newer, up to WAIT_S.
    """
    try:
        camera = await database_sync_to_async(camera_for)(await request.auser(), slug)
    except CameraNotFound:
        # Said here: Django makes its page for Http404 from an async view in some other thread.
        return _plain("No such camera.", status=404)
    form = StillForm(request.GET)
    if not form.is_valid():
        return _plain("after must be a time in ms.", status=400)
    after = form.cleaned_data["after"]
    reader = RingReader(jpeg_ring_path(camera.pk))
    try:
        if camera.is_enabled:
            await wish_for_pictures(camera.pk, 0)
        wait_s = WAIT_S if camera.is_enabled and after is not None else 0
        picture = await _newer(reader, after or 0, wait_s=wait_s)
    finally:
        reader.close()
    if picture is None:
        return HttpResponse(status=204, headers={"Cache-Control": "no-store, private"})
    return HttpResponse(
        picture.data,
        content_type="image/jpeg",
        headers={
            "Cache-Control": "no-store, private",
            "X-Captured-At": str(unix_ms(picture.capture_ns)),
        },
    )


def _plain(text: str, *, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain")


async def _newer(reader: RingReader, after_ms: int, *, wait_s: float) -> AccessUnit | None:
    """The newest picture once it is newer than `after_ms`; None if that takes too long."""
    deadline = time.monotonic() + wait_s
    picture = _newest(reader, after_ms)
    if picture is None and not _waits.locked():
        async with _waits:
            while picture is None and time.monotonic() < deadline:
                await asyncio.sleep(LOOK_S)
                picture = _newest(reader, after_ms)
    return picture


def _newest(reader: RingReader, after_ms: int) -> AccessUnit | None:
    units = reader.units_since_keyframe()
    # The two clocks are read one after the other: the same picture may move by 1 ms.
    is_newer = bool(units) and unix_ms(units[-1].capture_ns) > after_ms + 1
    return units[-1] if is_newer else None
