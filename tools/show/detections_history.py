"""History with a million visits, and new visits on pages that are open."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.e2e.browser import Browser
from tests.e2e.histories import NOTE_ARRIVALS, live_through, open_history, see_somebody_at
from tests.e2e.portal import FOREIGN
from tests.e2e.waiting import until
from tests.postgresql import postgresql
from tools.show.stage import Stage
from tools.show.table import Table, say

VISITS, ROUNDS = 1_000_000, 2
FILTER_MS, ARRIVAL_MS = 100, 1000
ARRIVALS = 20
# Whatever there is to show: tests/detections/test_history_page.py has pages with 1 and 3 rows.
MOST_QUERIES = 20


def filters_in_sqlite(on: Stage) -> None:
    """First page, every filter and every two of them, as two people, in the default database."""
    _measure(on, "SQLite", {})


def filters_in_postgresql(on: Stage) -> None:
    """The same in a PostgreSQL of the show's own."""
    with postgresql() as url:
        _measure(on, "PostgreSQL", {"PETCAM_DATABASE_URL": url})


def _measure(on: Stage, name: str, environment: dict[str, str]) -> None:
    visits, rounds = (50_000, 2) if on.is_short else (VISITS, ROUNDS)
    told = _told(on, on.folder / f"data-{name}", environment, visits, rounds)
    assert told["vendor"] == name.lower()
    assert told["visits"] == visits
    say(f"    {visits:,} visits in {name}, filled in {told['filled_s']} s")
    _rows(on.table, f"{visits:,} visits in {name}", told)


def _told(
    on: Stage, data_dir: Path, environment: dict[str, str], visits: int, rounds: int
) -> dict[str, object]:
    """What tools.show.history_filters says, in a process with the settings of a real portal."""
    data_dir.mkdir(mode=0o700, parents=True)
    kept = {name: v for name, v in os.environ.items() if not name.startswith(FOREIGN)}
    done = subprocess.run(
        [sys.executable, "-m", "tools.show.history_filters", str(visits), str(rounds)],
        cwd=on.checkout,
        env=kept | {"PETCAM_DATA_DIR": str(data_dir)} | environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def _rows(table: Table, name: str, told: dict) -> None:
    filters = told["filters"]
    plain = [ms for each in filters if each["what"] == "first page" for ms in each["ms"]]
    others = [each for each in filters if each["what"] != "first page"]
    table.p95_at_most(f"{name}: first page", plain, FILTER_MS, "ms")
    table.p95_at_most(
        f"{name}: {len(others)} filters", [m for e in others for m in e["ms"]], FILTER_MS, "ms"
    )
    # The better of its rounds: what a busy machine adds once is in the rows above.
    slowest = max(filters, key=lambda each: min(each["ms"]))
    what = f"{name}: slowest filter ({slowest['what']})"
    table.at_most(what, min(slowest["ms"]), FILTER_MS, "ms")
    table.p95_at_most(f"{name}: further pages", told["scrolling_ms"], FILTER_MS, "ms")
    most = max(each["queries"] for each in filters)
    table.at_most(f"{name}: queries for a page", most, MOST_QUERIES, "")


def arrivals(on: Stage) -> None:
    """From a visit's first commit to its card on a page that is open in Chromium."""
    portal = on.portal("demo")
    live_through(portal)
    with Browser() as browser:
        page = browser.person(portal).log_in()
        open_history(page, portal)
        page.evaluate(NOTE_ARRIVALS)
        took_ms = []
        for _ in range(5 if on.is_short else ARRIVALS):
            visit, began_s = see_somebody_at(portal)
            arrived_ms = until(
                lambda visit=visit: page.evaluate(f"window.arrived[{visit}]"),
                "the visit's card",
                within_s=5,
            )
            took_ms.append(arrived_ms - 1000 * began_s)
    on.table.p95_at_most("a new visit is on an open history page", took_ms, ARRIVAL_MS, "ms")
