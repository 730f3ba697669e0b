"""Measures what the fast live view promises: `make show-fast`, `--only NAME`, `--short`."""

import argparse
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.e2e.portal import CHECKOUT
from tools.show import costs, delays, lines, several
from tools.show.live import run_step
from tools.show.stage import Stage
from tools.show.starting import live_still_holds
from tools.show.steps import Step

STEPS = [
    Step("cpu", "CPU per viewer against pion and the C limit", costs.cpu_per_viewer, 1800),
    Step("several", "several streamers share one camera's viewers", several.several, 240),
    Step("cycles", "1000 viewers come and go", costs.cycles, 600),
    Step("blocked", "a blocked viewer among others", costs.blocked_viewer, 120),
    Step("joins", "click to first frame", delays.joins, 600),
    Step("glass", "capture to screen", delays.glass, 240),
    Step("loss", "5 % loss, 100 ms round trip", lines.some_loss, 240),
    Step("storm", "20 % loss for a while", lines.much_loss, 180),
    Step("narrow", "less bandwidth than the stream needs", lines.narrow, 180),
    Step("live", "make show-live", live_still_holds, 3600),
]


def main() -> int:
    """Measure, print the table; 1 when anything fell short."""
    parser = argparse.ArgumentParser(prog="show-fast", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=[step.name for step in STEPS], default=[])
    parser.add_argument("--short", action="store_true", help="shorter runs, rougher figures")
    parser.add_argument("--keep", type=Path, default=CHECKOUT / "show", help="results go here")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    arguments.keep.mkdir(parents=True, exist_ok=True)
    chosen = [step for step in STEPS if not arguments.only or step.name in arguments.only]
    misses = show(chosen, arguments.keep, is_short=arguments.short)
    return 1 if misses else 0


def show(
    chosen: list[Step],
    keep: Path,
    *,
    is_short: bool,
    name: str = "fast",
    tell: Callable[[str], object] = sys.stdout.write,
) -> int:
    """Run the steps on this checkout; how many promises were missed."""
    with tempfile.TemporaryDirectory(prefix="petcam-show-") as folder:
        on = Stage(Path(folder), CHECKOUT, keep, is_short=is_short)
        try:
            for step in chosen:
                run_step(step, on)
        finally:
            on.close()
        text = on.table.text()
    tell(f"\n{text}\n\n")
    (keep / f"show-{name}.txt").write_text(text + "\n", encoding="utf-8")
    tell(f"{len(on.table.rows)} promises measured, {len(on.table.misses)} missed.\n")
    return len(on.table.misses)


if __name__ == "__main__":
    sys.exit(main())
