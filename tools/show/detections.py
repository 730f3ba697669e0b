"""Measures what detections promise: `make show-detections`, `--only NAME`, `--short`."""

import argparse
import signal
import sys
from pathlib import Path

from tests.e2e.portal import CHECKOUT
from tools.show import (
    detections_history,
    detections_ingest,
    detections_overlay,
    detections_vision,
    detections_visits,
)
from tools.show.fast import show
from tools.show.steps import Step

STEPS = [
    Step("exact", "boxes on the very frame, WebRTC and MSE", detections_overlay.exact_boxes, 420),
    Step("lossy", "the same with 5 % loss", detections_overlay.exact_boxes_with_loss, 420),
    Step("fast", "predicted boxes, real detector", detections_overlay.fast_boxes, 300),
    Step("drawing", "what drawing costs", detections_overlay.cost_of_boxes, 240),
    Step("accuracy", "precision and recall", detections_vision.accuracy, 420),
    Step("detector", "the detector's cost and delay", detections_vision.cost_and_delay, 600),
    Step("ingest", "1000 detections a second", detections_ingest.ingest, 240),
    Step("order", "any order of messages", detections_visits.any_order, 600),
    Step("sqlite", "a million visits in SQLite", detections_history.filters_in_sqlite, 900),
    Step(
        "postgresql",
        "a million visits in PostgreSQL",
        detections_history.filters_in_postgresql,
        900,
    ),
    Step("arrivals", "a new visit on an open page", detections_history.arrivals, 180),
]


def main() -> int:
    """Measure, print the table; 1 when anything fell short."""
    parser = argparse.ArgumentParser(prog="show-detections", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=[step.name for step in STEPS], default=[])
    parser.add_argument("--short", action="store_true", help="shorter runs, rougher figures")
    parser.add_argument("--keep", type=Path, default=CHECKOUT / "show", help="results go here")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    arguments.keep.mkdir(parents=True, exist_ok=True)
    chosen = [step for step in STEPS if not arguments.only or step.name in arguments.only]
    misses = show(chosen, arguments.keep, is_short=arguments.short, name="detections")
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
