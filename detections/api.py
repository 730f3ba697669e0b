"""The HTTP API for programs that look at pictures themselves: they tell what they saw."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver
from django.views.decorators.http import require_safe
from ninja import NinjaAPI, Path, Status
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from ninja.security import HttpBearer
from ninja.throttling import BaseThrottle
from pydantic import BaseModel

from detections.live_tracks import LiveTracks
from detections.models import IngestToken
from detections.moments import Moments, WrongTime
from detections.payloads import Batch, Message, Reason, reasons
from detections.pushing import push_messages
from detections.services import SightingRefused, take_sightings
from detections.tokens import camera_for_token, token_for
from detections.vision.seen import SeenFrame
from streaming.access import CameraNotFound
from streaming.media.rate import RateLimit

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 256 * 1024
REQUESTS_PER_S = 20
# Tokens whose pace is remembered.
_MOST_LIMITS = 1000

_NOT_LET_IN = "This needs a token that holds: Authorization: Bearer petcam_..."
_NOT_FOUND = "There is no such camera for this token."
_SWITCHED_OFF = "This camera is switched off."
_TOO_MANY = f"More than {REQUESTS_PER_S} requests a second: send more messages at once."
_BUSY = "The database is busy. Send the same again."


class Taken(BaseModel):
    """How many messages were new. The others were known before, or saw nothing."""

    new: int
    known: int


class Refusal(BaseModel):
    """Why, in words."""

    detail: str


class NotTaken(Refusal):
    """Nothing of the batch was taken."""

    reasons: list[Reason]


class Token(HttpBearer):
    """A token made by an owner of the household on the set-up pages."""

    def authenticate(self, request: HttpRequest, token: str) -> IngestToken | None:
        known = token_for(token)
        if known is not None and _is_long(request):
            raise HttpError(413, f"More than {MAX_BODY_BYTES // 1024} KB: send fewer at once.")
        return known


def _is_long(request: HttpRequest) -> bool:
    try:
        return len(request.body) > MAX_BODY_BYTES
    except RequestDataTooBig:
        return True


class Pace(BaseThrottle):
    """REQUESTS_PER_S for each token, on average, in this process."""

    def __init__(self) -> None:
        self._limits: OrderedDict[str, RateLimit] = OrderedDict()
        self._lock = threading.Lock()

    def allow_request(self, request: HttpRequest) -> bool:
        with self._lock:
            digest = request.auth.digest
            limit = self._limits.pop(digest, None) or RateLimit(REQUESTS_PER_S)
            self._limits[digest] = limit
            if len(self._limits) > _MOST_LIMITS:
                self._limits.popitem(last=False)
            return limit.allows()

    def wait(self) -> float:
        """Retry-After has whole seconds: after one there is room again."""
        return 1


api = NinjaAPI(
    title="Petcam",
    version="1",
    description="For programs that look at a camera's pictures and tell what they saw.",
    docs_url="/docs",
    openapi_url="/openapi.json",
    docs_decorator=require_safe,
    urls_namespace="api",
)
moments = Moments()
live_tracks = LiveTracks()


@api.post(
    "/v1/cameras/{slug:slug}/detections",
    auth=Token(),
    throttle=[Pace()],
    summary="Tell what was seen",
    operation_id="tell_detections",
    url_name="tell_detections",
    tags=["Detections"],
    response={
        202: Taken,
        **dict.fromkeys((400, 401, 404, 409, 413, 429, 503), Refusal),
        422: NotTaken,
    },
)
def tell_detections(request: HttpRequest, slug: Path[str], batch: Batch) -> Any:
    """All messages of a batch are taken, or none. A message that comes again changes nothing, and
    the order plays no part, so whoever is in doubt sends the same again, up to a day later.
    Boxes of the last three seconds are shown to those who watch."""
    camera = camera_for_token(request.auth, slug)
    if not camera.is_enabled:
        return Status(409, {"detail": _SWITCHED_OFF})
    source = f"token-{request.auth.pk}"
    try:
        frames = frames_of(batch.messages)
        push_messages(live_tracks.follow(camera.pk, source, frames, now_90k=moments.now_90k()))
        taken = take_sightings(camera, source=source, frames=frames)
    except SightingRefused as refused:
        return _not_taken([Reason(message=refused.at, reason=refused.reason)])
    return Status(202, {"new": taken.new, "known": taken.known})


def frames_of(messages: Sequence[Message]) -> list[SeenFrame]:
    """Raises SightingRefused for a message whose time makes no sense."""
    frames = []
    for at, message in enumerate(messages):
        try:
            frames.append(SeenFrame(moments.media_time(message), message.seen()))
        except WrongTime as wrong:
            raise SightingRefused(at, str(wrong)) from None
    return frames


def _not_taken(why: list[Reason]) -> Status:
    return Status(422, {"detail": "Nothing was taken.", "reasons": why})


def _answer(request: HttpRequest, status: int, detail: str, **headers: str) -> HttpResponse:
    response = api.create_response(request, {"detail": detail}, status=status)
    for name, value in headers.items():
        response[name.replace("_", "-")] = value
    return response


@api.exception_handler(AuthenticationError)
def _not_let_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return _answer(request, 401, _NOT_LET_IN, WWW_Authenticate="Bearer")


@api.exception_handler(CameraNotFound)
def _not_found(request: HttpRequest, error: CameraNotFound) -> HttpResponse:
    return _answer(request, 404, _NOT_FOUND)


@api.exception_handler(Throttled)
def _too_many(request: HttpRequest, error: Throttled) -> HttpResponse:
    return _answer(request, 429, _TOO_MANY)


@api.exception_handler(OperationalError)
def _busy(request: HttpRequest, error: OperationalError) -> HttpResponse:
    log.warning("detections not taken: %s", error)
    return _answer(request, 503, _BUSY, Retry_After="2")


@api.exception_handler(ValidationError)
def _makes_no_sense(request: HttpRequest, error: ValidationError) -> HttpResponse:
    why = [one.model_dump() for one in reasons(error.errors)]
    told = {"detail": "Nothing was taken.", "reasons": why}
    return api.create_response(request, told, status=422)


def urlpatterns() -> list[URLPattern | URLResolver]:
    """Everything under the API's address. Pages about it are for people who are logged in; who
    tells what was seen has a token instead."""
    patterns, _, _ = api.urls
    for pattern in patterns:
        if pattern.name == "tell_detections":
            pattern.callback = login_not_required(pattern.callback)
    return patterns
