"""A supervisor of small programs, in its own process: supervised.py '[[{"name": ...}], ...]'."""

import asyncio
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from petcam_site.keeper import Keeper
from petcam_site.supervisor import (
    Program,
    say_on_stderr,
    stop_on_signals,
    supervise,
)


def tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201  (the result)


def prepare() -> None:
    if Path("unprepared").exists():
        raise RuntimeError("cannot be prepared")
    tell("preparing")


async def main(stages: list[list[Program]]) -> None:
    keeper = Keeper()
    await supervise(
        stages,
        prepare=prepare,
        on_ready=lambda: tell("all ready"),
        keeper=keeper,
        stop=stop_on_signals(),
        say=say_on_stderr,
    )
    keeper.close()


if __name__ == "__main__":
    asyncio.run(main([[Program(**each) for each in stage] for stage in json.loads(sys.argv[1])]))
