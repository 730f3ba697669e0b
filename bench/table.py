"""Writes the figures of the last benchmarks into README.md, between its markers.

python -m bench.table
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.figures import Run, Summary, ratio, summaries
from bench.folder import folder

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- figures: {} -->", "<!-- end of figures: {} -->"
COMPARED = ("pion", "pion-readers", "limit", "limit-libsrtp", "stock")


def table(found: Sequence[Summary]) -> str:
    """A Markdown table, one row per server and clip."""
    sizes = sorted({size for one in found for size in one.percent})
    head = ["clip", "server", *(f"N={size}" for size in sizes), "each viewer more", "base",
            "us a packet", "frames", "bit-exact", "MB + kB a viewer"]  # fmt: skip
    rows = [head, ["---"] * len(head)]
    for one in found:
        rows.append(
            [
                one.clip,
                one.variant,
                *(cost(one, size) for size in sizes),
                f"{one.cpu.slope:.3f}" if one.cpu else "-",
                f"{one.cpu.base:.2f}" if one.cpu else "-",
                f"{one.us_per_packet:.1f}",
                f"{one.delivered:.1%}",
                {None: "-", True: "yes", False: "NO"}[one.is_exact],
                f"{one.resident.base / 1e6:.0f} + {one.resident.slope / 1e3:.0f}"
                if one.resident
                else "-",
            ]
        )
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def cost(one: Summary, size: int) -> str:
    """Percent of a core; in parentheses if frames did not come in real time."""
    if size not in one.percent:
        return "-"
    text = f"{one.percent[size]:.2f}"
    return f"({text})" if size in one.overloaded else text


def ratios(found: Sequence[Summary]) -> str:
    """What one viewer more costs, compared with the others, one line per clip."""
    lines = []
    for clip in dict.fromkeys(one.clip for one in found):
        by_name = {one.variant: one for one in found if one.clip == clip}
        own = by_name.get("petcam")
        told = [
            f"{value:.2f}x {name}"
            for name in COMPARED
            if (value := ratio(own, by_name.get(name))) is not None
        ]
        if own is not None and told:
            lines.append(f"{clip}: each viewer more costs {', '.join(told)}")
            lines += _base(clip, own, by_name.get("pion"))
    return "\n".join(lines)


def _base(clip: str, own: Summary, pion: Summary | None) -> list[str]:
    if pion is None or not (1 in own.percent and 1 in pion.percent):
        return []
    share = own.percent[1] / pion.percent[1]
    return [f"{clip}: a stream with one viewer costs {share:.2f}x pion"]


def replaced(text: str, name: str, figures: str) -> str:
    """`text` with new figures between the markers of that name; ValueError without them."""
    begin, end = BEGIN.format(name), END.format(name)
    before, found_begin, rest = text.partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found_begin and found_end):
        raise ValueError(f"no markers for {name!r}")
    return f"{before}{begin}\n\n{figures}\n\n{end}{after}"


def main() -> int:
    """Write what there is; 1 when there is nothing."""
    text = README.read_text(encoding="utf-8")
    written = 0
    viewers = folder() / "viewers.json"
    if viewers.exists():
        found = summaries(Run(**run) for run in json.loads(viewers.read_text(encoding="ascii")))
        figures = "\n\n".join([table(found), "\n".join(f"- {line}" for line in
                                                     ratios(found).splitlines())])  # fmt: skip
        text = replaced(text, "viewers", figures)
        written += 1
    for name in ("first_frame", "glass_to_glass"):
        kept = folder() / f"{name}.md"
        if kept.exists():
            text = replaced(text, name, kept.read_text(encoding="utf-8").strip())
            written += 1
    README.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{written} tables written into {README}\n")
    return 0 if written else 1


if __name__ == "__main__":
    sys.exit(main())
