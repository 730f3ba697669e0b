"""The README's tables."""

import pytest

from bench.figures import summaries
from bench.table import BEGIN, END, ratios, replaced, table
from tests.bench.test_figures import run

RUNS = [
    run(viewers=1, cpu_s=0.2),
    run(viewers=11, cpu_s=0.5),
    run(variant="pion", viewers=1, cpu_s=0.4),
    run(variant="pion", viewers=11, cpu_s=1.0),
]


def test_the_table_has_a_row_for_each_server():
    lines = table(summaries(RUNS)).splitlines()

    assert len(lines) == 4
    assert lines[0].startswith("| clip | server | N=1 | N=11 |")
    assert lines[2].startswith("| 720 | petcam | 2.00 | 5.00 | 0.300 |")


def test_a_number_of_viewers_that_was_not_measured_is_a_dash():
    lines = table(summaries([*RUNS, run(variant="transcode", exact=None)])).splitlines()

    assert lines[-1].startswith("| 720 | transcode | 2.00 | - | - |")


def test_a_cost_that_was_not_in_real_time_is_in_parentheses():
    late = run(viewers=50, cpu_s=0.9, due=1000)

    lines = table(summaries([*RUNS, late])).splitlines()

    assert lines[2].startswith("| 720 | petcam | 2.00 | 5.00 | (9.00) | 0.300 |")


def test_the_ratios_tell_viewers_and_base():
    assert ratios(summaries(RUNS)).splitlines() == [
        "720: each viewer more costs 0.50x pion",
        "720: a stream with one viewer costs 0.50x pion",
    ]


def test_new_figures_take_the_place_of_the_old_ones():
    begin, end = BEGIN.format("viewers"), END.format("viewers")

    text = replaced(f"before\n{begin}\nold\n{end}\nafter\n", "viewers", "new")

    assert text == f"before\n{begin}\n\nnew\n\n{end}\nafter\n"


def test_a_text_without_markers_is_refused():
    with pytest.raises(ValueError, match="viewers"):
        replaced("nothing here", "viewers", "new")
