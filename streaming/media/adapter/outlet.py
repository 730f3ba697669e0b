"""What one viewer's packets leave by, in the place of aiortc's sending loops.

aiortc does SDP, ICE and DTLS and parses RTCP; RTP, retransmissions and reports are ours.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from struct import pack
from typing import Protocol

from aiortc import rtp
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from streaming.media.adapter.connection import MediaConnection
from streaming.media.adapter.ping import Pings
from streaming.media.adapter.srtp import MediaSession, Scratch
from streaming.media.adapter.udp import MediaPath
from streaming.media.clock import VIDEO_CLOCK_RATE, media_time_90k
from streaming.media.conditions import Report
from streaming.media.packetise import Header, PacketisedUnit, Run, Template

_NTP_EPOCH_S = 2_208_988_800
_32_BITS, _64_BITS = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF


class Feedback(Protocol):
    """What the browser says. Called on the event loop."""

    def lost(self, sequences: Sequence[int]) -> None: ...

    def reported(self, report: Report) -> None: ...

    def wants_keyframe(self) -> None: ...


class Outlet:
    """Sends nothing before `on_ready` was called: then keys and payload types are known."""

    def __init__(
        self,
        connection: MediaConnection,
        scratch: Scratch,
        *,
        on_ready: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._scratch = scratch
        self._on_ready = on_ready
        self._path = MediaPath(connection.ice)
        self._pings = Pings(connection.ice)
        self._sender = sender = connection.sender
        self._session: MediaSession | None = None
        self._payload_type = 0
        self.ssrc = int(sender._ssrc)
        sender._run_rtp = self._run_rtp
        sender._run_rtcp = self._run_rtcp
        sender._handle_rtcp_packet = self._take_rtcp
        self._feedback: Feedback | None = None

    def listen(self, feedback: Feedback) -> None:
        """Tell `feedback` what the browser says from now on."""
        self._feedback = feedback

    def header(self, delay_ms: int) -> Header:
        """With "hold frames back for `delay_ms`" if the browser knows how to."""
        assert self._session is not None
        elements = b""
        connection = self._connection
        if connection.mid_id and connection.mid_id < 15:
            mid = connection.mid.encode()
            elements += bytes([connection.mid_id << 4 | len(mid) - 1]) + mid
        if connection.playout_delay_id:
            # 12 bits each, in units of 10 ms: at least this, and at most.
            least = delay_ms // 10
            most = least * 3
            delays = (least << 12 | most).to_bytes(3, "big")
            elements += bytes([connection.playout_delay_id << 4 | 2]) + delays
        elements += bytes(-len(elements) % 4)
        extension = pack("!HH", 0xBEDE, len(elements) // 4) + elements if elements else b""
        return Header(self._payload_type, extension, self._session.tag_bytes)

    def send(self, template: Template, run: Run, sequence: int, timestamp: int) -> memoryview:
        """What of the run's protected packets the socket has not taken: `send_rest` takes it."""
        assert self._session is not None
        numbers = (sequence, timestamp, self.ssrc)
        packets = self._session.protect(self._scratch, template, run, numbers)
        return packets[self._path.send(packets, run.segment_bytes) :]

    def send_rest(self, packets: memoryview, segment_bytes: int) -> memoryview:
        return packets[self._path.send(packets, segment_bytes) :]

    def send_again(
        self, unit: PacketisedUnit, header: Header, index: int, sequence: int, timestamp: int
    ) -> int:
        """A packet that got lost, by RTX (RFC 4588) if the browser knows it. The bytes sent."""
        assert self._session is not None
        if self._sender._RTCRtpSender__rtx_payload_type is None:
            run = unit.template(header).run_of(index)
            numbers = (sequence, timestamp, self.ssrc)
            repeated = self._session.protect(self._scratch, unit.template(header), run, numbers)
            return self._path.send(repeated, len(repeated))
        number = self._sender._RTCRtpSender__rtx_sequence_number
        self._sender._RTCRtpSender__rtx_sequence_number = (number + 1) & 0xFFFF
        first = 0x90 if header.extension else 0x80
        marker = 0x80 if index == len(unit.payloads) - 1 else 0
        second = marker | self._sender._RTCRtpSender__rtx_payload_type
        rtx = pack("!BBHLL", first, second, number, timestamp, self._sender._rtx_ssrc)
        packet = rtx + header.extension + pack("!H", sequence) + unit.payloads[index]
        return self._write(self._connection.dtls._tx_srtp.protect(packet))

    def report(self, *, offset: int, packets: int, payload_bytes: int) -> None:
        """Sender report and source description (RFC 3550 sections 6.4.1 and 6.5)."""
        now_s = time.time() + _NTP_EPOCH_S
        ntp = int(now_s * 2**32)
        timestamp = (media_time_90k(time.monotonic_ns()) + offset) & _32_BITS
        counted = packets & _32_BITS, payload_bytes & _32_BITS
        report = pack("!BBHLQLLL", 0x80, 200, 6, self.ssrc, ntp & _64_BITS, timestamp, *counted)
        self._write_rtcp(report + self._description())

    def ping(self, on_answer: Callable[[], None]) -> None:
        """Asks for an answer at once, behind what was sent until now; either may get lost."""
        if self._session is not None:
            self._pings.send(on_answer)

    def close(self) -> None:
        """Sends nothing more; aiortc says goodbye by itself when it closes."""
        self._session = None
        self._path.close()
        self._pings.close()

    def _description(self) -> bytes:
        name = (self._sender._RTCRtpSender__cname or "").encode()[:255]
        chunk = pack("!LBB", self.ssrc, 1, len(name)) + name
        chunk += bytes(4 - len(chunk) % 4)
        return pack("!BBH", 0x81, 202, len(chunk) // 4) + chunk

    def _write_rtcp(self, packets: bytes) -> None:
        session = self._connection.dtls._tx_srtp
        if session is not None:
            self._write(session.protect_rtcp(packets))

    def _write(self, packet: bytes) -> int:
        return self._path.send(memoryview(packet), len(packet))

    async def _run_rtp(self, codec: RTCRtpCodecParameters) -> None:
        """For aiortc's sender, which starts this when DTLS is up and cancels it in the end."""
        self._sender._RTCRtpSender__rtp_started.set()
        try:
            self._payload_type = int(codec.payloadType or 0)
            self._session = MediaSession.of(self._connection.dtls)
            self._on_ready()
            await _until_cancelled()
        finally:
            self._sender._RTCRtpSender__rtp_exited.set()

    async def _run_rtcp(self) -> None:
        self._sender._RTCRtpSender__rtcp_started.set()
        try:
            await _until_cancelled()
            await self._sender._send_rtcp([rtp.RtcpByePacket(sources=[self.ssrc])])
        finally:
            self._sender._RTCRtpSender__rtcp_exited.set()

    async def _take_rtcp(self, packet: rtp.AnyRtcpPacket) -> None:
        if self._session is None or self._feedback is None:
            return
        match packet:
            case rtp.RtcpRtpfbPacket(fmt=rtp.RTCP_RTPFB_NACK):
                self._feedback.lost(packet.lost)
            case rtp.RtcpPsfbPacket(fmt=rtp.RTCP_PSFB_PLI | rtp.RTCP_PSFB_FIR):
                self._feedback.wants_keyframe()
            case rtp.RtcpRrPacket() | rtp.RtcpSrPacket():
                for report in packet.reports:
                    if report.ssrc == self.ssrc:
                        self._feedback.reported(_report(report))


def _report(report: rtp.RtcpReceiverInfo) -> Report:
    """With the round trip by RFC 3550 section 6.4.1: arrival minus LSR minus DLSR."""
    rtt_s: float | None = None
    if report.lsr:
        arrival = int((time.time() + _NTP_EPOCH_S) * 65536) & _32_BITS
        rtt = (arrival - report.lsr - report.dlsr) & _32_BITS
        # A negative one, by clocks that step.
        rtt_s = rtt / 65536 if rtt < 1 << 31 else 0.0
    jitter_s = report.jitter / VIDEO_CLOCK_RATE
    return Report(report.highest_sequence, report.packets_lost, jitter_s, rtt_s)


async def _until_cancelled() -> None:
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.get_running_loop().create_future()
