"""Places where a test lets the process die, to see that what it leaves behind can be repaired."""

import os
import signal
from typing import Literal, get_args

FaultPoint = Literal[
    # a segment begins
    "after_row_insert",
    "after_file_create",
    "after_folder_sync",
    "after_init_write",
    # it grows
    "before_fragment_write",
    "after_fragment_write",
    "after_data_sync",
    "after_row_grew",
    # it ends
    "before_last_sync",
    "after_last_sync",
    "after_row_complete",
    # it is let go
    "after_row_deleting",
    "after_unlink",
    "after_unlink_sync",
    "after_row_delete",
    # it is repaired
    "after_repair_truncate",
    "after_repair_sync",
    "after_row_repair",
    "after_quarantine",
]
FAULT_POINTS: tuple[str, ...] = get_args(FaultPoint)


class FaultPoints:
    """Kills this process with SIGKILL at one of the points, the first or the nth time there.

    `wanted` is "name" or "name:n"; "" never kills. Raises ValueError for anything else.
    """

    def __init__(self, wanted: str) -> None:
        self._name, _, times = wanted.partition(":")
        if self._name and self._name not in FAULT_POINTS:
            raise ValueError(f"there is no fault point {self._name!r}")
        self._left = int(times or 1)

    def reached(self, name: FaultPoint) -> None:
        if name != self._name:
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


# Of the whole process, and set from outside alone: no code of the product asks to be killed.
faultpoint = FaultPoints(os.environ.get("PETCAM_FAULTPOINT", "")).reached
