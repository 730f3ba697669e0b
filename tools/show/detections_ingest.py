"""A program that tells 1000 detections a second over HTTP, while the camera runs and is watched."""

from tests.e2e.browser import percentile
from tests.e2e.pages import DEMO_SLUG
from tests.e2e.telling import tell_for
from tools.show.stage import Stage, watching
from tools.show.table import say

SECONDS, SHORT_S = 60, 10
P99_MS = 250


def ingest(on: Stage) -> None:
    """Ten requests a second with 100 messages each, one in ten told again in another order."""
    portal = on.portal("demo")
    with watching(portal):
        told = tell_for(portal, DEMO_SLUG, SHORT_S if on.is_short else SECONDS)
    say(f"    answers: {told.answers}")
    on.table.add(
        "detections told over HTTP, 1000/s: lost, doubled",
        "0, 0",
        f"{told.lost}, {told.doubled} of {told.sent}",
        told.lost == told.doubled == 0 and set(told.answers) == {202} and told.new == told.sent,
    )
    p50, p99, most = (percentile(told.waits_ms, share) for share in (0.5, 0.99, 1.0))
    on.table.add(
        "time to an answer, from when it was due",
        f"p99 <= {P99_MS} ms",
        f"p50 {p50:.0f}, p99 {p99:.0f}, max {most:.0f} ms (n={len(told.waits_ms)})",
        p99 <= P99_MS,
    )
