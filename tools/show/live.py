"""Measures what live view promises: `make show-live`, `python -m tools.show.live --only NAME`."""

import argparse
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from tests.e2e.portal import CHECKOUT
from tools.show.stage import Stage, stage
from tools.show.steps import STEPS, Step
from tools.show.table import say


class StepTooLong(Exception):
    """A step passed its deadline."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise StepTooLong in the main thread after `seconds`."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise StepTooLong(f"not finished within {seconds:g} s")

    previous = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def run_step(step: Step, on: Stage) -> None:
    """Measure one step; whatever goes wrong in it becomes a MISS, and the show goes on."""
    say(f"{step.name}: {step.title}")
    began = time.monotonic()
    try:
        with deadline(step.deadline_s):
            step.measure(on)
    except Exception as error:  # noqa: BLE001 (the boundary of a step: its failure is a result)
        traceback.print_exc()
        reason = (str(error) or type(error).__name__).splitlines()[0][:160]
        on.table.add(step.title, "measured", reason, False)
    say(f"{step.name}: done in {time.monotonic() - began:.1f} s")


def main() -> int:
    """Measure, print the table; 1 when anything fell short."""
    parser = argparse.ArgumentParser(prog="show-live", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=[step.name for step in STEPS], default=[])
    parser.add_argument("--here", action="store_true", help="this checkout, not a fresh clone")
    parser.add_argument("--keep", type=Path, default=CHECKOUT / "show", help="results go here")
    arguments = parser.parse_args()
    # So that `timeout` and CI, too, stop what the show has started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    arguments.keep.mkdir(parents=True, exist_ok=True)
    with stage(here=arguments.here, keep=arguments.keep) as on:
        for step in STEPS:
            if not arguments.only or step.name in arguments.only:
                run_step(step, on)
        text = on.table.text()
    sys.stdout.write(f"\n{text}\n\n")
    (arguments.keep / "show-live.txt").write_text(text + "\n", encoding="utf-8")
    misses = len(on.table.misses)
    sys.stdout.write(f"{len(on.table.rows)} promises measured, {misses} missed.\n")
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
