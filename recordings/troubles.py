"""Everything that can keep a camera from being recorded, by name."""

from typing import Literal

from recordings.files.disk import DiskProblem
from streaming.media.problems import B_FRAMES, Problem

DISK_FULL = Problem(
    "disk-full",
    "The disk for recordings is full: nothing new is recorded.",
    "Delete clips, take stars away, or make room on the disk; recording goes on by itself.",
)
READ_ONLY = Problem(
    "read-only",
    "The disk for recordings can only be read: nothing is recorded.",
    "Look at the system's log: a damaged disk is often mounted that way.",
)
IO_ERROR = Problem(
    "io-error",
    "The disk for recordings fails: some or all is not recorded.",
    "Look at the system's log, and save what matters to another disk.",
)
TOO_SLOW = Problem(
    "too-slow",
    "The disk for recordings is too slow: some of the pictures are left out.",
    "Give recordings a faster disk, or record fewer cameras.",
)
STORE_MISSING = Problem(
    "store-missing",
    "The folder for recordings is not there, or its disk is not mounted: nothing is recorded.",
    "Mount the disk; recording goes on by itself. For a new, empty one see docs/operations.md.",
)
STORE_FOREIGN = Problem(
    "store-foreign",
    "The folder for recordings belongs to another Petcam or to other programs.",
    "Set PETCAM_RECORDINGS_DIR to a folder of its own.",
)
DATABASE_AWAY = Problem(
    "database-away",
    "The database does not answer. Recording goes on, and shows when it is back.",
)
NO_DATABASE = Problem(
    "no-database",
    "The database does not answer: nothing is recorded yet.",
    "Start the database; recording begins by itself.",
)

DISK_PROBLEMS: dict[DiskProblem, Problem] = {
    "disk_full": DISK_FULL,
    "read_only": READ_ONLY,
    "io_error": IO_ERROR,
}
STORE_PROBLEMS: dict[Literal["missing", "foreign"], Problem] = {
    "missing": STORE_MISSING,
    "foreign": STORE_FOREIGN,
}
# What the recorder raises alerts of, and ends.
CODES = frozenset(
    problem.code
    for problem in (
        *DISK_PROBLEMS.values(),
        *STORE_PROBLEMS.values(),
        TOO_SLOW,
        DATABASE_AWAY,
        NO_DATABASE,
        B_FRAMES,
    )
)
