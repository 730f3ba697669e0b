import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from recordings.files.faultpoints import FAULT_POINTS, FaultPoints
from recordings.files.names import Store
from recordings.files.scan import repair, scan
from tests.streaming.media.moving_picture import encoded_units

# Those that the files pass by themselves; the others are about rows.
OF_FILES = [
    point
    for point in FAULT_POINTS
    if not point.startswith("after_row") and point != "after_quarantine"
]
UNITS = encoded_units(60)


@pytest.fixture(scope="module")
def units_file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("units") / "units"
    path.write_bytes(pickle.dumps(UNITS))
    return path


def run(units_file: Path, root: Path, point: str) -> int:
    command = [sys.executable, "-m", "tests.recordings.files.killed_writer", units_file, root]
    environment = {**os.environ, "PETCAM_FAULTPOINT": point}
    return subprocess.run(command, env=environment, timeout=60, check=False).returncode


@pytest.mark.parametrize(
    "point", [*OF_FILES, "after_data_sync:2", "after_fragment_write:3", "after_init_write:2"]
)
def test_a_writer_killed_there_leaves_what_can_be_repaired(units_file, tmp_path, point):
    assert run(units_file, tmp_path, point) == -signal.SIGKILL

    frames = 0
    for found in Store(tmp_path).found():
        repaired = repair(found.path)
        if repaired.fragments:
            assert repaired.head is not None
            assert repaired.head.tag.segment == found.segment
            assert scan(found.path).problem == ""
            frames += repaired.frames
    written = {
        "before_fragment_write": 0,
        "after_fragment_write": 15,
        "after_data_sync:2": 15,
        "after_fragment_write:3": 45,
        "after_init_write:2": 30,
        "before_last_sync": 30,
        "after_last_sync": 30,
        "after_unlink": 30,
        "after_unlink_sync": 30,
        "after_repair_truncate": 60,
        "after_repair_sync": 60,
    }
    assert frames == written.get(point, 0)


def test_a_writer_that_nobody_kills_ends(units_file, tmp_path):
    assert run(units_file, tmp_path, "") == 0

    (last,) = Store(tmp_path).found()
    assert scan(last.path).frames == 30


def test_a_point_that_does_not_exist_is_refused():
    with pytest.raises(ValueError):
        FaultPoints("after_lunch")
