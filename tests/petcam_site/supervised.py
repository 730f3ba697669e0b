"""A supervisor of small programs in a process of its own: supervised.py '[{"name": ...}, ...]'."""

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


async def main(programs: list[Program]) -> None:
    keeper = Keeper()
    await supervise(
        programs,
        keeper=keeper,
        stop=stop_on_signals(),
        say=say_on_stderr,
        on_ready=lambda: print("all ready", file=sys.stderr, flush=True),  # noqa: T201  (the result)
    )
    keeper.close()


if __name__ == "__main__":
    asyncio.run(main([Program(**fields) for fields in json.loads(sys.argv[1])]))
