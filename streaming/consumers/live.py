"""The socket of a page that watches live: relays between the page and the streamer."""

import asyncio
import time

from redis.exceptions import RedisError

from streaming.broker import beside
from streaming.consumers.base import CameraConsumer
from streaming.consumers.boxes import BoxesOut
from streaming.consumers.guarded import BAD_MESSAGE, TOO_MANY_MESSAGES
from streaming.consumers.relay import Relay
from streaming.loads import FIRST, Picker
from streaming.media.clock import media_time_90k
from streaming.media.ice import IceConfig, ice_servers
from streaming.media.problems import BROKER_AWAY, UNKNOWN_SESSION, Problem
from streaming.messages import BoxesSeen, ToStreamer, boxes_group, is_session_id
from streaming.services import known_state

MAX_SESSIONS = 4
# Close codes of a page that is gone on purpose (RFC 6455 section 7.4.1); 4000 and up are ours.
GOODBYE = (1000, 1001)


class LiveConsumer(CameraConsumer):
    """Holds no media and decides nothing but which sessions are this socket's, and who has them."""

    def __init__(self, *args, ice: IceConfig, transports: list[str], picker: Picker, **kwargs):
        super().__init__(*args, **kwargs)
        self._ice, self._transports, self._picker = ice, transports, picker
        # Each with the number of its streamer.
        self._sessions: dict[str, int] = {}
        self._relay: Relay | None = None
        self._telling: asyncio.Task | None = None
        self._greeted_s = 0.0
        self._boxes = BoxesOut(self.send_json)

    # The socket

    async def opened(self) -> None:
        self._relay = Relay(self.channel_layer, on_lost=self._lost)
        self._relay.start()
        self._picker.start()
        await self._greet()
        # Meanwhile the page's offer can be read.
        self._telling = asyncio.create_task(self._tell_state())

    async def disconnect(self, code: int | None) -> None:
        if self._telling is not None:
            self._telling.cancel()
        if self._relay is not None:
            is_over = code is not None and (code in GOODBYE or code >= 4000)
            end = self._closing if is_over else self._detaching
            for session in self._sessions:
                self._picker.left(session)
            last = [(streamer, end(session)) for session, streamer in self._sessions.items()]
            await self._relay.stop(*last)
        await super().disconnect(code)

    async def _tell_state(self) -> None:
        try:
            await self.send_json(await beside(known_state, self.camera))
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
                await self._want_boxes(credit)
            case {"type": "boxes.credit", "n": int(credit)} if credit > 0:
                await self._boxes.grant(credit)
            case {"type": "session.open" | "session.claim", "session": str(session)}:
                await self._enter(session, command)
            case {"type": "session.close", "session": str(session)}:
                if session in self._sessions:
                    self._picker.left(session)
                    await self._put(self._sessions.pop(session), self._closing(session))
            case {"type": "session.candidate", "session": str(session)}:
                if session in self._sessions and self._ice.remote_candidates:
                    await self._put(self._sessions[session], self._candidate(session, command))
            case _:
                await self.close(code=BAD_MESSAGE)

    async def _want_boxes(self, credit: int) -> None:
        """Only who draws boxes has them come here: each costs a moment of this process."""
        self._boxes.want(credit)
        group = boxes_group(self.grant.camera_id)
        await (self.join(group) if credit else self.leave(group))

    async def _enter(self, session: str, command: dict) -> None:
        """A session becomes one of this socket's."""
        # Pages from before there were several streamers name none.
        streamer = command.get("streamer", FIRST)
        is_sound = is_session_id(session) and type(streamer) is int
        if not is_sound or len({*self._sessions, session}) > MAX_SESSIONS:
            await self.close(code=BAD_MESSAGE)
            return
        if session not in self._sessions and command["type"] == "session.open":
            streamer = self._picker.pick(session)
        elif not self._picker.knows(streamer):
            await self._end(session, UNKNOWN_SESSION)
            return
        streamer = self._sessions.setdefault(session, streamer)
        message = {
            "type": command["type"],
            "session": session,
            "grant": self.grant.as_dict(),
            "reply_channel": self.channel_name,
        }
        if command["type"] == "session.open":
            message["sdp"] = str(command.get("sdp"))
        await self._put(streamer, message)

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

    async def _put(self, streamer: int, message: ToStreamer) -> None:
        try:
            self._relay.put(streamer, message)
        except asyncio.QueueFull:
            await self.close(code=TOO_MANY_MESSAGES)

    async def _lost(self, message: ToStreamer) -> None:
        """The broker is away: whoever waits for an answer is told."""
        if message["type"] in ("session.open", "session.claim"):
            await self._end(message["session"], BROKER_AWAY)

    async def _end(self, session: str, problem: Problem) -> None:
        self._sessions.pop(session, None)
        self._picker.ended(session)
        ended = {"type": "session.ended", "session": session}
        await self.send_json(ended | {"code": problem.code, "text": problem.text})

    # What the streamer says

    async def session_answer(self, event: dict) -> None:
        """The page names the streamer when it claims its session on another socket."""
        session = event["session"]
        self._picker.answered(session)
        if session in self._sessions:
            await self.send_json(event | {"streamer": self._sessions[session]})

    async def session_clock(self, event: dict) -> None:
        if event["session"] in self._sessions:
            await self.send_json(event)

    session_claimed = session_clock

    async def session_ended(self, event: dict) -> None:
        self._picker.ended(event["session"])
        await self.session_clock(event)
        self._sessions.pop(event["session"], None)

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
