"""What the send path keeps of viewers who have gone.

    python -m bench.cycles [--cycles 1000]

Viewers come, get a picture and leave, a few at a time. Prints how memory grows with each of them
and what is left at the end. The process under test is that of bench.viewers' "petcam".
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench import programs, variants
from bench.child import Child
from bench.clips import CLIPS
from bench.figures import fit

AT_ONCE = 5
WATCHED_S = 0.3
# Allocators and caches fill up first.
WARM_UP_SHARE = 0.3
SETTLED_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Kept:
    """`growth_bytes`: resident memory per cycle, by least squares, after the warm-up. `before`
    and `after`: tasks, threads and files without viewers."""

    cycles: int
    growth_bytes: float
    before: dict[str, int]
    after: dict[str, int]

    @property
    def is_back(self) -> bool:
        """Whether no task, thread or file more is in use than before."""
        return all(self.after[name] <= self.before[name] for name in ("tasks", "threads", "files"))


def measure(cycles: int, tell: Callable[[str], None] = lambda text: None) -> Kept:
    """Run so many cycles; about a tenth of a second each."""
    clip = CLIPS["720"]
    readings: dict[int, float] = {}
    with variants.server("petcam", clip) as server:
        come_and_go(server, AT_ONCE)
        before = settled(server, None)
        done = 0
        while done < cycles:
            come_and_go(server, min(50, cycles - done))
            done += 50
            now = settled(server, before)
            readings[done] = now["resident_bytes"]
            if done % 200 == 0:
                tell(f"{done} cycles: {now}")
        after = settled(server, before)
    late = {at: size for at, size in readings.items() if at >= WARM_UP_SHARE * cycles}
    line = fit(late)
    return Kept(cycles, line.slope if line else 0.0, before, after)


def come_and_go(server: Child, viewers: int) -> None:
    """So many viewers, AT_ONCE at a time, each until it has a frame."""
    with Child([programs.receiver(), "-clip", CLIPS["720"].path]) as receiver:
        number = 0
        while number < viewers:
            now = min(AT_ONCE, viewers - number)
            variants.connect(server, receiver, now, already=number)
            time.sleep(WATCHED_S)
            for viewer in range(number, number + now):
                receiver.send(close=viewer)
            number += now
        receiver.send(report=True)
        receiver.message()  # orders are done one by one: everybody has said goodbye


def settled(server: Child, wanted: dict[str, int] | None) -> dict[str, int]:
    """What the server holds once it has noticed that all have gone, or after a while."""
    deadline = time.monotonic() + SETTLED_WITHIN_S
    last: dict[str, int] = {}
    while True:
        server.send(holds=True)
        now = server.message()
        counts = [now[name] for name in ("tasks", "threads", "files")]
        is_calm = counts == [last.get(name) for name in ("tasks", "threads", "files")]
        is_back = wanted is None or all(now[name] <= wanted[name] for name in ("tasks", "files"))
        if (is_calm and is_back) or time.monotonic() > deadline:
            return now
        last = now
        time.sleep(0.5)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="bench.cycles", description=__doc__)
    parser.add_argument("--cycles", type=int, default=1000)
    options = parser.parse_args()
    kept = measure(options.cycles, lambda text: sys.stdout.write(text + "\n"))
    sys.stdout.write(
        f"{kept.cycles} viewers came and went: {kept.growth_bytes / 1000:.2f} kB each; "
        f"before {kept.before}, after {kept.after}\n"
    )


if __name__ == "__main__":
    main()
