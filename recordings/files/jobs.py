"""What is to be made of which recordings, as it is told to the program that makes it.

Whoever asks needs nothing that decodes.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

Way = Literal["copy", "encode", "timelapse"]


@dataclass(frozen=True, slots=True)
class Piece:
    """What is wanted of one segment: its frames from `from_90k` until before `to_90k`.

    Both are media times (90 kHz). With `follows` the piece before counts by the same clock, and
    nothing is missing between the two.
    """

    path: Path
    from_90k: int
    to_90k: int
    follows: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """What to make of which pieces, and where; `began_at` is written into the file."""

    way: Way
    pieces: tuple[Piece, ...]
    target: Path
    began_at: datetime | None = None

    def as_json(self) -> str:
        """For the program's standard input."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def of_json(cls, text: str) -> "Job":
        """What `as_json` wrote."""
        told = json.loads(text)
        pieces = tuple(Piece(**piece | {"path": Path(piece["path"])}) for piece in told["pieces"])
        began_at = told["began_at"] and datetime.fromisoformat(told["began_at"])
        return cls(told["way"], pieces, Path(told["target"]), began_at)
