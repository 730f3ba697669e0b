"""A recorder that is killed: what it had taken is there but for the last moment, and plays."""

import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.waiting import until
from tests.recordings.homes import CHANGING_UNITS, DEADLINE_S, MOST_LOST_90K, Home, Row
from tests.recordings.loop_disks import LoopDisk, NoLoopDisk


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    with tempfile.TemporaryDirectory() as folder, Home(Path(folder)) as home:
        yield home


@pytest.fixture
def disk(tmp_path) -> Iterator[LoopDisk]:
    try:
        with LoopDisk(tmp_path, megabytes=64) as disk:
            yield disk
    except NoLoopDisk as error:
        pytest.skip(str(error))


def check(home: Home) -> list[Row]:
    """That rows and files agree, do not overlap, and all that they hold decodes; whole rows."""
    assert home.disagreements() == []
    rows = [row for row in home.rows() if row.state != "lost"]
    assert {row.state for row in rows} == {"complete"}
    assert [flaw for row in rows for flaw in home.flaws(row)] == []
    return rows


def test_killed_at_any_moment_it_loses_at_most_a_second(home):
    lost = []
    for run in range(4):
        with home.recorder() as recorder:
            home.wait_until_recorded()
            time.sleep(run * 0.3)
            recorder.kill()
            taken_90k = home.written_90k[-1]
            recorder.wait()
        lost.append(taken_90k - home.newest_90k())
    with home.recorder() as recorder:
        home.wait_until_recorded()
        recorder.send_signal(signal.SIGTERM)
        ended = recorder.wait(DEADLINE_S)

    assert max(lost) <= MOST_LOST_90K
    assert ended == 0
    assert len(check(home)) >= 5


@pytest.mark.parametrize("point", ["after_row_insert", "after_init_write", "after_row_complete"])
def test_killed_where_a_segment_begins_or_ends_rows_and_files_agree_afterwards(home, point):
    with home.recorder(PETCAM_FAULTPOINT=point) as recorder:
        if point == "after_row_complete":
            home.wait_until_recorded()
            recorder.send_signal(signal.SIGTERM)
        assert recorder.wait(DEADLINE_S) == -signal.SIGKILL
    with home.recorder() as recorder:
        home.wait_until_recorded()
        recorder.send_signal(signal.SIGTERM)
        assert recorder.wait(DEADLINE_S) == 0

    check(home)


def test_after_a_power_cut_at_most_two_seconds_are_missing(tmp_path, disk):
    """The disk has the recordings and the database."""
    with Home(tmp_path, data_dir=disk.root / "data") as home:
        with home.recorder() as recorder:
            home.wait_until_recorded()
            time.sleep(0.7)
            disk.cut_power()
            taken_90k = home.written_90k[-1]
            recorder.kill()
            recorder.wait()
        disk.unmount()
        disk.mount()
        with home.recorder() as recorder:
            home.wait_until_recorded()
            recorder.send_signal(signal.SIGTERM)
            assert recorder.wait(DEADLINE_S) == 0

        before, after = check(home)
        assert taken_90k - before.end_90k <= 2 * MOST_LOST_90K
        assert after.start_90k > taken_90k


def test_while_the_database_is_locked_it_records_and_tells_all_of_it_afterwards(tmp_path):
    with Home(tmp_path, pictures=CHANGING_UNITS) as home, home.recorder() as recorder:
        home.wait_until_recorded()
        with home.locked():
            # Longer than anybody waits for SQLite, and segments begin and end meanwhile.
            time.sleep(8)
            behind_90k = home.written_90k[-1] - home.newest_90k()
            until_90k = home.newest_90k()
        told = lambda: home.rows()[-1].end_90k >= until_90k and not home.disagreements()  # noqa: E731
        until(told, "rows of all files", within_s=10)
        recorder.send_signal(signal.SIGTERM)
        assert recorder.wait(DEADLINE_S) == 0

        assert behind_90k <= MOST_LOST_90K
        rows = check(home)
        assert len(rows) >= 4
        assert all(a.end_90k == b.start_90k for a, b in zip(rows, rows[1:], strict=False))
