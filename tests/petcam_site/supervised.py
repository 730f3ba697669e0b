"""A supervisor of small programs, in its own process: supervised.py '[[{"name": ...}], ...]'."""

import asyncio
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from petcam_site.keeper import Keeper
from petcam_site.supervisor import (
    Log,
    Program,
    stop_on_signals,
    supervise,
)


def prepare() -> None:
    Path("prepared").touch()
    if Path("unprepared").exists():
        raise RuntimeError("cannot be prepared")


async def main(stages: list[list[Program]]) -> None:
    keeper, log = Keeper(), Log()
    await supervise(
        stages,
        prepare=prepare,
        on_ready=lambda: log.say("petcam", "all ready"),
        keeper=keeper,
        stop=stop_on_signals(),
        say=log.say,
    )
    keeper.close()
    log.close()


if __name__ == "__main__":
    asyncio.run(main([[Program(**each) for each in stage] for stage in json.loads(sys.argv[1])]))
