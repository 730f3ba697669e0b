"""Makes a household with one camera that is always recorded, in a database of its own, for
recorders that are processes: `python -m tests.recordings.recorder_home QUOTA_MB SHARED_MEMORY`."""

import json
import os
import sys

import django
from django.core.management import call_command


def main(quota_mb: int, shared_memory: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "petcam_site.settings")
    django.setup()
    print(json.dumps(set_up(quota_mb, shared_memory)))  # noqa: T201  (whoever runs it reads it)


def set_up(quota_mb: int, shared_memory: str) -> dict[str, object]:
    """Makes it, without a limit if `quota_mb` is 0; where its camera's ring is. The camera is a
    program's of its own if there is a name of `shared_memory`."""
    from households.services import create_household, create_person  # noqa: PLC0415  (after setup)
    from recordings.models import Policy, Storage  # noqa: PLC0415  (after setup)
    from streaming.models import Camera  # noqa: PLC0415  (after setup)
    from streaming.services import ring_path  # noqa: PLC0415  (after setup)

    call_command("migrate", verbosity=0)
    home = create_household("Maple Street", owner=create_person("alice", "correct horse battery"))
    camera = Camera(household=home, name="Kitchen", slug="kitchen")
    if shared_memory:
        camera.source_kind = Camera.SourceKind.SHARED_MEMORY
        camera.source_address = shared_memory
    camera.save()
    Policy.objects.create(camera=camera, mode=Policy.Mode.ALWAYS)
    Storage.objects.create(quota_mb=quota_mb or None, keep_free_mb=0)
    return {"ring": str(ring_path(camera)), "camera": camera.pk}


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
