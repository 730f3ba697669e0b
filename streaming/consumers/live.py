"""The socket of a page that watches live: relays between the page and the streamer."""

import asyncio
import time

from redis.exceptions import RedisError

from streaming.consumers.base import CameraConsumer
from streaming.consumers.boxes import BoxesOut
from streaming.consumers.guarded import BAD_MESSAGE, TOO_MANY_MESSAGES
from streaming.consumers.relay import Relay
from streaming.media.clock import media_time_90k
from streaming.media.ice import IceConfig, ice_servers
from streaming.media.problems import BROKER_AWAY
from streaming.messages import BoxesSeen, ToStreamer, is_session_id
from streaming.services import known_state

MAX_SESSIONS = 4
# Close codes of a page that is gone on purpose (RFC 6455 section 7.4.1); 4000 and up are ours.
GOODBYE = (1000, 1001)


class LiveConsumer(CameraConsumer):
    """Holds no media and decides nothing but which sessions are this socket's."""

    def __init__(self, *args, ice: IceConfig, transports: list[str], **kwargs):
        super().__init__(*args, **kwargs)
        self._ice, self._transports = ice, transports
        self._sessions: set[str] = set()
        self._relay: Relay | None = None
        self._telling: asyncio.Task | None = None
        self._greeted_s = 0.0
        self._boxes = BoxesOut(self.send_json)

    # The socket

    async def opened(self) -> None:
        self._relay = Relay(self.channel_layer, on_lost=self._lost)
        self._relay.start()
        await self._greet()
        # Meanwhile the page's offer can be read.
        self._telling = asyncio.create_task(self._tell_state())

    async def disconnect(self, code: int | None) -> None:
        if self._telling is not None:
            self._telling.cancel()
        if self._relay is not None:
            is_over = code is not None and (code in GOODBYE or code >= 4000)
            end = self._closing if is_over else self._detaching
            await self._relay.stop(*map(end, self._sessions))
        await super().disconnect(code)

    async def _tell_state(self) -> None:
        try:
            await self.send_json(await asyncio.to_thread(known_state, self.camera))
        except (RedisError, OSError):
            """The streamer tells within 5 s."""

    async def _greet(self) -> None:
        self._greeted_s = time.monotonic()
        servers = ice_servers(self._ice, user=str(self.user.pk), now_s=time.time())
        await self.send_json(
            {
                "type": "hello",
                "transports": self._transports,
                "ice_servers": [server.as_dict() for server in servers],
                "remote_candidates": self._ice.remote_candidates,
            }
        )

    @property
    def _is_greeting_old(self) -> bool:
        """Whether the page's TURN credentials are about to expire: tabs stay open for days."""
        age_s = time.monotonic() - self._greeted_s
        return bool(self._ice.turn_urls) and age_s > self._ice.turn_lifetime_s / 2

    # What the page says

    async def receive_command(self, command: dict) -> None:
        match command:
            case {"type": "ping"}:
                await self.send_json(_pong())
                if self._is_greeting_old:
                    await self._greet()
            case {"type": "boxes.want", "credit": int(credit)} if credit >= 0:
                self._boxes.want(credit)
            case {"type": "boxes.credit", "n": int(credit)} if credit > 0:
                await self._boxes.grant(credit)
            case {"type": "session.open" | "session.claim", "session": str(session)}:
                await self._enter(session, command)
            case {"type": "session.close", "session": str(session)}:
                if session in self._sessions:
                    self._sessions.remove(session)
                    await self._put(self._closing(session))
            case {"type": "session.candidate", "session": str(session)}:
                if session in self._sessions and self._ice.remote_candidates:
                    await self._put(self._candidate(session, command))
            case _:
                await self.close(code=BAD_MESSAGE)

    async def _enter(self, session: str, command: dict) -> None:
        """A session becomes one of this socket's."""
        if not is_session_id(session) or len(self._sessions | {session}) > MAX_SESSIONS:
            await self.close(code=BAD_MESSAGE)
            return
        self._sessions.add(session)
        message = {
            "type": command["type"],
            "session": session,
            "grant": self.grant.as_dict(),
            "reply_channel": self.channel_name,
        }
        if command["type"] == "session.open":
            message["sdp"] = str(command.get("sdp"))
        await self._put(message)

    def _closing(self, session: str) -> ToStreamer:
        return {"type": "session.close", "session": session, "user_id": self.user.pk}

    def _detaching(self, session: str) -> ToStreamer:
        return {
            "type": "session.detach",
            "session": session,
            "user_id": self.user.pk,
            "reply_channel": self.channel_name,
        }

    def _candidate(self, session: str, command: dict) -> ToStreamer:
        return {
            "type": "session.candidate",
            "session": session,
            "user_id": self.user.pk,
            "candidate": str(command.get("candidate"))[:512],
            "sdp_mid": str(command.get("sdp_mid"))[:16],
        }

    async def _put(self, message: ToStreamer) -> None:
        try:
            self._relay.put(message)
        except asyncio.QueueFull:
            await self.close(code=TOO_MANY_MESSAGES)

    async def _lost(self, message: ToStreamer) -> None:
        """The broker is away: whoever waits for an answer is told."""
        problem = {"code": BROKER_AWAY.code, "text": BROKER_AWAY.text}
        ended = {"type": "session.ended", "session": message["session"]} | problem
        if message["type"] in ("session.open", "session.claim"):
            await self.session_ended(ended)

    # What the streamer says

    async def session_answer(self, event: dict) -> None:
        if event["session"] in self._sessions:
            await self.send_json(event)

    session_clock = session_claimed = session_answer

    async def session_ended(self, event: dict) -> None:
        await self.session_answer(event)
        self._sessions.discard(event["session"])

    async def camera_state(self, event: dict) -> None:
        await self.send_json(event)

    async def boxes_seen(self, event: BoxesSeen) -> None:
        await self._boxes.put(event)


def _pong() -> dict:
    """What the clocks say here, so that the page can tell how old a picture is."""
    return {
        "type": "pong",
        "now": media_time_90k(time.monotonic_ns()),
        "unix_ms": time.time_ns() // 1_000_000,
    }
