"""One WebRTC connection over aiortc: every private name of aiortc and aioice is used here only.

tests/streaming/media/test_adapter.py fails when one of them changes. Everything is done on the
objects of one connection, except the two constants set below, which aiortc reads from its modules.
"""

import asyncio
import functools
import logging
import random
import socket
import time
from collections.abc import Callable, Coroutine, Sequence
from errno import EADDRINUSE
from typing import Any, cast

from aioice import ice as aioice_ice
from aioice import stun
from aioice.candidate import Candidate, candidate_foundation, candidate_priority
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
    rtcrtpsender,
)
from aiortc.codecs import h264
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters
from aiortc.rtp import HeaderExtensions, HeaderExtensionsMap
from aiortc.sdp import candidate_from_sdp

from streaming.media.access_unit import AccessUnit
from streaming.media.ice import IceConfig, IceServer
from streaming.media.sdp import PLAYOUT_DELAY_URI, Offer

log = logging.getLogger(__name__)

# A 400 kB keyframe is 340 packets, and NACKs for it arrive a round trip later.
RTP_HISTORY_PACKETS = 1024
# With RTP, SRTP, UDP and IPv6 around it this fits the 1280 bytes that every path carries.
RTP_PAYLOAD_BYTES = 1180
# What leaves in one go, and how fast the rest follows: home routers' queues are short.
BURST_BYTES = 64 * 1024
PACE_BYTES_PER_S = 12_500_000
# Retransmissions: at most half as much as was sent, and this many packets at once.
RETRANSMISSIONS_AT_ONCE = 512
MAX_ADDRESSES = 8
STUN_TIMEOUT_S = 1.0

cast(Any, rtcrtpsender).RTP_HISTORY_SIZE = RTP_HISTORY_PACKETS
h264.PACKET_MAX = RTP_PAYLOAD_BYTES


class NoAddress(Exception):
    """No local address or UDP port is left to offer."""


class MediaPacket:
    """An access unit that is packetised once, however many connections send it."""

    __slots__ = ("is_keyframe", "payloads", "pts_90k", "size")

    def __init__(self, unit: AccessUnit) -> None:
        nal_units = h264.H264Encoder._split_bitstream(unit.data)
        self.payloads = h264.H264Encoder._packetize(nal_units)
        self.size = len(unit.data)
        self.pts_90k = unit.pts_90k
        self.is_keyframe = unit.is_keyframe


class _PassThrough:
    """In the place of aiortc's encoder (RFC 6184 packets, mode 1)."""

    def pack(self, packet: MediaPacket) -> tuple[list[bytes], int]:
        return packet.payloads, packet.pts_90k


class _PlayoutDelayMap(HeaderExtensionsMap):
    """Adds playout-delay 0 to 0 ms to every packet: the browser shows frames as they come.

    61 ms become 15 ms from capture to screen (docs/live-view.md). One-byte form (RFC 8285 4.2):
    id and length, then twice 12 bits in units of 10 ms.
    """

    def __init__(self, extension_id: int) -> None:
        super().__init__()
        self._element = bytes([extension_id << 4 | 2, 0, 0, 0])

    def set(self, values: HeaderExtensions) -> tuple[int, bytes]:
        profile, elements = super().set(values)
        if profile not in (0, 0xBEDE):
            return profile, elements
        return 0xBEDE, elements + self._element


class _CheckedStunProtocol(aioice_ice.StunProtocol):
    """Lets through what is not STUN only from addresses whose check succeeded.

    aioice hands any datagram from anywhere to DTLS: one forged alert ends a handshake.
    """

    def __init__(self, receiver: aioice_ice.Connection) -> None:
        super().__init__(receiver)
        self._checked: set[tuple[str, int]] = set()

    def datagram_received(self, data: Any, addr: tuple[Any, ...]) -> None:
        source = (addr[0], addr[1])
        if source in self._checked or _is_stun(data) or self._is_checked(source):
            super().datagram_received(data, addr)

    def _is_checked(self, source: tuple[str, int]) -> bool:
        succeeded = aioice_ice.CandidatePair.State.SUCCEEDED
        for pair in self.receiver._check_list:
            if pair.remote_addr == source and pair.state is succeeded:
                self._checked.add(source)
                return True
        return False


def _is_stun(data: bytes) -> bool:
    """RFC 7983 section 7: first byte 0 to 3."""
    return len(data) >= stun.HEADER_LENGTH and data[0] < 4


