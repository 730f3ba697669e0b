"""Makes a clip or a time-lapse as a program: python -m recordings.files.export_program

The job comes by standard input as JSON. Standard output gets JSON lines: {"progress": percent}
while it works, and last either {"made": ...} or {"refused": why, for people}. It takes only what
nobody else wants of the machine, and it ends, leaving no file, when nobody reads its lines.
"""

import contextlib
import errno
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TextIO

import av

from recordings.files.clip_writer import ClipRefused, Made, OnProgress, copy_clip, encode_clip
from recordings.files.jobs import Job
from recordings.files.timelapse import Film, make_timelapse
from streaming.media.priority import step_back

_FULL = (errno.ENOSPC, errno.EDQUOT)
_WIDEST_PX = 3840


def do(job: Job, on_progress: OnProgress) -> Made:
    """Makes the file. Raises ClipRefused, for whatever reason there will be none."""
    try:
        if job.way == "copy":
            return copy_clip(job.pieces, job.target, on_progress=on_progress, began_at=job.began_at)
        if job.way == "timelapse":
            return make_timelapse(
                job.pieces, job.target, on_progress=on_progress, film=Film(), began_at=job.began_at
            )
        return encode_clip(
            job.pieces,
            job.target,
            on_progress=on_progress,
            width_px=_WIDEST_PX,
            began_at=job.began_at,
        )
    except BrokenPipeError:
        raise
    except (OSError, av.FFmpegError) as error:
        if error.errno in _FULL:
            raise ClipRefused("The disk is full.") from error
        raise ClipRefused(f"It could not be made: {error.strerror}.") from error


def percents(tell: Callable[[dict[str, Any]], None]) -> OnProgress:
    """Tells each percent once."""
    told = -1

    def on_progress(share: float) -> None:
        nonlocal told
        if (percent := int(100 * share)) > told:
            told = percent
            tell({"progress": percent})

    return on_progress


def run(job: Job, out: TextIO) -> None:
    """Does the job, and writes the lines."""

    def tell(line: dict[str, Any]) -> None:
        out.write(json.dumps(line) + "\n")
        out.flush()

    try:
        tell({"made": asdict(do(job, percents(tell)))})
    except ClipRefused as reason:
        tell({"refused": str(reason)})


if __name__ == "__main__":
    # Linux: SCHED_IDLE, with which reading and writing wait for others', too.
    step_back(niceness=19)
    with contextlib.suppress(BrokenPipeError):
        run(Job.of_json(sys.stdin.read()), sys.stdout)
