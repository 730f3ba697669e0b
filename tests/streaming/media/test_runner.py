import threading
import time

import pytest

from streaming.media.access_unit import AccessUnit
from streaming.media.clock import media_time_90k
from streaming.media.problems import CRASHED, NOT_FOUND, RING_BUSY, STARTING, CameraProblem
from streaming.media.ring import RingReader, RingWriter
from streaming.media.runner import CameraRunner
from tests.streaming.media.cameras import make_config, wait_until
from tests.streaming.media.h264 import encoded

LONG_S = 30


def unit(number):
    capture_ns = time.monotonic_ns()
    data = encoded()[number % 30]
    return AccessUnit(data, capture_ns, media_time_90k(capture_ns), False, 1, 1)


class Pictures:
    """A source that delivers a picture every 5 ms, starting with the one it is told."""

    def __init__(self, first=0):
        self._number = first

    def run(self, on_unit, stop):
        while not stop.wait(0.005):
            on_unit(unit(self._number))
            self._number += 1


class Fails:
    """A source that raises what it is given."""

    def __init__(self, error):
        self._error = error

    def run(self, on_unit, stop):
        raise self._error


class Hangs:
    """A source that does not hear `stop`, as a driver may; it delivers once it is let go."""

    def __init__(self):
        self.release = threading.Event()
        self.delivered = threading.Event()

    def run(self, on_unit, stop):
        self.release.wait(LONG_S)
        on_unit(unit(0))
        self.delivered.set()


@pytest.fixture
def start(tmp_path):
    runners = []

    def start(make_source):
        runner = CameraRunner(make_config(tmp_path), make_source=lambda config: make_source())
        runners.append(runner)
        runner.start()
        return runner

    yield start
    for runner in runners:
        runner.stop()


def test_pictures_reach_the_ring_with_size_and_keyframes(tmp_path, start):
    runner = start(Pictures)
    reader = RingReader(runner.config.ring_path)
    units = []
    wait_until(lambda: units.extend(reader.poll()) or len(units) > 20)

    assert units[0].is_keyframe
    assert not units[1].is_keyframe
    assert (units[0].width, units[0].height) == (320, 240)
    assert runner.state().problem is None
    assert runner.state().counts.units >= 20


def test_pictures_before_the_first_keyframe_are_left_out(start):
    runner = start(lambda: Pictures(first=3))
    reader = RingReader(runner.config.ring_path)
    units = []
    wait_until(lambda: units.extend(reader.poll()) or units)

    assert units[0].is_keyframe
    assert runner.state().counts.dropped == 7


def test_the_ring_goes_when_the_camera_stops(start):
    runner = start(Pictures)
    wait_until(runner.config.ring_path.exists)

    assert runner.stop()
    assert not runner.config.ring_path.exists()


def test_a_named_problem_is_told_and_the_source_runs_again(start):
    sources = iter([Fails(CameraProblem(NOT_FOUND))])
    runner = start(lambda: next(sources, Pictures()))

    wait_until(lambda: runner.state().problem is NOT_FOUND)
    wait_until(lambda: runner.state().problem is None)
    assert runner.state().counts.runs == 2


def test_a_fault_of_a_source_ends_nothing_else(start, caplog):
    sources = iter([Fails(ZeroDivisionError("a fault"))])
    runner = start(lambda: next(sources, Pictures()))

    wait_until(lambda: runner.state().problem is CRASHED)
    wait_until(lambda: runner.state().problem is None)
    assert "ZeroDivisionError" in caplog.text


def test_passwords_stay_out_of_the_log(start, caplog):
    problem = CameraProblem(NOT_FOUND, "rtsp://anna:secret@camera/x")
    runner = start(lambda: Fails(problem))

    wait_until(lambda: "trying again" in caplog.text)
    assert runner.state().problem is NOT_FOUND
    assert "rtsp://***@camera/x" in caplog.text
    assert "secret" not in caplog.text


def test_a_source_that_hangs_is_left_behind_and_writes_no_more(tmp_path):
    source = Hangs()
    runner = CameraRunner(make_config(tmp_path), make_source=lambda config: source)
    runner.start()
    wait_until(runner.config.ring_path.exists)
    assert runner.state().problem is STARTING

    assert not runner.stop(timeout_s=0.1)
    source.release.set()

    assert source.delivered.wait(LONG_S)
    assert not runner.config.ring_path.exists()
    assert runner.state().counts.units == 0


def test_a_ring_that_another_program_writes_is_named(tmp_path, start):
    other = RingWriter(make_config(tmp_path).ring_path, payload_bytes=1 << 20)
    try:
        runner = start(Pictures)
        wait_until(lambda: runner.state().problem is RING_BUSY)
    finally:
        other.close()

    wait_until(lambda: runner.state().problem is None)


def test_a_heartbeat_may_come_at_any_time(tmp_path):
    runner = CameraRunner(make_config(tmp_path), make_source=lambda config: Pictures())

    runner.heartbeat()
    runner.start()
    wait_until(lambda: runner.state().problem is None)
    runner.heartbeat()
    runner.stop()
    runner.heartbeat()