class MediaConnection:
    """A peer connection that sends one H.264 track. All methods on the event loop's thread.

    `on_state` is told aiortc's connection states, `on_keyframe_wanted` each PLI or FIR.
    """

    def __init__(
        self,
        track: MediaStreamTrack,
        *,
        ice: IceConfig,
        servers: Sequence[IceServer],
        on_state: Callable[[str], None],
        on_keyframe_wanted: Callable[[], None],
    ) -> None:
        self._ice = ice
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=_servers(ice, servers)))
        self._pc.on("connectionstatechange", lambda: on_state(self._pc.connectionState))
        self._transceiver = self._pc.addTransceiver(track, direction="sendonly")
        self._transceiver.setCodecPreferences(_h264_only())
        self._sender = cast(Any, self._transceiver.sender)
        self._sender._RTCRtpSender__encoder = _PassThrough()
        self._sender._send_keyframe = on_keyframe_wanted
        self._dtls = cast(Any, self._transceiver.receiver.transport)
        self._connection = self._dtls.transport.iceGatherer._connection
        self._connection.get_component_candidates = functools.partial(
            _gather, self._connection, ice
        )
        self._limit_rate()

    async def answer(self, offer: Offer) -> str:
        """The answer to `offer`. Raises NoAddress, or whatever aiortc makes of a bad offer."""
        await self._pc.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
        if offer.playout_delay_id is not None:
            self._transceiver._headerExtensions.append(
                RTCRtpHeaderExtensionParameters(id=offer.playout_delay_id, uri=PLAYOUT_DELAY_URI)
            )
            self._sender._RTCRtpSender__rtp_header_extensions_map = _PlayoutDelayMap(
                offer.playout_delay_id
            )
        await self._pc.setLocalDescription(await self._pc.createAnswer())
        if not self._connection.local_candidates:
            raise NoAddress
        return _advertising(self._pc.localDescription.sdp, self._ice.advertised_address)

    async def add_candidate(self, line: str, mid: str) -> None:
        """A further candidate of the browser, "candidate:..." as its event has it."""
        candidate = candidate_from_sdp(line.removeprefix("candidate:"))
        candidate.sdpMid = mid
        await self._pc.addIceCandidate(candidate)

    def rtp_offset(self, pts_90k: int) -> int:
        """RTP timestamp minus media time, modulo 2^32; `pts_90k` is of the last unit sent."""
        return (int(self._sender._RTCRtpSender__rtp_timestamp) - pts_90k) & 0xFFFFFFFF

    @property
    def bytes_sent(self) -> int:
        """Payload bytes of first transmissions."""
        return int(self._sender._RTCRtpSender__octet_count)

    @property
    def backlog_bytes(self) -> int:
        """What the socket has not taken yet; asyncio keeps it without limit."""
        pair = self._connection._nominated.get(1)
        if pair is None:
            return 0
        relay = getattr(pair.protocol.transport, "_TurnTransport__inner_protocol", None)
        transport = relay.transport if relay else pair.protocol.transport
        return int(transport.get_write_buffer_size())

    async def close(self) -> None:
        """Says goodbye (RTCP BYE, DTLS close) and frees the sockets."""
        await self._pc.close()

    def _limit_rate(self) -> None:
        """Paces what leaves, and keeps retransmissions from becoming a flood."""
        send, retransmit = self._dtls._send_rtp, self._sender._retransmit
        pacer = _Pacer()
        sent = retransmitted = 0

        async def send_paced(data: bytes) -> None:
            nonlocal sent
            sent += 1
            wait_s = pacer.wait_s(len(data))
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            await send(data)

        async def retransmit_some(sequence_number: int) -> None:
            nonlocal retransmitted
            if retransmitted < sent // 3 + RETRANSMISSIONS_AT_ONCE:
                retransmitted += 1
                await retransmit(sequence_number)

        self._dtls._send_rtp = send_paced
        self._sender._retransmit = retransmit_some


class _Pacer:
    """Token bucket: BURST_BYTES at once, then PACE_BYTES_PER_S."""

    def __init__(self) -> None:
        self._tokens = float(BURST_BYTES)
        self._at_s = time.monotonic()

    def wait_s(self, size: int) -> float:
        """Takes `size` bytes; how long to wait before sending them."""
        now_s = time.monotonic()
        refilled = self._tokens + (now_s - self._at_s) * PACE_BYTES_PER_S
        self._tokens = min(BURST_BYTES, refilled) - size
        self._at_s = now_s
        # The loop's clock is no finer than a millisecond: shorter waits cost more than they give.
        return max(0.0, -self._tokens / PACE_BYTES_PER_S) if self._tokens < -12_500 else 0.0


def _servers(ice: IceConfig, servers: Sequence[IceServer]) -> list[RTCIceServer]:
    """For aiortc. Never None, which means a public STUN server to it."""
    usable = servers if ice.remote_candidates else [one for one in servers if not one.credential]
    return [RTCIceServer(list(one.urls), one.username, one.credential) for one in usable]


