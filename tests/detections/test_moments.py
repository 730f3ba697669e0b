"""Times of other programs become media times."""

import pytest

from detections.moments import Moments, WrongTime
from detections.payloads import Message

NS = 1_000_000_000
# A machine that has run for an hour, on some day in 2026.
UP_NS, WALL_NS = 3600 * NS, 1_780_000_000 * NS


class Clocks:
    """Two clocks that tick a microsecond whenever somebody looks."""

    def __init__(self) -> None:
        self.ticks, self.set_by_ns = 0, 0

    def monotonic_ns(self) -> int:
        self.ticks += 1000
        return UP_NS + self.ticks

    def wall_ns(self) -> int:
        self.ticks += 1000
        return WALL_NS + self.ticks + self.set_by_ns


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def moments(clocks: Clocks) -> Moments:
    return Moments(clocks.monotonic_ns, clocks.wall_ns)


def message(**time: float) -> Message:
    return Message.model_validate({"detections": [], **time})


def test_a_media_time_stays_what_it_is(moments):
    assert moments.media_time(message(t=123456789)) == 123456789


def test_a_media_time_goes_before_a_timestamp(moments):
    assert moments.media_time(message(t=5, timestamp=9.0)) == 5


def test_a_monotonic_timestamp_counts_ninety_thousand_a_second(moments):
    assert moments.media_time(message(timestamp=3599.5)) == 3599.5 * 90_000
    # The seed's frames: 30 a second, told to the nanosecond.
    assert moments.media_time(message(timestamp=100.033333333)) == 9_002_999


def test_a_unix_timestamp_is_mapped_by_this_machines_clocks(moments):
    assert moments.media_time(message(timestamp=WALL_NS / NS - 10)) == 3590 * 90_000


def test_the_same_unix_timestamp_stays_the_same_moment(moments, clocks):
    at = message(timestamp=WALL_NS / NS - 1.23456)
    first = moments.media_time(at)
    for steer_ns in (400_000, 900_000, -5_000_000, 15_000_000):
        clocks.set_by_ns = steer_ns
        assert moments.media_time(at) == first


def test_a_clock_that_was_set_is_followed(moments, clocks):
    moments.media_time(message(timestamp=WALL_NS / NS))
    clocks.set_by_ns = 3600 * NS

    later = moments.media_time(message(timestamp=WALL_NS / NS + 3600))

    assert later == pytest.approx(UP_NS / NS * 90_000, abs=90)


def test_a_time_that_cannot_be_is_refused_in_words(moments):
    with pytest.raises(WrongTime, match="is 60 s in the future: compare the clocks"):
        moments.media_time(message(timestamp=WALL_NS / NS + 60))
    with pytest.raises(WrongTime, match="is before the camera's machine started"):
        moments.media_time(message(timestamp=WALL_NS / NS - 7200))


def test_the_present_may_be_a_little_ahead(moments):
    ahead = moments.media_time(message(timestamp=WALL_NS / NS + 1))

    assert ahead == pytest.approx(3601 * 90_000, abs=90)
