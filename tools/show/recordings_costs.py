"""What recording costs: CPU against ffmpeg, memory, and the delay of live pictures."""

import fcntl
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.e2e.browser import percentile
from tests.e2e.pages import DEMO_SLUG
from tests.e2e.portal import Portal
from tests.e2e.processes import CpuMeter, resident_bytes
from tools.show.recordings_cameras import filmed_portal, record
from tools.show.stage import MAKE_RUN, Stage, watching
from tools.show.table import say

CAMERAS = (1, 4)
FFMPEG_SHARE = 1.2
WARM_UP_S, COST_S = 12.0, 60.0
PIPE_BYTES = 1 << 20
# Memory: in the first minutes files begin to come and go.
MEMORY_S, MEMORY_START_S, MEMORY_EVERY_S = 1800.0, 120.0, 2.0
MEMORY_GROWTH_MB = 4.0
QUOTA_MB = 40
# Latency: with and without recording in turns, so that both see the same weather on this machine.
TURNS, TURN_S, SETTLE_S = 5, 16.0, 4.0
UNCHANGED_MS = 3.0


def cost(on: Stage) -> None:
    """One camera, then four, that are always recorded; as many ffmpegs copy the same stream."""
    on.stop_portals()
    seconds = 20.0 if on.is_short else COST_S
    for cameras in CAMERAS:
        with (
            _ffmpegs(on.folder, cameras) as copies,
            filmed_portal(on, cameras, pipes=[copy.stdin for copy in copies if copy.stdin]) as (
                portal,
                _,
                filming,
            ),
        ):
            time.sleep(WARM_UP_S)
            recorder = portal.pid("recorder")
            pids = [recorder, *(copy.pid for copy in copies)]
            meters, began_s, had = [CpuMeter(pid) for pid in pids], time.monotonic(), filming.bytes
            time.sleep(seconds)
            elapsed_s, mbit = time.monotonic() - began_s, (filming.bytes - had) * 8 / 1e6
            own, *theirs = [100 * meter.seconds() / elapsed_s for meter in meters]
            memory_mb = resident_bytes(recorder) / 1e6
        each, ffmpeg = own / cameras, statistics.mean(theirs)
        what = "a camera alone" if cameras == 1 else f"each of {cameras} cameras"
        on.table.add(
            f"CPU of recording {what} of {mbit / elapsed_s:.1f} Mbit/s",
            f"<= {FFMPEG_SHARE:g} of ffmpeg -c copy",
            f"{each / ffmpeg:.2f} of it: {each:.3f} % of a core, ffmpeg {ffmpeg:.3f} %"
            f" ({memory_mb:.0f} MB in all)",
            each <= FFMPEG_SHARE * ffmpeg,
        )


@contextmanager
def _ffmpegs(folder: Path, count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """ffmpegs that write what comes by their pipes into fragmented MP4, half a second each."""
    with ExitStack() as exits:
        copies = []
        for number in range(count):
            copy = subprocess.Popen(
                ["ffmpeg", "-v", "error", "-y"]
                + ["-f", "h264", "-framerate", "30", "-i", "pipe:0", "-c", "copy", "-f", "mp4"]
                + ["-movflags", "frag_keyframe+empty_moov+default_base_moof"]
                + ["-frag_duration", "500000", str(folder / f"copied-{number}.mp4")],
                stdin=subprocess.PIPE,
            )
            exits.callback(copy.wait, 20)
            assert copy.stdin is not None
            exits.callback(copy.stdin.close)
            # So that it never holds up the camera.
            fcntl.fcntl(copy.stdin, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
            copies.append(copy)
        yield copies


def latency(on: Stage) -> None:
    """Capture to screen of the demo camera, recorded or not, in turns in the same portal."""
    on.stop_portals()
    turns, turn_s = (2, 8.0) if on.is_short else (TURNS, TURN_S)
    late: dict[bool, list[float]] = {False: [], True: []}
    portal = Portal(checkout=on.checkout, command=MAKE_RUN, ready_within_s=300)
    with portal, watching(portal) as [viewer]:
        viewer.probe("p => { p.everyKth = 3; }")
        viewer.look_on(10)
        for is_on in [False, True] * turns:
            record(portal, [DEMO_SLUG], f"mode={('always' if is_on else 'off')!r}")
            viewer.look_on(SETTLE_S)
            viewer.forget()
            viewer.look_on(turn_s)
            late[is_on] += viewer.latencies_ms()
        segments, _ = _kept(portal)
    without, with_it = (percentile(late[is_on], 0.95) for is_on in (False, True))
    on.table.add(
        "live latency p95 with recording on, against off",
        f"unchanged, +-{UNCHANGED_MS:g} ms",
        f"{with_it - without:+.1f} ms: {with_it:.1f} against {without:.1f} ms"
        f" (n={len(late[True])}, {len(late[False])}; {segments} segments)",
        abs(with_it - without) <= UNCHANGED_MS and segments >= turns,
    )


def memory(on: Stage) -> None:
    """Two cameras for half an hour: each minute segments end, and older ones are deleted."""
    on.stop_portals()
    seconds, start_s = (120.0, 40.0) if on.is_short else (MEMORY_S, MEMORY_START_S)
    with filmed_portal(on, 2, policy=f"mode='always', keep_days=1, quota_mb={QUOTA_MB}") as (
        portal,
        slugs,
        _,
    ):
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
    say(f"    {segments} segments are kept, {taken_mb:.0f} of {QUOTA_MB * len(slugs)} MB")


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
