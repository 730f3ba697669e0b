"""Gives a month of four cameras other wall clock times, as when the clock is set.

Run by tools.show.recordings_room as a program of its own, so that settings and database are those
of a real portal: `python -m tools.show.recordings_clock MINUTES` prints "ready", and JSON at the
end.
"""

import json
import logging
import os
import sys
import time
from datetime import UTC, datetime, timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "petcam_site.settings")
django.setup()

from django.core.management import call_command  # noqa: E402  (needs Django to be set up)

from detections.models import Boot  # noqa: E402
from recordings import keeping  # noqa: E402
from recordings.models import Segment  # noqa: E402
from tests.builders import make_camera  # noqa: E402
from tests.cast import make_cast  # noqa: E402
from tests.recordings.rows import MINUTE, make_segments  # noqa: E402

CAMERAS = 4
ZERO = datetime(2026, 5, 1, tzinfo=UTC)


def main(minutes: int) -> None:
    """Whoever runs this reads what it prints."""
    logging.disable(logging.INFO)
    call_command("migrate", verbosity=0)
    home = make_cast().home
    cameras = [make_camera(home) for _ in range(CAMERAS)]
    boot = Boot.objects.create(name="a month", zero_at=ZERO)
    make_segments(cameras, boot, since=ZERO + MINUTE, until=ZERO + (minutes + 1) * MINUTE)
    _say("ready")
    boot.zero_at = ZERO + timedelta(hours=1)
    began_s = time.monotonic()
    followed = keeping.follow_clock(boot)
    took_s = time.monotonic() - began_s
    left = keeping.follow_clock(boot, is_thorough=True)
    told = {"rows": Segment.objects.count(), "followed": followed, "took_s": took_s, "left": left}
    _say(json.dumps(told))


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]))
