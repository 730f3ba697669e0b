"""The socket of an open history page: says which visits to look up again, and nothing else."""

import asyncio

from channels.db import database_sync_to_async

from detections.homes import HomeGrant, HomeNotFound, home_for
from detections.messages import VisitChanged, household_group
from streaming.consumers.guarded import BAD_MESSAGE, GuardedConsumer, Refused
from streaming.messages import user_group

# Changes of the same moment are told together; a page that misses some starts anew.
GATHER_S = 0.15
MOST_VISITS = 50


class HistoryConsumer(GuardedConsumer):
    """Sends numbers only: what they stand for, the page asks for as its user."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._changed: dict[int, None] = {}
        self._is_too_much = False
        self._telling: asyncio.Task | None = None

    # The socket

    async def admit(self, *, household: int) -> HomeGrant:
        try:
            await database_sync_to_async(home_for)(self.user, household)
        except HomeNotFound:
            raise Refused from None
        return HomeGrant(household, self.user.pk, self.scope["session"].session_key)

    def groups_to_join(self) -> list[str]:
        return [household_group(self.grant.household_id), user_group(self.user.pk)]

    async def opened(self) -> None:
        await self.send_json({"type": "hello"})

    async def disconnect(self, code: int | None) -> None:
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.wait([self._telling])
        await super().disconnect(code)

    async def receive_command(self, command: dict) -> None:
        match command:
            case {"type": "ping"}:
                await self.send_json({"type": "pong"})
            case _:
                await self.close(code=BAD_MESSAGE)

    # News

    async def visit_changed(self, event: VisitChanged) -> None:
        self._changed[event["visit_id"]] = None
        if len(self._changed) > MOST_VISITS:
            self._is_too_much = True
            self._changed.clear()
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        """Until nothing is left to tell: what changes meanwhile goes with the next message."""
        while self._changed or self._is_too_much:
            await asyncio.sleep(GATHER_S)
            changed, self._changed = self._changed, {}
            is_too_much, self._is_too_much = self._is_too_much, False
            visits = [] if is_too_much else list(changed)
            await self.send_json({"type": "visits", "visits": visits, "anew": is_too_much})
