"""Visits are the same whatever the order of the messages, and counts say what counting says."""

import json
import os
import subprocess
import sys

from tests.e2e.browser import percentile
from tests.postgresql import postgresql
from tools.show.stage import Stage
from tools.show.table import Table

MESSAGES, ORDERS = 10_000, 5
SHORT_MESSAGES, SHORT_ORDERS = 2_000, 2
TAKE_P50_MS = 25
# The last hour of eleven may cost that much more than the first.
GROWTH = 1.5


def any_order(on: Stage) -> None:
    """In SQLite and in PostgreSQL."""
    found = _figures(on, f"sqlite:///{on.folder / 'visits.sqlite3'}")
    rows(on.table, found)
    growth = found["last_us"] / found["first_us"]
    on.table.add(
        "always somebody there: cost of a picture after 11 h against the first hour",
        f"<= {GROWTH:g}",
        f"{growth:.2f} ({found['first_us']:.0f} -> {found['last_us']:.0f} us)",
        growth <= GROWTH,
    )
    with postgresql() as url:
        rows(on.table, _figures(on, url))


def _figures(on: Stage, database_url: str) -> dict[str, object]:
    messages, orders = (SHORT_MESSAGES, SHORT_ORDERS) if on.is_short else (MESSAGES, ORDERS)
    done = subprocess.run(
        [sys.executable, "-m", "tools.show.visits_figures", str(messages), str(orders)],
        cwd=on.checkout,
        env=os.environ
        | {"PETCAM_DATA_DIR": str(on.folder / "data-visits"), "PETCAM_DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    figures: dict[str, object] = json.loads(done.stdout)
    return figures


def rows(table: Table, found: dict[str, object]) -> None:
    """Rows for one database."""
    database = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[found["database"]]
    table.add(
        f"{database}: {found['messages']} messages shuffled and repeated, orders with other visits",
        "0",
        f"{found['differ']} of {found['orders']} orders ({found['visits']} visits)",
        found["differ"] == 0 and found["visits"] >= found["messages"] / 200,
    )
    table.add(
        f"{database}: daily counts that differ from counting again",
        "0",
        f"{found['counts_wrong']} of {1 + 3 * found['orders']} looks",
        found["counts_wrong"] == 0,
    )
    p50, p99 = (percentile(found["takes_ms"], share) for share in (0.5, 0.99))
    table.add(
        f"{database}: taking in 100 messages",
        f"p50 <= {TAKE_P50_MS} ms",
        f"p50 {p50:.1f}, p99 {p99:.1f} ms; building all of them {found['built_s']:.1f} s",
        p50 <= TAKE_P50_MS,
    )
