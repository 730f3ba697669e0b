"""Leave for programs to tell what they saw: made, checked, taken back."""

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta

from django.utils import timezone

from detections.models import IngestToken
from households.models import Household
from streaming.access import CameraNotFound
from streaming.models import Camera

_TOKEN = re.compile(r"petcam_[A-Za-z0-9_-]{43}")
_SHOWN = 12
# So often the time of the last use is written down.
_USE_EVERY = timedelta(minutes=1)


def make_token(
    household: Household,
    *,
    name: str,
    camera: Camera | None = None,
    expires_at: datetime | None = None,
) -> tuple[IngestToken, str]:
    """A new token: its row, and the token itself, which nobody can learn from the row."""
    token = IngestToken(household=household, camera=camera, name=name, expires_at=expires_at)
    secret = keep_token(token)
    return token, secret


def keep_token(token: IngestToken) -> str:
    """Saves a new row with a fresh token, and returns that."""
    secret = f"petcam_{secrets.token_urlsafe(32)}"
    token.prefix, token.digest = secret[:_SHOWN], _digest(secret)
    token.save(force_insert=True)
    return secret


def token_for(secret: str) -> IngestToken | None:
    """The row of a token that holds now; None for whatever does not."""
    if not _TOKEN.fullmatch(secret):
        return None
    digest, now = _digest(secret), timezone.now()
    token = IngestToken.objects.filter(digest=digest).first()
    if token is None or not hmac.compare_digest(token.digest, digest):
        return None
    if not holds(token):
        return None
    if token.last_used_at is None or now - token.last_used_at > _USE_EVERY:
        IngestToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def holds(token: IngestToken) -> bool:
    """Whether it lets its program in now."""
    is_over = token.expires_at is not None and token.expires_at <= timezone.now()
    return not (token.is_revoked or is_over)


def camera_for_token(token: IngestToken, slug: str) -> Camera:
    """The camera that the token may tell of; raises CameraNotFound as for a missing one."""
    cameras = Camera.objects.filter(household=token.household_id)
    if token.camera_id is not None:
        cameras = cameras.filter(pk=token.camera_id)
    try:
        return cameras.get(slug=slug)
    except Camera.DoesNotExist:
        raise CameraNotFound from None


def revoke(token: IngestToken) -> None:
    """From now on nobody gets in with it."""
    token.is_revoked = True
    token.save(update_fields=["is_revoked"])


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
