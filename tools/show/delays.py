"""How soon the first picture comes, and how late every picture is."""

import statistics

from bench import first_frame, glass_to_glass
from bench.folder import folder
from tests.e2e.browser import Browser, percentile
from tools.show.stage import Stage
from tools.show.table import Table, say

JOINS, COMPARED = 50, 10
JOIN_P50_MS, JOIN_P95_MS = 120, 250
# Half a frame: less cannot be told from where a screen's refresh happens to be.
BEHIND_MS = 17
GLASS_MS = ((0.5, 30), (0.95, 50), (0.99, 80))
FREEZE_MS = 150


def joins(on: Stage) -> None:
    """Clicks at random moments, with keyframes a second and eight seconds apart."""
    portal = on.portal("demo")
    count, compared = (10, 3) if on.is_short else (JOINS, COMPARED)
    found = []
    for interval_s in (1.0, 8.0):
        with (
            first_frame.film_camera(portal, interval_s) as slug,
            first_frame.two_people(portal) as people,
        ):
            measured = first_frame.measure(people, slug, interval_s, count, compared)
            found.append(measured)
            rows_of_joins(on.table, measured)
    (folder() / "first_frame.md").write_text(first_frame.table(found) + "\n", encoding="utf-8")


def rows_of_joins(rows: Table, measured: first_frame.Joins) -> None:
    """Rows for one keyframe interval."""
    name = f"keyframe every {measured.interval_s:g} s"
    if not measured.waits:
        rows.add(f"{name}: click to first frame", f"p50 <= {JOIN_P50_MS} ms", "never came", False)
        return
    p50, p95, most = (percentile(measured.waits, share) for share in (0.5, 0.95, 1.0))
    figure = f"p50 {p50:.0f}, p95 {p95:.0f}, max {most:.0f} ms (n={len(measured.waits)})"
    trouble = measured.missed + measured.by_other_ways
    if trouble:
        figure += f", {measured.missed} never came, {measured.by_other_ways} not by WebRTC"
    is_ok = p50 <= JOIN_P50_MS and p95 <= JOIN_P95_MS and not trouble
    bar = f"p50 <= {JOIN_P50_MS}, p95 <= {JOIN_P95_MS} ms"
    rows.add(f"{name}: click to first frame", bar, figure, is_ok)
    behind = statistics.median(measured.behind) if measured.behind else float("inf")
    rows.add(
        f"{name}: delay 3 s later, against who was there",
        f"no more (<= {BEHIND_MS} ms)",
        f"{behind:+.0f} ms, worst {max(measured.behind, default=behind):+.0f} ms",
        behind <= BEHIND_MS,
    )


def glass(on: Stage) -> None:
    """The demo camera, one Chromium, two light clients."""
    portal = on.portal("demo")
    with Browser() as browser:
        found = glass_to_glass.measure(portal, browser, 15 if on.is_short else 60, 2)
    text = glass_to_glass.table(found)
    (folder() / "glass_to_glass.md").write_text(text + "\n", encoding="utf-8")
    for line in text.splitlines():
        say(f"    {line}")
    shares = [(share, limit, percentile(found.latencies, share)) for share, limit in GLASS_MS]
    on.table.add(
        "capture to screen, from the strip",
        ", ".join(f"p{share * 100:.0f} <= {limit}" for share, limit, _ in shares) + " ms",
        ", ".join(f"p{share * 100:.0f} {ms:.0f}" for share, _, ms in shares)
        + f" ms (n={len(found.latencies)})",
        all(ms <= limit for _, limit, ms in shares),
    )
    is_smooth = found.freezes == 0 and found.longest_gap_ms < FREEZE_MS
    on.table.add(
        "freezes meanwhile", "0", f"{found.freezes}, longest gap {found.longest_gap_ms:.0f} ms",
        is_smooth,
    )  # fmt: skip
    steps = ", ".join(f"{step.name} {step.p50:.1f}" for step in found.steps)
    on.table.add("where the time goes (p50, ms)", "every step", steps, len(found.steps) == 7)
