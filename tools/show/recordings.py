"""Measures what recordings promise: `make show-recordings`, `--only NAME`, `--short`."""

import argparse
import signal
import sys
from pathlib import Path

from tests.e2e.portal import CHECKOUT
from tools.show import (
    recordings_costs,
    recordings_faults,
    recordings_files,
    recordings_hostile,
    recordings_pictures,
    recordings_playback,
    recordings_room,
    screenshots,
)
from tools.show.fast import show
from tools.show.steps import Step

STEPS = [
    Step("cost", "CPU of recording against ffmpeg", recordings_costs.cost, 420),
    Step("latency", "live pictures with and without recording", recordings_costs.latency, 600),
    Step("visits", "a visit with what was before and after", recordings_files.visits, 180),
    Step("files", "files in ffprobe, Chromium and by HLS", recordings_files.files, 600),
    Step("kills", "recorders killed at any instant", recordings_faults.kills, 900),
    Step("power", "power cuts of a disk", recordings_faults.power, 720),
    Step("locked", "a locked database", recordings_faults.locked, 180),
    Step("layouts", "the earlier pet camera's layouts", recordings_faults.layouts, 300),
    Step("full", "a full disk", recordings_room.full_disk, 420),
    Step("clock", "the clock is set", recordings_room.clock, 420),
    Step("quota", "a week under a quota", recordings_room.quota, 900),
    Step("clicks", "clicks on visits, and a day's timeline", recordings_playback.clicks, 600),
    Step(
        "postgresql",
        "timelines on PostgreSQL",
        recordings_playback.timelines_on_postgresql,
        300,
    ),
    Step("boxes", "boxes on recorded pictures", recordings_pictures.boxes, 300),
    Step("seams", "from segment to segment", recordings_pictures.seams, 300),
    Step("hostile", "clients that mean no good", recordings_hostile.hostile, 240),
    Step("memory", "memory for half an hour", recordings_costs.memory, 2400),
    Step("screenshots", "screenshots of every page", screenshots.take_all, 240),
]


def main() -> int:
    """Measure, print the table; 1 when anything fell short."""
    parser = argparse.ArgumentParser(prog="show-recordings", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=[step.name for step in STEPS], default=[])
    parser.add_argument("--short", action="store_true", help="shorter runs, rougher figures")
    parser.add_argument("--keep", type=Path, default=CHECKOUT / "show", help="results go here")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    arguments.keep.mkdir(parents=True, exist_ok=True)
    chosen = [step for step in STEPS if not arguments.only or step.name in arguments.only]
    misses = show(chosen, arguments.keep, is_short=arguments.short, name="recordings")
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
