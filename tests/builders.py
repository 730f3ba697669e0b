"""Rows for tests, with whatever matters to the test given by name."""

from itertools import count

from households.models import Household
from streaming.models import Camera
from streaming.services import save_camera

_numbers = count(1)


def make_camera(household: Household, **overrides: object) -> Camera:
    """A demo camera of the household."""
    fields = {"name": f"Camera {next(_numbers)}", "source_kind": Camera.SourceKind.DEMO} | overrides
    camera = Camera(household=household, **fields)
    save_camera(camera)
    return camera
