"""What recording costs: CPU against ffmpeg, memory, and the delay of live pictures."""

import statistics
import time

from tests.e2e.portal import Portal
from tests.e2e.processes import resident_bytes
from tools.show.recordings_cameras import filmed_portal
from tools.show.stage import Stage
from tools.show.table import say

CAMERAS = 4
FFMPEG_SHARE = 1.2
WARM_UP_S = 12.0
# Memory: two minutes of files that come and go are the start.
MEMORY_S, MEMORY_START_S, MEMORY_EVERY_S = 1800.0, 120.0, 2.0
MEMORY_GROWTH_MB = 4.0
SMALL_QUOTA = "mode='always', keep_days=1, quota_mb=40"


def memory(on: Stage) -> None:
    """Two cameras for half an hour: each minute segments end, and older ones are deleted."""
    on.stop_portals()
    seconds, start_s = (120.0, 40.0) if on.is_short else (MEMORY_S, MEMORY_START_S)
    with filmed_portal(on, 2, policy=SMALL_QUOTA) as (portal, slugs, _):
        recorder = portal.pid("recorder")
        time.sleep(start_s)
        sizes, ends_s = [], time.monotonic() + seconds
        while time.monotonic() < ends_s:
            sizes.append(resident_bytes(recorder) / 1e6)
            time.sleep(MEMORY_EVERY_S)
        segments, taken_mb = _kept(portal)
        is_same = portal.pid("recorder") == recorder
    third = len(sizes) // 3
    first, last = statistics.median(sizes[:third]), statistics.median(sizes[-third:])
    on.table.add(
        f"recorder's memory over {seconds / 60:.0f} minutes, two cameras, files rotated, deleted",
        f"last third's median <= {MEMORY_GROWTH_MB:g} MB above the first's",
        f"{last - first:+.1f} MB: {first:.1f}, then {last:.1f} MB (most {max(sizes):.1f})",
        is_same and last - first <= MEMORY_GROWTH_MB,
    )
    kept_mb = 40 * len(slugs)
    say(f"    {segments} segments are kept, {taken_mb:.0f} of {kept_mb} MB")


def _kept(portal: Portal) -> tuple[int, float]:
    found = portal.django(
        """
        from recordings.models import Segment
        sizes = list(Segment.objects.values_list("bytes", flat=True))
        answer = [len(sizes), sum(sizes) / 1e6]
        """
    )
    assert isinstance(found, list)
    return int(found[0]), float(found[1])
