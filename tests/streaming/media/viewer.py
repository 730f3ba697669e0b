"""A viewer for tests: an aiortc peer that offers like a browser, and H.264 for it to watch."""

import asyncio
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache

import av
from aiortc import (
    RTCConfiguration,
    RTCIceServer,
    RTCIceTransportPolicy,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.rtp import RtpPacket, unpack_header_extensions

from streaming.media.access_unit import AccessUnit
from streaming.media.sdp import PLAYOUT_DELAY_URI

PLAYOUT_DELAY_ID = 5
TICKS_PER_FRAME = 3000


@cache
def coded_pictures(count: int = 30, gop: int = 10) -> tuple[tuple[bytes, bool], ...]:
    """Annex B access units of moving pictures, 160x120, and whether each is a keyframe."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 160, 120, "yuv420p"
    encoder.time_base, encoder.framerate, encoder.gop_size = Fraction(1, 30), Fraction(30), gop
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "forced-idr": "1"}
    units = []
    with av.open("testsrc=size=160x120:rate=30", format="lavfi") as source:
        for frame in source.decode(video=0):
            picture = frame.reformat(format="yuv420p")
            picture.pict_type = 1 if len(units) % gop == 0 else 0
            units += [(bytes(packet), packet.is_keyframe) for packet in encoder.encode(picture)]
            if len(units) >= count:
                return tuple(units)
    raise AssertionError("the test source ended")


def units(first: int = 0, count: int = 30) -> list[AccessUnit]:
    """`count` access units from picture number `first` on, 30 a second."""
    pictures = coded_pictures()
    return [
        AccessUnit(
            data=pictures[number % len(pictures)][0],
            capture_ns=number * 1_000_000_000 // 30,
            pts_90k=1_000_000_000_000 + number * TICKS_PER_FRAME,
            is_keyframe=pictures[number % len(pictures)][1],
            width=160,
            height=120,
            sequence=number,
        )
        for number in range(first, first + count)
    ]


async def until(condition: Callable[[], object], *, seconds: float = 5.0) -> None:
    """Returns when `condition` holds; fails after `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 (states of foreign objects: nothing to await)
            await asyncio.sleep(0.005)


class Viewer:
    """Watches without decoding. `packets` are the RTP packets with media in them.

    With `relays`, as a hello's "ice_servers" has them, it is reached through them alone.
    """

    def __init__(self, relays: Sequence[dict] = ()) -> None:
        policy = RTCIceTransportPolicy.RELAY if relays else RTCIceTransportPolicy.ALL
        servers = [RTCIceServer(**relay) for relay in relays]
        self.pc = RTCPeerConnection(RTCConfiguration(servers, iceTransportPolicy=policy))
        self.transceiver = self.pc.addTransceiver("video", direction="recvonly")
        self.packets: list[RtpPacket] = []
        self.extensions: list[dict[int, bytes]] = []
        self.answer = ""

    async def offer(self) -> str:
        """An offer with VP8 first, as browsers make it."""
        await self.pc.setLocalDescription(await self.pc.createOffer())
        self._count_packets()
        sdp = self.pc.localDescription.sdp
        return sdp.replace("a=mid:0", f"a=extmap:{PLAYOUT_DELAY_ID} {PLAYOUT_DELAY_URI}\r\na=mid:0")

    async def take(self, answer: str) -> None:
        self.answer = answer
        await self.pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    def _count_packets(self) -> None:
        receiver = self.transceiver.receiver
        handle = receiver._handle_rtp_packet

        async def counted(packet: RtpPacket, arrival_time_ms: int) -> None:
            if packet.payload:
                self.packets.append(packet)
            await handle(packet, arrival_time_ms)

        receiver._handle_rtp_packet = counted
        transport = receiver.transport
        unprotected = transport._handle_rtp_data

        async def looked_at(data: bytes, arrival_time_ms: int) -> None:
            if data[0] & 0x10:
                start = 12 + 4 * (data[0] & 0x0F)
                profile = int.from_bytes(data[start : start + 2], "big")
                length = 4 * int.from_bytes(data[start + 2 : start + 4], "big")
                value = data[start + 4 : start + 4 + length]
                self.extensions.append(dict(unpack_header_extensions(profile, value)))
            await unprotected(data, arrival_time_ms)

        transport._handle_rtp_data = looked_at

    @property
    def timestamps(self) -> list[int]:
        """The RTP timestamps of the pictures, each once, as they came."""
        return list(dict.fromkeys(packet.timestamp for packet in self.packets))

    async def ask_for_keyframe(self) -> None:
        """A PLI, as after a loss."""
        await self.transceiver.receiver._send_rtcp_pli(self.packets[-1].ssrc)

    async def close(self) -> None:
        await self.pc.close()
