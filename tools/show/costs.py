"""What a viewer costs, and what others notice of her."""

import signal
import time

from bench import cycles as bench_cycles
from bench import programs, variants
from bench.child import Child
from bench.clips import CLIPS
from bench.figures import Line, Run, Summary, ratio, summaries
from bench.table import table
from bench.variants import VARIANTS, Window
from bench.viewers import keep, measure
from tools.show.stage import Stage
from tools.show.table import Table, say

# At most this much of what pion takes for each viewer more.
PION_SHARE = {"720": 0.65, "1080": 0.45}
COMPARED = ("petcam", "pion", "limit", "stock")
GROWTH_BYTES = 2000
BLOCKED_GAP_MS = 50
BLOCKED_ROUNDS = 3
ALONE_REPEAT = 4
# A straight line: no number of viewers costs more than this above it.
LINEAR = 0.15


def cpu_per_viewer(on: Stage) -> None:
    """One interleaved run of this checkout, pion and the C limit."""
    sizes, repeat, window = ([1, 20], 1, Window(seconds=5)) if on.is_short else (
        [1, 5, 20, 50], 2, Window(seconds=8))  # fmt: skip
    chosen = [variant for variant in VARIANTS if variant.name in COMPARED]
    runs = measure(chosen, sizes, list(CLIPS), repeat, window)
    # One viewer costs next to nothing but waking up, which varies: the median of more runs.
    alone = [variant for variant in chosen if variant.name in ("petcam", "pion")]
    runs += measure(alone, [1], list(CLIPS), ALONE_REPEAT, window)
    keep(runs)
    found = summaries(runs)
    (on.keep / "viewers.md").write_text(table(found) + "\n", encoding="utf-8")
    for clip in CLIPS:
        by_name = {one.variant: one for one in found if one.clip == clip}
        compare(on.table, clip, by_name)
        delivered(on.table, clip, [r for r in runs if (r.variant, r.clip) == ("petcam", clip)])


def compare(rows: Table, clip: str, by_name: dict[str, Summary]) -> None:
    """Rows for one clip."""
    own, pion = by_name["petcam"], by_name["pion"]
    share = ratio(own, pion)
    assert share is not None and own.cpu is not None
    limit, stock = ratio(own, by_name["limit"]), ratio(own, by_name["stock"])
    bar = PION_SHARE[clip]
    rows.add(
        f"{clip}p: CPU of each viewer more",
        f"<= {bar:g}x pion",
        f"{share:.2f}x pion ({own.cpu.slope:.3f} % of a core; "
        f"{limit or 0:.1f}x the C limit, {stock or 0:.2f}x stock aiortc)",
        share <= bar,
    )
    base = own.percent[1] / pion.percent[1]
    rows.add(
        f"{clip}p: CPU of a stream with one viewer",
        "<= pion's",
        f"{base:.2f}x pion ({own.percent[1]:.2f} against {pion.percent[1]:.2f} % of a core)",
        base <= 1,
    )
    kept = {size: cost for size, cost in own.percent.items() if size not in own.overloaded}
    above = worst_above(kept, own.cpu)
    rows.add(f"{clip}p: cost is linear", f"within {LINEAR:.0%}", f"{above:.1%} above the line",
             above <= LINEAR)  # fmt: skip
    per_core = (100 - own.cpu.base) / own.cpu.slope
    kb = own.resident.slope / 1000 if own.resident else float("nan")
    say(f"    {clip}p: {per_core:.0f} viewers fit on one core; {kb:.0f} kB of memory each")


def worst_above(percent: dict[int, float], line: Line) -> float:
    """How far the costliest number of viewers is above the line, as a share of it."""
    return max(cost / (line.base + line.slope * size) - 1 for size, cost in percent.items())


def delivered(rows: Table, clip: str, runs: list[Run]) -> None:
    """Whether each frame arrived whole, and bit by bit as it was in the clip."""
    frames, expected = sum(run.frames for run in runs), sum(run.expected for run in runs)
    exact = sum(run.exact or 0 for run in runs)
    late = sorted({run.viewers for run in runs if not run.kept_up})
    behind = f"; not in real time at N={late}" if late else ""
    is_all = frames == expected == exact and not late
    rows.add(f"{clip}p: frames delivered bit-exact", "100 %",
             f"{exact} of {expected} ({frames} whole){behind}", is_all)  # fmt: skip


def cycles(on: Stage) -> None:
    """Viewers come, get a picture, and leave."""
    count = 200 if on.is_short else 1000
    kept = bench_cycles.measure(count, lambda text: say(f"    {text}"))
    on.table.at_most(
        f"memory kept of a viewer, {count} cycles", kept.growth_bytes / 1000, GROWTH_BYTES / 1000,
        "kB",
    )  # fmt: skip
    before, after = (
        ", ".join(f"{values[name]} {name}" for name in ("tasks", "threads", "files"))
        for values in (kept.before, kept.after)
    )
    on.table.add("tasks, threads, files after them", f"{before}", after, kept.is_back)


def blocked_viewer(on: Stage) -> None:
    """One viewer's process is stopped: its sockets fill, and the others must not feel it."""
    seconds, clip = (3 if on.is_short else 8), CLIPS["720"]
    alone, beside = float("inf"), float("inf")
    with (
        variants.server("petcam", clip) as server,
        Child([programs.receiver(), "-clip", clip.path]) as others,
        Child([programs.receiver(), "-buffer", "212992"]) as victim,
    ):
        variants.connect(server, others, 5)
        variants.connect(server, victim, 1)
        time.sleep(2)
        # In turn, and the best of each: what else the machine does only adds to a gap.
        for _ in range(BLOCKED_ROUNDS):
            alone = min(alone, worst_gap_ms(others, seconds))
            victim.signal(signal.SIGSTOP)
            try:
                beside = min(beside, worst_gap_ms(others, seconds))
            finally:
                victim.signal(signal.SIGCONT)
            time.sleep(1)
    changed = beside - alone
    on.table.add(
        "a blocked viewer: the others' worst frame gap",
        f"< {BLOCKED_GAP_MS} ms more",
        f"{changed:+.0f} ms ({alone:.0f} before, {beside:.0f} ms meanwhile)",
        changed < BLOCKED_GAP_MS,
    )


def worst_gap_ms(receiver: Child, seconds: float) -> float:
    """The longest time between whole frames of any of its viewers in the next seconds."""
    receiver.send(reset=True)
    receiver.message()
    time.sleep(seconds)
    receiver.send(report=True)
    return max(float(one["longest_gap_ms"]) for one in receiver.message()["viewers"])
