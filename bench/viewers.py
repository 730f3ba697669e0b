"""CPU and memory per viewer of Petcam and of servers to compare with.

    python -m bench.viewers [--short] [--sizes 1 5 20 50] [--clips 720 1080] [--repeat 3]
        [--seconds 10] [--only VARIANT ...]

Runs are interleaved: every server once with one number of viewers, then again with the next.
Keeps the figures for `python -m bench.table`. See README.md for the method.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bench import variants
from bench.clips import CLIPS
from bench.figures import Run, summaries
from bench.folder import folder
from bench.table import ratios, table
from bench.variants import VARIANTS, Variant, Window

SIZES = [1, 5, 20, 50]
SHORT_SIZES = [1, 10]


def kept() -> Path:
    """Where the figures of the last whole run are."""
    return folder() / "viewers.json"


def measure(
    chosen: Sequence[Variant], sizes: Sequence[int], clips: Sequence[str], repeat: int,
    window: Window,
) -> list[Run]:  # fmt: skip
    """All runs, told as they come."""
    runs = []
    for repetition in range(repeat):
        for clip in clips:
            for size in sizes:
                turn = repetition % len(chosen)
                for variant in [*chosen[turn:], *chosen[:turn]]:
                    if size <= variant.most_viewers:
                        runs.append(one(variant, clip, size, window))
    return runs


def keep(runs: Sequence[Run], path: Path | None = None) -> None:
    """For `python -m bench.table`."""
    text = json.dumps([asdict(run) for run in runs])
    (path or kept()).write_text(text, encoding="ascii")


def one(variant: Variant, clip: str, size: int, window: Window) -> Run:
    """One run."""
    run = variant.run(variant, CLIPS[clip], size, window)
    exact = "" if run.exact is None else f", exact {run.exact}"
    sys.stdout.write(
        f"{variant.name:14} {clip:>4} N={size:<3} {run.percent:6.2f} % "
        f"({run.percent / size:.3f} a viewer), frames {run.frames}/{run.expected}{exact}, "
        f"lost {run.lost}{'' if run.kept_up else ', NOT IN REAL TIME'}, "
        f"gap {run.longest_gap_ms:.0f} ms, "
        f"{run.resident_bytes / 1e6:.0f} MB, others {run.other_cores:.2f} cores\n"
    )
    sys.stdout.flush()
    return run


def main() -> None:
    """The command line."""
    names = [variant.name for variant in VARIANTS]
    parser = argparse.ArgumentParser(prog="bench.viewers", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a few minutes, less exact")
    parser.add_argument("--sizes", nargs="+", type=int)
    parser.add_argument("--clips", nargs="+", choices=CLIPS, default=list(CLIPS))
    parser.add_argument("--repeat", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--keep", type=Path, default=kept(), help="figures go here")
    options = parser.parse_args()
    sizes = options.sizes or (SHORT_SIZES if options.short else SIZES)
    repeat = options.repeat or (1 if options.short else 3)
    window = variants.Window(seconds=options.seconds or (5 if options.short else 10))
    chosen = [variant for variant in VARIANTS if variant.name in options.only]
    runs = measure(chosen, sizes, options.clips, repeat, window)
    keep(runs, options.keep)
    found = summaries(runs)
    sys.stdout.write(f"\n{table(found)}\n\n{ratios(found)}\n")


if __name__ == "__main__":
    main()
