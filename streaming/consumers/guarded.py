"""What every socket does: let the right people in, and see that they stay so."""

import asyncio
import contextlib
import json
import logging
import time

from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import Error as DatabaseAway
from redis.exceptions import RedisError

from streaming.access import LoginOf
from streaming.consumers.relay import BROKER_PATIENCE_S
from streaming.media.rate import RateLimit
from streaming.messages import AccessChanged
from streaming.rights import Rights

log = logging.getLogger(__name__)

BAD_MESSAGE, NOT_LOGGED_IN, ACCESS_WITHDRAWN = 4400, 4401, 4403
NOT_FOUND, TOO_MANY_MESSAGES, TRY_AGAIN_LATER = 4404, 4429, 1013

MAX_MESSAGE_BYTES = 32 * 1024
MESSAGES_PER_S = 20
LOOK_AGAIN_S = 5.0
# How long rights that were last seen in the database hold while it cannot be asked.
GRACE_S = 60.0


class Refused(Exception):
    """There is no such thing, or it is not this person's: the same answer for both."""


class GuardedConsumer(AsyncWebsocketConsumer):
    """One page's socket: `user` and `grant` are set once it is open.

    Subclasses implement `admit`, `groups_to_join` and `receive_command`, which gets JSON objects
    with a "type" and must return soon: daphne queues without limit while it runs. They extend
    `opened` and `disconnect`.
    """

    def __init__(self, *args, rights: Rights, **kwargs):
        super().__init__(*args, **kwargs)
        self._rights = rights
        self.user = None
        self.grant: LoginOf | None = None
        self.is_closing = False
        self._limit = RateLimit(MESSAGES_PER_S)
        self._look_again = asyncio.Event()
        self._looking: asyncio.Task | None = None
        self._joined: set[str] = set()

    async def admit(self, **names) -> LoginOf:
        """The grant of `self.user` for what the address names; raises Refused."""
        raise NotImplementedError

    def groups_to_join(self) -> list[str]:
        """The groups whose messages come here; asked once there is a grant."""
        raise NotImplementedError

    async def receive_command(self, command: dict) -> None:
        """A message of the page; close with BAD_MESSAGE when it makes no sense."""
        raise NotImplementedError

    # The socket

    async def connect(self) -> None:
        # Accepted first: a page cannot read the close code of a socket that never opened.
        await self.accept()
        self.user = self.scope["user"]
        if not self.user.is_authenticated:
            await self.close(code=NOT_LOGGED_IN)
            return
        try:
            self.grant = await self.admit(**self.scope["url_route"]["kwargs"])
        except Refused:
            await self.close(code=NOT_FOUND)
            return
        if not await self.join(*self.groups_to_join()):
            return
        self._looking = asyncio.create_task(self._keep_looking())
        await self.opened()

    async def opened(self) -> None:
        """The socket is open and its user may have what it is about."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.is_closing or self.grant is None:
            return
        if not self._limit.allows():
            await self.close(code=TOO_MANY_MESSAGES)
            return
        command = _parsed(text_data)
        if command is None:
            await self.close(code=BAD_MESSAGE)
        else:
            await self.receive_command(command)

    async def disconnect(self, code: int | None) -> None:
        self.is_closing = True
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait([self._looking])
        await self.leave(*self._joined)

    async def join(self, *groups: str) -> bool:
        """Messages of these groups come here until the socket closes; without a broker it does."""
        self._joined.update(groups)
        try:
            await asyncio.gather(
                *(self.channel_layer.group_add(group, self.channel_name) for group in groups)
            )
        except (RedisError, OSError):
            await self.close(code=TRY_AGAIN_LATER)
            return False
        return True

    async def leave(self, *groups: str) -> None:
        """No more of these groups, if the broker is there to hear it."""
        for group in groups:
            self._joined.discard(group)
            with contextlib.suppress(RedisError, OSError, TimeoutError):
                async with asyncio.timeout(BROKER_PATIENCE_S):
                    await self.channel_layer.group_discard(group, self.channel_name)

    async def close(self, code: int | None = None, reason: str | None = None) -> None:
        if not self.is_closing:
            self.is_closing = True
            await super().close(code=code, reason=reason)

    async def send_json(self, content: dict) -> None:
        """A message to the page; nothing is sent any more once the socket is closing."""
        if not self.is_closing:
            await self.send(text_data=json.dumps(content))

    # Rights

    async def access_changed(self, event: AccessChanged) -> None:
        self.look_again()

    def look_again(self) -> None:
        """Something has changed: ask at once whether the grant still holds."""
        self._look_again.set()

    async def _keep_looking(self) -> None:
        """Checks every LOOK_AGAIN_S, and at once on news, that the grant still holds."""
        seen_at_s = time.monotonic()
        while not self.is_closing:
            # Not wait_for: in Python 3.11 it swallows a cancellation that comes with the event.
            with contextlib.suppress(TimeoutError):
                # All sockets look at the same moments, so that one question serves them.
                async with asyncio.timeout(LOOK_AGAIN_S - time.monotonic() % LOOK_AGAIN_S):
                    await self._look_again.wait()
            self._look_again.clear()
            try:
                is_granted = await self._rights.hold(self.grant)
            except DatabaseAway as error:
                log.warning("rights cannot be checked: %s", error)
                if time.monotonic() - seen_at_s > GRACE_S:
                    await self.close(code=TRY_AGAIN_LATER)
                continue
            seen_at_s = time.monotonic()
            if not is_granted:
                await self.close(code=ACCESS_WITHDRAWN)


def _parsed(text: str | None) -> dict | None:
    """The JSON object with a "type", None for anything else."""
    if text is None or len(text) > MAX_MESSAGE_BYTES:
        return None
    try:
        command = json.loads(text)
    except (ValueError, RecursionError):
        return None
    is_command = isinstance(command, dict) and isinstance(command.get("type"), str)
    return command if is_command else None
