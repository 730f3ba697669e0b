"""What goes and what stays, as tables; no disk, no clock."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from recordings.files.retention import (
    JUMP,
    CameraLimits,
    Decision,
    Growth,
    Limits,
    StoredSegment,
    Used,
    forecast,
    next_ages_at,
    plan,
)

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MB = 1_000_000
KITCHEN, HALL = 1, 2
TWO_DAYS = Limits({KITCHEN: CameraLimits(2 * DAY), HALL: CameraLimits(7 * DAY)})


def segments(*told: tuple[int, timedelta], size: int = 10) -> list[StoredSegment]:
    """Of such a camera and age each, numbered in the order that they are told."""
    return [
        StoredSegment(UUID(int=number), camera, NOW - age, size)
        for number, (camera, age) in enumerate(told)
    ]


def used(stored: Iterable[StoredSegment], **more: int) -> Used:
    by_camera = {KITCHEN: 0, HALL: 0}
    for segment in stored:
        by_camera[segment.camera_id] = by_camera.get(segment.camera_id, 0) + segment.bytes
    return Used(by_camera, **more)


def gone(decisions: list[Decision]) -> dict[int, str]:
    return {decision.segment_id.int: decision.reason for decision in decisions}


OLDEST_FIRST = segments(
    (KITCHEN, 8 * DAY), (HALL, 8 * DAY), (HALL, 3 * DAY), (KITCHEN, 3 * DAY), (KITCHEN, DAY),
    (HALL, HOUR), (KITCHEN, HOUR),
)  # fmt: skip


@pytest.mark.parametrize(
    ("limits", "more", "expected"),
    [
        pytest.param(TWO_DAYS, {}, {0: "age", 1: "age", 3: "age"}, id="each camera's own age"),
        pytest.param(
            Limits({KITCHEN: CameraLimits(30 * DAY), HALL: CameraLimits(30 * DAY)}),
            {},
            {},
            id="nothing is old",
        ),
        pytest.param(
            Limits({KITCHEN: CameraLimits(30 * DAY, 25), HALL: CameraLimits(30 * DAY)}),
            {},
            {0: "camera_quota", 3: "camera_quota"},
            id="a camera's quota costs that camera's oldest",
        ),
        pytest.param(
            Limits({KITCHEN: CameraLimits(30 * DAY), HALL: CameraLimits(30 * DAY)}, 40),
            {},
            {0: "quota", 1: "quota", 2: "quota"},
            id="the quota for all costs the oldest of all",
        ),
        pytest.param(
            Limits({KITCHEN: CameraLimits(30 * DAY), HALL: CameraLimits(30 * DAY)}, 70),
            {"others": 15},
            {0: "quota", 1: "quota"},
            id="what belongs to no camera counts",
        ),
        pytest.param(
            Limits({KITCHEN: CameraLimits(30 * DAY), HALL: CameraLimits(30 * DAY)}),
            {"short": 11},
            {0: "quota", 1: "quota"},
            id="a disk too full costs the oldest of all",
        ),
        pytest.param(
            Limits({KITCHEN: CameraLimits(2 * DAY), HALL: CameraLimits(30 * DAY)}, 50),
            {},
            {0: "age", 1: "quota", 3: "age"},
            id="what goes by age counts for the quota",
        ),
        pytest.param(
            Limits({KITCHEN: CameraLimits(30 * DAY), HALL: CameraLimits(30 * DAY)}, 1),
            {},
            dict.fromkeys(range(7), "quota"),
            id="a quota too small takes all that may go",
        ),
    ],
)
def test_what_goes_is_what_is_too_old_or_too_much(limits, more, expected):
    assert gone(plan(OLDEST_FIRST, used(OLDEST_FIRST, **more), limits, NOW)) == expected


def test_no_more_rows_are_read_than_matter():
    read = []

    def rows():
        for segment in OLDEST_FIRST:
            read.append(segment.segment_id.int)
            yield segment

    plan(rows(), used(OLDEST_FIRST), TWO_DAYS, NOW)

    assert read == [0, 1, 2, 3, 4]


def test_what_a_camera_recorded_goes_with_it():
    stored = segments((HALL, DAY), (HALL, HOUR), (KITCHEN, DAY))

    decisions = plan(stored, used(stored), Limits({KITCHEN: CameraLimits(7 * DAY)}, 15), NOW)

    assert gone(decisions) == {0: "camera_gone", 1: "camera_gone"}


def test_who_was_recorded_by_a_clock_that_stood_in_1970_is_not_old():
    stored = segments((KITCHEN, 3 * HOUR), (KITCHEN, 56 * 365 * DAY), (KITCHEN, HOUR))

    assert gone(plan(stored, used(stored), TWO_DAYS, NOW)) == {}


def test_who_was_recorded_by_a_clock_that_went_ahead_makes_nobody_else_young():
    stored = segments((KITCHEN, -365 * DAY), (KITCHEN, 3 * DAY), (KITCHEN, HOUR))

    assert gone(plan(stored, used(stored), TWO_DAYS, NOW)) == {1: "age"}


@pytest.mark.parametrize(
    ("passed", "lag", "expected_lag"),
    [
        pytest.param(MINUTE, 0 * DAY, 0 * DAY, id="time passes"),
        pytest.param(HOUR, 0 * DAY, HOUR, id="an hour ahead is waited for"),
        pytest.param(365 * DAY, 0 * DAY, 365 * DAY, id="a year ahead, too"),
        pytest.param(JUMP, 0 * DAY, 0 * DAY, id="ten minutes are no jump"),
        pytest.param(-HOUR, 0 * DAY, 0 * DAY, id="back is followed"),
        pytest.param(-20_000 * DAY, 0 * DAY, 0 * DAY, id="to 1970, too"),
        pytest.param(MINUTE, HOUR, HOUR - MINUTE, id="it catches up as fast as time passes"),
        pytest.param(MINUTE, MINUTE / 2, 0 * DAY, id="and no farther"),
        pytest.param(-MINUTE, HOUR, HOUR - MINUTE, id="back comes nearer"),
    ],
)
def test_the_time_that_ages_count_by(passed, lag, expected_lag):
    now = NOW + passed

    assert now - next_ages_at(now, NOW, NOW - lag) == expected_lag


def test_the_first_look_believes_the_clock():
    assert next_ages_at(NOW, None, None) == NOW


class Box:
    """A simulated recorder of one camera, a segment of 15 MB a minute, that keeps 2 days."""

    def __init__(self) -> None:
        self.limits = Limits({KITCHEN: CameraLimits(2 * DAY)})
        self.stored: list[StoredSegment] = []
        self.now, self.looked_at, self.ages_at = NOW, NOW, NOW
        self._number = 0

    def run(self, time: timedelta) -> int:
        """How many segments went meanwhile."""
        before = len(self.stored)
        minutes = time // MINUTE
        for _ in range(minutes):
            self.now += MINUTE
            self._number += 1
            self.stored.append(StoredSegment(UUID(int=self._number), KITCHEN, self.now, 15 * MB))
            self.look()
        return before + minutes - len(self.stored)

    def look(self) -> None:
        self.ages_at = next_ages_at(self.now, self.looked_at, self.ages_at)
        self.looked_at = self.now
        going = plan(self.stored, used(self.stored), self.limits, self.ages_at)
        ids = {decision.segment_id for decision in going}
        self.stored = [one for one in self.stored if one.segment_id not in ids]


@pytest.mark.parametrize("jump", [HOUR, DAY, 365 * DAY, -HOUR, -20_000 * DAY])
def test_a_clock_that_jumps_and_is_put_right_an_hour_later_costs_no_more_than_the_hour(jump):
    box = Box()
    box.run(2 * DAY + HOUR)
    box.now += jump

    went = box.run(HOUR)
    box.now -= jump
    went += box.run(HOUR)

    assert went <= (2 * HOUR + HOUR) // MINUTE


def test_after_two_days_off_retention_catches_up_within_two_days():
    box = Box()
    box.run(2 * DAY)
    box.now += 2 * DAY

    box.run(2 * DAY + HOUR)

    assert len(box.stored) == 2 * DAY // MINUTE + 1


def test_what_will_be_written_is_as_much_as_lately_however_often_somebody_looks():
    growth = Growth(30)
    assert growth.expected(1000, 0) == 0
    # 10 bytes a second.
    assert growth.expected(1300, 30) == 300
    assert [growth.expected(1300 + 10 * s, 30 + s) for s in (1, 2, 3, 20)] == [300] * 4
    assert growth.expected(4300, 330) == 300
    # A camera that begins anew counts anew.
    assert growth.expected(0, 360) == 0


def test_forecast_of_nothing_is_nothing():
    assert forecast({}, TWO_DAYS, None).reach is None
    assert forecast({KITCHEN: 0}, TWO_DAYS, 100).cameras == {}
    assert forecast({3: 10}, TWO_DAYS, 100).cameras == {}


@pytest.mark.parametrize(
    ("rates", "room", "expected", "by"),
    [
        pytest.param({KITCHEN: 10, HALL: 10}, None, (2, 7), "age", id="room without end"),
        pytest.param({KITCHEN: 10, HALL: 10}, 90, (2, 7), "age", id="just room enough"),
        pytest.param({KITCHEN: 10, HALL: 10}, 60, (2, 4), "room", id="the hall's ends sooner"),
        pytest.param({KITCHEN: 10, HALL: 30}, 40, (1, 1), "room", id="both end together"),
        pytest.param({KITCHEN: 10, HALL: 30}, 0, (0, 0), "room", id="no room"),
    ],
)
def test_forecast(rates, room, expected, by):
    found = forecast(rates, TWO_DAYS, room)

    days = tuple(found.cameras[camera] / DAY for camera in (KITCHEN, HALL))
    assert days == pytest.approx(expected)
    assert found.by == by
    assert found.reach == min(found.cameras.values())


def test_forecast_knows_a_camera_s_own_quota():
    limits = Limits({KITCHEN: CameraLimits(10 * DAY, quota_bytes=30)})

    found = forecast({KITCHEN: 10}, limits, None)
    assert (found.reach, found.by) == (3 * DAY, "limit")
