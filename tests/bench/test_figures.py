"""What many runs of the viewer benchmark say together."""

import pytest

from bench.figures import Line, Run, fit, ratio, summaries

RUN = Run(
    variant="petcam",
    clip="720",
    viewers=1,
    seconds=10,
    cpu_s=0.2,
    frames=300,
    expected=300,
    due=300,
    exact=300,
    lost=0,
    packets=2000,
    longest_gap_ms=40,
    resident_bytes=70_000_000,
    other_cores=0.1,
)


def run(**changes) -> Run:
    """A run that is like RUN but for `changes`."""
    return Run(**{name: changes.get(name, getattr(RUN, name)) for name in RUN.__slots__})


def test_the_fit_finds_base_and_slope_of_points_on_a_line():
    line = fit({1: 2.5, 5: 4.5, 20: 12.0})

    assert line == Line(pytest.approx(2.0), pytest.approx(0.5))


def test_the_fit_of_scattered_points_is_the_least_squares_line():
    line = fit({0: 0.0, 1: 2.0, 2: 1.0, 3: 3.0})

    assert line == Line(pytest.approx(0.3), pytest.approx(0.8))


def test_one_number_of_viewers_has_no_slope():
    assert fit({20: 8.0}) is None


def test_a_summary_takes_the_median_of_the_repetitions():
    runs = [run(viewers=1, cpu_s=cpu_s) for cpu_s in (0.1, 0.2, 0.9)]
    runs += [run(viewers=5, cpu_s=cpu_s) for cpu_s in (0.6, 0.6, 0.1)]

    [found] = summaries(runs)

    assert found.percent == {1: pytest.approx(2.0), 5: pytest.approx(6.0)}
    assert found.cpu == Line(pytest.approx(1.0), pytest.approx(1.0))
    assert found.repetitions == 3


def test_a_summary_tells_the_worst_delivery_and_any_wrong_bit():
    runs = [run(), run(viewers=5, frames=1450, expected=1500, exact=1449, lost=12)]

    [found] = summaries(runs)

    assert found.delivered == pytest.approx(1450 / 1500)
    assert found.is_exact is False
    assert found.lost == 12


def test_nothing_is_said_of_bits_that_nobody_compared():
    [found] = summaries([run(exact=None)])

    assert found.is_exact is None


def test_the_ratio_compares_what_one_viewer_more_costs():
    own = [run(viewers=1, cpu_s=0.2), run(viewers=11, cpu_s=0.5)]
    other = [run(variant="pion", viewers=n, cpu_s=s) for n, s in ((1, 0.3), (11, 0.9))]

    mine, theirs = summaries([*own, *other])

    assert ratio(mine, theirs) == pytest.approx(0.5)
    assert ratio(mine, None) is None


def test_runs_that_were_not_in_real_time_are_left_out_of_the_line():
    runs = [run(viewers=n, cpu_s=s) for n, s in ((1, 0.2), (11, 0.5))]
    runs.append(run(viewers=50, cpu_s=0.9, frames=9000, expected=9000, due=15000))

    [found] = summaries(runs)

    assert found.overloaded == {50}
    assert found.cpu == Line(pytest.approx(1.7), pytest.approx(0.3))
