"""The table that a show prints: what, bar, figure, ok or MISS."""

import sys
import time
from dataclasses import dataclass, field

from tests.e2e.browser import percentile

_STARTED = time.monotonic()


@dataclass(frozen=True)
class Row:
    """One measured promise."""

    what: str
    bar: str
    figure: str
    is_ok: bool


@dataclass
class Table:
    """Rows in the order in which they were measured; each is also told at once."""

    rows: list[Row] = field(default_factory=list)

    def add(self, what: str, bar: str, figure: str, is_ok: bool) -> None:
        """Keep a row and say it."""
        self.rows.append(Row(what, bar, figure, bool(is_ok)))
        say(f"    {'ok  ' if is_ok else 'MISS'} {what}: {figure} (bar: {bar})")

    def at_most(self, what: str, figure: float, limit: float, unit: str) -> None:
        """A figure that must not be above `limit`."""
        self.add(what, f"<= {limit:g} {unit}", f"{figure:.3g} {unit}", figure <= limit)

    def below(self, what: str, figure: float, limit: float, unit: str) -> None:
        """A figure that must be below `limit`."""
        self.add(what, f"< {limit:g} {unit}", f"{figure:.3g} {unit}", figure < limit)

    def p95_at_most(self, what: str, figures: list[float], limit: float, unit: str) -> None:
        """Many figures whose 95th percentile must not be above `limit`."""
        if not figures:
            self.add(what, f"p95 <= {limit:g} {unit}", "nothing was measured", False)
            return
        p50, p95, worst = (percentile(figures, share) for share in (0.5, 0.95, 1.0))
        figure = f"p50 {p50:.3g}, p95 {p95:.3g}, max {worst:.3g} {unit} (n={len(figures)})"
        self.add(what, f"p95 <= {limit:g} {unit}", figure, p95 <= limit)

    @property
    def misses(self) -> list[Row]:
        return [row for row in self.rows if not row.is_ok]

    def text(self) -> str:
        """The whole table, columns aligned."""
        cells = [("what", "bar", "figure", "")]
        cells += [
            (row.what, row.bar, row.figure, "ok" if row.is_ok else "MISS") for row in self.rows
        ]
        widths = [max(len(row[column]) for row in cells) for column in range(4)]
        lines = [
            " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in cells
        ]
        lines.insert(1, "-+-".join("-" * width for width in widths))
        return "\n".join(lines)


def say(text: str) -> None:
    """A progress line with the time since the start."""
    sys.stdout.write(f"[{time.monotonic() - _STARTED:6.1f} s] {text}\n")
    sys.stdout.flush()
