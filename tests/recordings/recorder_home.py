"""A household with one camera that is always recorded, in a database of its own, for recorders that
are processes: `python -m tests.recordings.recorder_home set-up|tell`, with PETCAM_DATA_DIR."""

import json
import os
import sys

import django
from django.core.management import call_command


def main(what: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "petcam_site.settings")
    django.setup()
    print(json.dumps({"set-up": set_up, "tell": tell}[what]()))  # noqa: T201  (whoever runs it reads it)


def set_up() -> dict[str, object]:
    """Makes it; where its camera's ring is."""
    from households.services import create_household, create_person  # noqa: PLC0415  (after setup)
    from recordings.models import Policy  # noqa: PLC0415  (after setup)
    from streaming.models import Camera  # noqa: PLC0415  (after setup)
    from streaming.services import ring_path  # noqa: PLC0415  (after setup)

    call_command("migrate", verbosity=0)
    home = create_household("Maple Street", owner=create_person("alice", "correct horse battery"))
    camera = Camera.objects.create(household=home, name="Kitchen", slug="kitchen")
    Policy.objects.create(camera=camera, mode=Policy.Mode.ALWAYS)
    return {"ring": str(ring_path(camera)), "camera": camera.pk}


def tell() -> list[dict[str, object]]:
    """Every segment's row, in order."""
    from recordings.models import Segment  # noqa: PLC0415  (after setup)

    columns = "uuid", "state", "start_90k", "end_90k", "bytes", "frames"
    rows = Segment.objects.order_by("start_90k").values(*columns)
    return [row | {"uuid": str(row["uuid"])} for row in rows]


if __name__ == "__main__":
    main(sys.argv[1])
