"""What is said of joins and of the way to the screen."""

from bench import first_frame, glass_to_glass
from bench.first_frame import Joins
from bench.glass_to_glass import Glass, Step
from tools.show.delays import rows_of_joins
from tools.show.table import Table


def joins(**changes) -> Joins:
    """Fifty good joins, but for `changes`."""
    values = {"waits": [90.0] * 47 + [200.0] * 3, "behind": [1.0, -2.0, 3.0]} | changes
    return Joins(8.0, **values)


def test_the_table_of_joins_has_percentiles_and_the_delay():
    row = first_frame.table([joins()]).splitlines()[-1]

    assert row == "| 8 s | 90 ms | 200 ms | 200 ms | +1 ms | 50 |"


def test_good_joins_are_ok():
    rows = Table()

    rows_of_joins(rows, joins())

    assert [row.is_ok for row in rows.rows] == [True, True]


def test_slow_joins_and_late_comers_who_stay_behind_are_missed():
    rows = Table()

    rows_of_joins(rows, joins(waits=[130.0] * 50, behind=[40.0]))

    assert [row.is_ok for row in rows.rows] == [False, False]


def test_a_join_by_another_way_is_missed_however_quick():
    rows = Table()

    rows_of_joins(rows, joins(by_other_ways=1))

    assert not rows.rows[0].is_ok


def test_joins_that_were_never_compared_are_not_taken_for_good():
    rows = Table()

    rows_of_joins(rows, joins(behind=[]))

    assert not rows.rows[1].is_ok


def test_the_table_of_steps_ends_with_the_total():
    steps = [Step("decode", 1.4, float("nan"), "mean"), Step("compose", 5.0, 16.0, "told")]
    glass = Glass([10.0, 20.0, 30.0], steps, 0, 40.0, 0, [])

    lines = glass_to_glass.table(glass).splitlines()

    assert lines[2] == "| decode | 1.4 | - | mean |"
    assert lines[-1].startswith("| **total** | **20** | **30** |")
