"""The steps of the show, in order."""

from collections.abc import Callable
from dataclasses import dataclass

from tools.show import faults, playing, proofs, screenshots, sources, starting
from tools.show.stage import Stage


@dataclass(frozen=True)
class Step:
    """Something that is measured; `measure` adds rows to the stage's table."""

    name: str
    title: str
    measure: Callable[[Stage], None]
    deadline_s: float


STEPS = [
    Step("start", "fresh clone, make run, moving picture", starting.cold_start, 420),
    Step("again", "the second make run", starting.second_start, 60),
    Step("viewers", "three viewers for a minute", playing.three_viewers, 150),
    Step("clicks", "click to first frame", playing.clicks, 120),
    Step("cpu", "CPU with five viewers", playing.cpu_of_five_viewers, 120),
    Step("kills", "kill -9 of each process while watching", faults.kills, 180),
    Step("firefox", "Firefox", playing.firefox, 90),
    Step("screenshots", "screenshots of every page", screenshots.take_all, 180),
    Step("copy", "bridge CPU for an RTSP copy", sources.rtsp_copy, 150),
    Step("producers", "C producers play in Chromium", sources.c_producers, 120),
    Step("rtsp", "1080p High-profile RTSP camera", sources.rtsp_1080p, 120),
    Step("fuzz", "fuzzed slots, NAL units and SDP", proofs.fuzz, 150),
    Step("udp", "UDP blocked; MSE off as well", faults.udp_blocked, 150),
    Step("orphans", "kill -9 of the supervisor", starting.killed_supervisor, 90),
    Step("ring", "racing reads of the frame ring", proofs.ring_race, 240),
    Step("access", "the access table", proofs.access_table, 180),
    Step("tests", "make test", starting.make_test, 900),
]
