"""The household that `make run` shows: somebody to log in as, and a cat to watch."""

from django.db import transaction

from households.demo import demo_household
from streaming.models import Camera
from streaming.services import save_camera


def seed_demo() -> str:
    """Makes the demo household and its camera where they are missing; the demo user's password."""
    with transaction.atomic():
        household, password = demo_household()
        demo = Camera.SourceKind.DEMO
        if not household.cameras.filter(source_kind=demo).exists():
            save_camera(
                Camera(
                    household=household,
                    name="Living room",
                    place="By the sofa",
                    source_kind=demo,
                )
            )
    return password