def _h264_only() -> list[Any]:
    """Constrained baseline and retransmissions: aiortc would choose VP8, which browsers list
    first, and send H.264 in its packets."""
    codecs = RTCRtpSender.getCapabilities("video").codecs
    h264_codecs = [c for c in codecs if c.parameters.get("profile-level-id") == "42e01f"]
    return h264_codecs + [c for c in codecs if c.mimeType == "video/rtx"]


def _advertising(sdp: str, address: str) -> str:
    """The answer with `address` in its host candidates of the same family, if there is one."""
    if not address:
        return sdp
    lines = []
    for line in sdp.split("\r\n"):
        words = line.split(" ")
        is_host = line.startswith("a=candidate:") and words[7] == "host"
        if is_host and (":" in words[4]) == (":" in address):
            words[4] = address
        lines.append(" ".join(words))
    return "\r\n".join(dict.fromkeys(lines[:-1])) + "\r\n"


async def _gather(
    connection: Any, ice: IceConfig, *, component: int, addresses: list[str]
) -> list[Candidate]:
    """In the place of aioice's gathering: our choice of addresses and ports, checked sources."""
    del addresses  # aioice's choice
    local = list(ice.addresses) or _host_addresses()
    bound = [await _bind(connection, component, address, ice.ports) for address in local]
    protocols = [protocol for protocol in bound if protocol is not None]
    connection._protocols += protocols
    candidates = [protocol.local_candidate for protocol in protocols]
    asked = [_relayed(connection, component)] if connection.turn_server else []
    if connection.stun_server:
        asked += [
            _reflexive(protocol, connection.stun_server)
            for protocol in protocols
            if ":" not in protocol.local_candidate.host
        ]
    return candidates + await _in_time(asked)


async def _in_time(asked: Sequence[Coroutine[Any, Any, Candidate]]) -> list[Candidate]:
    """What servers answer within STUN_TIMEOUT_S; who is later, or refuses, is left out."""
    tasks = [asyncio.ensure_future(one) for one in asked]
    try:
        done = (await asyncio.wait(tasks, timeout=STUN_TIMEOUT_S))[0] if tasks else set()
    finally:
        for task in tasks:
            task.cancel()
    for task in done:
        if task.exception() is not None:
            log.warning("STUN or TURN server: %s", task.exception())
    if len(done) < len(tasks):
        log.warning("no answer from a STUN or TURN server within %g s", STUN_TIMEOUT_S)
    return [task.result() for task in tasks if task in done and task.exception() is None]


async def _reflexive(protocol: Any, server: tuple[str, int]) -> Candidate:
    candidate, _ = await aioice_ice.server_reflexive_candidate(protocol, server)
    return candidate


async def _relayed(connection: Any, component: int) -> Candidate:
    candidate, protocol = await aioice_ice.relayed_candidate(
        component=component,
        hide_related_address=False,
        protocol_factory=lambda: _CheckedStunProtocol(connection),
        turn_server=connection.turn_server,
        turn_username=connection.turn_username,
        turn_password=connection.turn_password,
        turn_ssl=connection.turn_ssl,
        turn_transport=connection.turn_transport,
    )
    connection._protocols.append(protocol)
    return candidate


def _host_addresses() -> list[str]:
    """This machine's addresses; loopback only when there is nothing else."""
    found = aioice_ice.get_host_addresses(use_ipv4=True, use_ipv6=True)
    return list(dict.fromkeys(found))[:MAX_ADDRESSES] or ["127.0.0.1"]


async def _bind(
    connection: Any, component: int, address: str, ports: range | None
) -> _CheckedStunProtocol | None:
    """A socket on a free port, None when the address cannot be used or no port is left."""
    loop = asyncio.get_running_loop()
    for port in random.sample(ports, len(ports)) if ports else [0]:
        try:
            transport, protocol = await loop.create_datagram_endpoint(
                lambda: _CheckedStunProtocol(connection), local_addr=(address, port)
            )
        except OSError as error:
            if error.errno == EADDRINUSE and ports:
                continue
            log.warning("cannot send media from %s: %s", address, error)
            return None
        transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_SNDBUF, 1024 * 1024
        )
        host, port = transport.get_extra_info("sockname")[:2]
        protocol.local_candidate = Candidate(
            foundation=candidate_foundation("host", "udp", host),
            component=component,
            transport="udp",
            priority=candidate_priority(component, "host"),
            host=host,
            port=port,
            type="host",
        )
        return protocol
    log.warning("no UDP port of PETCAM_ICE_PORTS is free on %s", address)
    return None
