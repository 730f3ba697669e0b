"""A household to try Petcam with."""

import os
import secrets
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model

from households.models import Household
from households.services import create_household, create_person

USERNAME = "demo"
HOUSEHOLD = "Whisker Cottage"
# Those that nobody mistakes for one another when typing them off a screen.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def demo_household() -> tuple[Household, str]:
    """The demo user's household and password, made if they don't exist.

    The password is in the data directory, so the next start can say it again. A password that
    somebody has chosen since stays theirs: "(the one you chose)".
    """
    password = _kept_password()
    user = get_user_model().objects.filter(username=USERNAME).first()
    if user is None:
        user = create_person(USERNAME, password)
    elif not user.check_password(password):
        password = "(the one you chose)"
    household = Household.objects.owned_by(user).order_by("pk").first()
    return household or create_household(HOUSEHOLD, owner=user), password


def _kept_password() -> str:
    path: Path = settings.PETCAM_DATA_DIR / "demo-password"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode=0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii")
    password = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
    with open(descriptor, "w", encoding="ascii") as file:
        file.write(password)
    return password
