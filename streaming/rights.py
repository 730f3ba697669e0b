"""Asking together whether the sockets of this process may stay open."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from channels.db import database_sync_to_async

from streaming.access import Grant, still_granted

# Who asks within this time is asked for together.
GATHER_S = 0.02


AnyGrant = TypeVar("AnyGrant")


class Rights(Generic[AnyGrant]):
    """Checks the grants of many sockets with one look into the database.

    `look` returns those of the given grants that hold, and may raise what the database raises. On
    the event loop of whoever asks.
    """

    def __init__(self, look: Callable[[Iterable[AnyGrant]], set[AnyGrant]] | None = None) -> None:
        self._look = database_sync_to_async(look or _even_if_disabled)
        self._waiting: dict[AnyGrant, list[asyncio.Future[bool]]] = defaultdict(list)
        self._asking: asyncio.Task[None] | None = None

    async def hold(self, grant: AnyGrant) -> bool:
        """Whether it still holds; unless told otherwise, also for the page of a disabled camera."""
        answer = asyncio.get_running_loop().create_future()
        self._waiting[grant].append(answer)
        self._asking = self._asking or asyncio.create_task(self._ask())
        return await answer

    async def _ask(self) -> None:
        try:
            await asyncio.sleep(GATHER_S)
        finally:
            waiting, self._waiting = self._waiting, defaultdict(list)
            self._asking = None
        try:
            granted = await self._look(list(waiting))
        except Exception as error:  # noqa: BLE001  (it belongs to those who asked)
            for answer in _unanswered(waiting.values()):
                answer.set_exception(error)
        else:
            for grant, answers in waiting.items():
                for answer in _unanswered([answers]):
                    answer.set_result(grant in granted)


def _even_if_disabled(grants: Iterable[Grant]) -> set[Grant]:
    return still_granted(grants, even_disabled=True)


def _unanswered(groups: Iterable[list[asyncio.Future[bool]]]) -> list[asyncio.Future[bool]]:
    return [answer for answers in groups for answer in answers if not answer.done()]
