import io
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recordings.files.export_program import run
from recordings.files.jobs import Job, Piece
from tests.recordings.files.segments import write_segment
from tests.recordings.files.test_clip_writer import UNITS, at, pictures_of

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = (sys.executable, "-m", "recordings.files.export_program")


@pytest.fixture
def job(tmp_path: Path) -> Job:
    segment, _ = write_segment(tmp_path, UNITS)
    piece = Piece(segment, at(30), at(90))
    return Job("copy", (piece,), tmp_path / "clip.mp4", datetime(2026, 11, 22, tzinfo=UTC))


def lines_of(job: Job) -> list[dict]:
    out = io.StringIO()
    run(job, out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_job_survives_the_way_to_the_program(job):
    assert Job.of_json(job.as_json()) == job


@pytest.mark.parametrize("way", ["copy", "encode", "timelapse"])
def test_the_program_makes_the_file_and_tells_how_far_it_is(tmp_path, job, way):
    job = Job(way, job.pieces, job.target)

    done = subprocess.run(
        PROGRAM, input=job.as_json(), capture_output=True, text=True, cwd=ROOT, timeout=60
    )

    assert (done.returncode, done.stderr) == (0, "")
    *progress, last = [json.loads(line) for line in done.stdout.splitlines()]
    percents = [line["progress"] for line in progress]
    assert percents == sorted(set(percents))
    assert last["made"]["frames"] == len(pictures_of(job.target)) == (2 if way[0] == "t" else 60)


def test_the_program_takes_only_what_nobody_else_wants():
    with subprocess.Popen(PROGRAM, stdin=subprocess.PIPE, cwd=ROOT) as program:
        deadline_s = time.monotonic() + 30
        while (policy := os.sched_getscheduler(program.pid)) != os.SCHED_IDLE:
            assert time.monotonic() < deadline_s
            time.sleep(0.01)
        niceness = os.getpriority(os.PRIO_PROCESS, program.pid)
        program.kill()

    assert (policy, niceness) == (os.SCHED_IDLE, 19)


def test_why_there_is_no_clip_is_told_in_words(tmp_path, job):
    nothing = Job("copy", (), job.target)
    assert lines_of(nothing) == [{"refused": "Nothing was recorded in this time."}]

    nowhere = Job("copy", job.pieces, tmp_path / "no folder" / "clip.mp4")
    assert lines_of(nowhere) == [{"refused": "It could not be made: No such file or directory."}]


def test_it_ends_without_a_file_when_nobody_listens(tmp_path, job):
    before = sorted(tmp_path.iterdir())
    child = subprocess.Popen(
        PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    )
    assert child.stdin and child.stdout and child.stderr
    child.stdout.close()
    child.stdin.write(job.as_json().encode())
    child.stdin.close()

    complaints = child.stderr.read()
    child.stderr.close()
    child.wait(60)
    assert b"Traceback" not in complaints
    assert sorted(tmp_path.iterdir()) == before
