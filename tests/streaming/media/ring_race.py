"""A reader against a writer that overwrites as fast as it can: no torn unit may come out.

    python -m tests.streaming.media.ring_race --reads 1000000 [--writer python|c]

Each unit is its own sequence number, over and over: two pieces of different units show. Prints
one line of JSON; exits 1 if a torn unit was given out.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from streaming.media.access_unit import AccessUnit
from streaming.media.ring import RingReader, RingWriter
from tests.streaming.media.producers import compiled

_FOREVER = 10**12
_RING_BYTES = 1 << 16
# Units are 4 kB on average.
_UNITS_IN_RING = 15


@dataclass
class RaceResult:
    """`reads` are attempts on a unit: given out, refused because torn, or overwritten."""

    writer: str
    reads: int = 0
    given_out: int = 0
    refused: int = 0
    torn_given_out: int = 0
    seconds: float = 0.0


def proves_itself(unit: AccessUnit) -> bool:
    """Whether the unit is whole and the one that it says it is."""
    word = unit.sequence.to_bytes(8, "little")
    return len(unit.data) > 0 and unit.data == word * (len(unit.data) // 8)


class TailReader(RingReader):
    """Reads what the writer is just about to overwrite, again and again."""

    def go_to_tail(self) -> None:
        """Let the next `poll` start where the next payload will go."""
        if self._header:
            self._position = max(0, self._header.head - _UNITS_IN_RING)
            self._wants_keyframe = False


def race(reads: int, *, writer: str, max_seconds: float = 600) -> RaceResult:
    """Read until there were this many attempts. Raises TimeoutError after `max_seconds`."""
    result = RaceResult(writer)
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        path = Path(folder) / "race.ring"
        with subprocess.Popen(_command(writer, path), cwd=Path(__file__).parents[3]) as process:
            try:
                with closing(TailReader(path)) as reader:
                    _read(reader, result, reads, begin + max_seconds)
            finally:
                process.kill()
    result.seconds = round(time.monotonic() - begin, 2)
    return result


def _read(reader: TailReader, result: RaceResult, reads: int, deadline: float) -> None:
    refused_before = 0
    while result.reads < reads:
        reader.go_to_tail()
        units = reader.poll()
        result.given_out += len(units)
        result.torn_given_out += sum(not proves_itself(unit) for unit in units)
        status = reader.status
        result.refused += status.torn + status.overruns - refused_before
        refused_before = status.torn + status.overruns
        result.reads = result.given_out + result.refused
        if time.monotonic() > deadline:
            raise TimeoutError(f"only {result.reads} reads: {asdict(result)}")


def _command(writer: str, path: Path) -> list[str]:
    if writer == "c":
        return [str(compiled("ours")), str(path), "-", str(_FOREVER)]
    return [sys.executable, "-m", __spec__.name if __spec__ else __name__, "--write", str(path)]


def write_for_ever(path: Path) -> None:
    """Write small units of changing size into a small ring until killed."""
    with closing(RingWriter(path, payload_bytes=_RING_BYTES, slots=32)) as writer:
        for number in range(_FOREVER):
            data = number.to_bytes(8, "little") * (16 + number * 7919 % 1000)
            writer.write(AccessUnit(data, number, number, number % 5 == 0, 1, 1))


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--reads", type=int, default=1_000_000)
    parser.add_argument("--writer", choices=["python", "c"], default="python")
    parser.add_argument("--write", type=Path, help="be the writer, until killed")
    options = parser.parse_args()
    if options.write:
        write_for_ever(options.write)
    result = race(options.reads, writer=options.writer)
    sys.stdout.write(json.dumps(asdict(result)) + "\n")
    return 1 if result.torn_given_out else 0


if __name__ == "__main__":
    sys.exit(main())
