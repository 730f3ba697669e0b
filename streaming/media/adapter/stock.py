"""aiortc's own sending, for versions of it that the outlet does not fit."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, cast

from aiortc import rtcrtpsender
from aiortc.rtp import HeaderExtensions, HeaderExtensionsMap

from streaming.media.adapter.connection import MediaConnection
from streaming.media.adapter.udp import queued_bytes
from streaming.media.packetise import PacketisedUnit

# A 400 kB keyframe is 340 packets, and NACKs for it arrive a round trip later.
RTP_HISTORY_PACKETS = 1024
# What leaves in one go, and how fast the rest follows: home routers' queues are short.
BURST_BYTES = 64 * 1024
PACE_BYTES_PER_S = 12_500_000
# Retransmissions: at most half as much as was sent, and this many packets at once.
RETRANSMISSIONS_AT_ONCE = 512

cast(Any, rtcrtpsender).RTP_HISTORY_SIZE = RTP_HISTORY_PACKETS


class _PassThrough:
    """In the place of aiortc's encoder (RFC 6184 packets, mode 1)."""

    def pack(self, unit: PacketisedUnit) -> tuple[list[bytes], int]:
        return unit.payloads, unit.pts_90k


class _PlayoutDelayMap(HeaderExtensionsMap):
    """Adds playout-delay 0 to 0 ms to every packet: the browser shows frames as they come.

    One-byte form (RFC 8285 4.2): id and length, then twice 12 bits in units of 10 ms.
    """

    def __init__(self, extension_id: int) -> None:
        super().__init__()
        self._element = bytes([extension_id << 4 | 2, 0, 0, 0])

    def set(self, values: HeaderExtensions) -> tuple[int, bytes]:
        profile, elements = super().set(values)
        if profile not in (0, 0xBEDE):
            return profile, elements
        return 0xBEDE, elements + self._element


class StockOutlet:
    """aiortc's sender, paced; what it sends comes from the connection's track."""

    def __init__(
        self, connection: MediaConnection, *, on_keyframe_wanted: Callable[[], None]
    ) -> None:
        self._connection = connection
        self._sender = connection.sender
        self._sender._RTCRtpSender__encoder = _PassThrough()
        self._sender._send_keyframe = on_keyframe_wanted
        self._limit_rate()

    def delay_nothing(self) -> None:
        """Before the first packet, when the offer is known."""
        if self._connection.playout_delay_id is not None:
            self._sender._RTCRtpSender__rtp_header_extensions_map = _PlayoutDelayMap(
                self._connection.playout_delay_id
            )

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
        pair = self._connection.ice._nominated.get(1)
        return queued_bytes(pair.protocol.transport) if pair else 0

    def _limit_rate(self) -> None:
        """Paces what leaves, and keeps retransmissions from becoming a flood."""
        dtls = self._connection.dtls
        send, retransmit = dtls._send_rtp, self._sender._retransmit
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

        dtls._send_rtp = send_paced
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
