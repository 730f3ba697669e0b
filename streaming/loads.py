"""How busy the streamers are, as they tell it, and which of them gets the next view."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from channels.layers import get_channel_layer

from streaming.broker import listen
from streaming.messages import LOADS_GROUP, STREAMERS_GROUP, LoadTold, LoadWanted

# The streamer that also tells how cameras are, and makes pictures.
FIRST = 1
TELL_S = 0.5
# Three tellings are missing: it has died, or is as good as dead.
HELD_S = 1.7
# Sending to a viewer costs as much as this rate of pictures does, besides her pictures.
VIEW_KBPS = 10_000
# An offer that is not answered for so long speaks against the streamer.
ANSWER_S = 1.0
# Pages try again sooner than that.
PICK_HELD_S = 10.0


@dataclass(frozen=True, slots=True)
class View:
    """One session of one streamer."""

    session: str
    camera_id: int
    user_id: int
    is_pending: bool


@dataclass(frozen=True, slots=True)
class Load:
    """What a streamer has told last. `told_at_s` is by the clock of whoever heard it."""

    kbps: int
    views: tuple[View, ...]
    told_at_s: float


def load_told(streamer: int, kbps: int, views: Iterable[View], *, is_leaving: bool) -> LoadTold:
    """The message of a streamer whose views cost `kbps`."""
    return {
        "type": "load.told",
        "streamer": streamer,
        "kbps": kbps,
        "views": [(v.session, v.camera_id, v.user_id, v.is_pending) for v in views],
        "is_leaving": is_leaving,
    }


class Loads:
    """What is known of streamers; one that says nothing for HELD_S is forgotten."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._loads: dict[int, Load] = {}

    def take(self, told: LoadTold) -> None:
        """News of a streamer."""
        if told["is_leaving"]:
            self._loads.pop(told["streamer"], None)
        else:
            views = tuple(View(*view) for view in told["views"])
            self._loads[told["streamer"]] = Load(told["kbps"], views, self._now())

    def alive(self) -> dict[int, Load]:
        """The streamers that can be picked."""
        now_s = self._now()
        return {
            streamer: load
            for streamer, load in self._loads.items()
            if now_s - load.told_at_s < HELD_S
        }

    def views(self) -> list[View]:
        """All that these streamers do."""
        return [view for load in self.alive().values() for view in load.views]


@dataclass(slots=True)
class _Pick:
    streamer: int
    at_s: float
    is_answered: bool = False


class Picker:
    """Picks the least loaded of `streamers` for each new session.

    It counts what it has picked itself until the streamer tells it, so that views that start
    together are spread. A streamer that has left an offer without an answer is picked only when
    all have. Knowing nothing of any, it spreads over all. On the event loop.
    """

    def __init__(self, streamers: int, *, now: Callable[[], float] = time.monotonic) -> None:
        self._streamers, self._now = streamers, now
        self._loads = Loads(now=now)
        self._picks: dict[str, _Pick] = {}
        self._hearing: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Hears what streamers tell from now on, for as long as the process lives."""
        if self.is_choice and self._hearing is None:
            self._hearing = asyncio.create_task(
                listen(LOADS_GROUP, take=self.take, on_listening=_ask_all)
            )

    async def stop(self) -> None:
        """Hears no more."""
        if self._hearing is not None:
            self._hearing.cancel()
            await asyncio.wait([self._hearing])
            self._hearing = None

    @property
    def is_choice(self) -> bool:
        """Whether there is anything to pick."""
        return self._streamers > 1

    def knows(self, streamer: int) -> bool:
        """Whether there is one of that number."""
        return FIRST <= streamer <= self._streamers

    def take(self, message: dict) -> None:
        """News of a streamer."""
        if message["type"] != "load.told":
            return
        streamer, is_leaving = message["streamer"], message["is_leaving"]
        listed = {session for session, *_ in message["views"]}
        for session, pick in list(self._picks.items()):
            if pick.streamer == streamer and (is_leaving or session in listed):
                del self._picks[session]
        self._loads.take(message)

    def pick(self, session: str) -> int:
        """The streamer for this session."""
        if not self.is_choice:
            return FIRST
        now_s = self._now()
        self._picks = {
            key: pick for key, pick in self._picks.items() if now_s - pick.at_s < PICK_HELD_S
        }
        alive = self._loads.alive()
        silent = {
            pick.streamer
            for pick in self._picks.values()
            if not pick.is_answered and now_s - pick.at_s > ANSWER_S
        }

        each_kbps = _mean_kbps(alive.values())

        def cost(streamer: int) -> tuple[bool, float]:
            told = alive[streamer].kbps if streamer in alive else 0
            mine = sum(pick.streamer == streamer for pick in self._picks.values())
            return streamer in silent, told + mine * each_kbps

        streamer = min(alive or range(FIRST, self._streamers + 1), key=cost)
        self._picks[session] = _Pick(streamer, now_s)
        return streamer

    def answered(self, session: str) -> None:
        """The streamer has taken the session."""
        if session in self._picks:
            self._picks[session].is_answered = True

    def ended(self, session: str) -> None:
        """The streamer has refused or ended it."""
        self._picks.pop(session, None)

    def left(self, session: str) -> None:
        """The page wants it no more; if because no answer came, that is remembered."""
        pick = self._picks.get(session)
        if pick is not None and (pick.is_answered or self._now() - pick.at_s < ANSWER_S):
            del self._picks[session]


def _mean_kbps(loads: Iterable[Load]) -> float:
    """What a view is believed to cost that nobody has told of."""
    costs = [(load.kbps, len(load.views)) for load in loads]
    views = sum(count for _, count in costs)
    return sum(kbps for kbps, _ in costs) / views if views else VIEW_KBPS


async def _ask_all() -> None:
    message: LoadWanted = {"type": "load.wanted"}
    await get_channel_layer().group_send(STREAMERS_GROUP, message)
