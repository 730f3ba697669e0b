"""What one run of the viewer benchmark gives, and what many runs say together. Pure."""

import statistics
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

# At the edges of a window some frames are early or late.
KEPT_UP = 0.95


@dataclass(frozen=True, slots=True)
class Run:
    """One measured window of one server. `expected` frames by their timestamps, `due` by the
    clock; `exact` is None where nobody compares."""

    variant: str
    clip: str
    viewers: int
    seconds: float
    cpu_s: float
    frames: int
    expected: int
    due: int
    exact: int | None
    lost: int
    packets: int
    longest_gap_ms: float
    resident_bytes: int
    other_cores: float  # what everything else on the machine used meanwhile

    @property
    def percent(self) -> float:
        """CPU of the server in percent of one core."""
        return 100 * self.cpu_s / self.seconds

    @property
    def delivered(self) -> float:
        """Frames that arrived whole at once, of those that were due; 1 is all."""
        return self.frames / self.expected if self.expected else 0.0

    @property
    def kept_up(self) -> bool:
        """Whether frames came in real time; if not, the machine was too small for the run."""
        return self.expected >= KEPT_UP * self.due


@dataclass(frozen=True, slots=True)
class Line:
    """cost = base + slope * viewers."""

    base: float
    slope: float


@dataclass(frozen=True, slots=True)
class Summary:
    """All runs of one server with one clip. `percent` maps numbers of viewers to medians.

    `overloaded` are the numbers of viewers at which it did not keep up: those are not in `cpu`.
    """

    variant: str
    clip: str
    percent: dict[int, float]
    overloaded: frozenset[int]
    cpu: Line | None
    resident: Line | None
    delivered: float
    is_exact: bool | None
    lost: int
    repetitions: int
    us_per_packet: float


def fit(points: dict[int, float]) -> Line | None:
    """Least squares; None with fewer than two different abscissas."""
    if len(points) < 2:
        return None
    slope, base = statistics.linear_regression(list(points), list(points.values()))
    return Line(base, slope)


def summaries(runs: Iterable[Run]) -> list[Summary]:
    """One per variant and clip, in order of first appearance."""
    groups: dict[tuple[str, str], list[Run]] = defaultdict(list)
    for run in runs:
        groups[run.clip, run.variant].append(run)
    return [summary(group) for group in groups.values()]


def summary(runs: list[Run]) -> Summary:
    """What the runs of one server with one clip say."""
    by_size: dict[int, list[Run]] = defaultdict(list)
    for run in runs:
        by_size[run.viewers].append(run)
    percent = _medians({size: [r.percent for r in by_size[size]] for size in sorted(by_size)})
    resident = _medians({size: [r.resident_bytes for r in by_size[size]] for size in by_size})
    overloaded = frozenset(
        size for size, group in by_size.items() if not all(run.kept_up for run in group)
    )
    compared = [run for run in runs if run.exact is not None]
    biggest = by_size[max(by_size)]
    packets = sum(run.packets for run in biggest)
    return Summary(
        variant=runs[0].variant,
        clip=runs[0].clip,
        percent=percent,
        overloaded=overloaded,
        cpu=fit({size: cost for size, cost in percent.items() if size not in overloaded}),
        resident=fit(resident),
        delivered=min(run.delivered for run in runs),
        is_exact=all(run.exact == run.frames for run in compared) if compared else None,
        lost=sum(run.lost for run in runs),
        repetitions=min(len(group) for group in by_size.values()),
        us_per_packet=1e6 * sum(run.cpu_s for run in biggest) / packets if packets else 0.0,
    )


def _medians(values: dict[int, list[float]]) -> dict[int, float]:
    return {size: statistics.median(group) for size, group in values.items()}


def ratio(part: Summary | None, whole: Summary | None) -> float | None:
    """Cost of one viewer more, compared; None when either is not known."""
    if part is None or whole is None or part.cpu is None or whole.cpu is None:
        return None
    return part.cpu.slope / whole.cpu.slope if whole.cpu.slope > 0 else None
