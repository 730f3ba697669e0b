"""The contract with aiortc's and aioice's private names: fails when upstream changes them."""

import asyncio
import re
import socket
from importlib.metadata import version
from unittest import IsolatedAsyncioTestCase

from aiortc import rtcrtpsender
from aiortc.codecs import h264
from aiortc.mediastreams import MediaStreamTrack

from streaming.media import adapter
from streaming.media.access_unit import AccessUnit
from streaming.media.adapter import MediaConnection, MediaPacket, NoAddress
from streaming.media.ice import IceConfig
from streaming.media.sdp import clean_offer
from tests.streaming.media.viewer import PLAYOUT_DELAY_ID, Viewer, units, until

# A DTLS fatal alert (handshake_failure), and a ClientHello that offers only the null cipher.
ALERT = bytes.fromhex("15feff000000000000000100020228")
CLIENT_HELLO = bytes.fromhex("16feff000000000000000000360100002a000000000000002afefd") + bytes(44)


class Feed(MediaStreamTrack):
    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self.queue: asyncio.Queue[MediaPacket] = asyncio.Queue()

    async def recv(self) -> MediaPacket:
        return await self.queue.get()

    def play(self, *more: AccessUnit) -> None:
        for unit in more:
            self.queue.put_nowait(MediaPacket(unit))


def big_unit(size: int) -> AccessUnit:
    data = b"\0\0\0\1\x65" + bytes([7]) * size
    return AccessUnit(data, 0, 90_000, is_keyframe=True, width=160, height=120)


class ConnectionTests(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.feed = Feed()
        self.viewer = Viewer()
        self.keyframes_wanted = 0
        self.states: list[str] = []

    async def asyncTearDown(self) -> None:
        await self.connection.close()
        await self.viewer.close()

    def want_keyframe(self) -> None:
        self.keyframes_wanted += 1

    async def answer(self, **ice: object) -> str:
        self.connection = MediaConnection(
            self.feed,
            ice=IceConfig(**{"addresses": ("127.0.0.1",)} | ice),
            servers=[],
            on_state=self.states.append,
            on_keyframe_wanted=self.want_keyframe,
        )
        return await self.connection.answer(clean_offer(await self.viewer.offer()))

    async def connect(self) -> None:
        await self.viewer.take(await self.answer())
        await until(lambda: self.states and self.states[-1] == "connected")

    async def test_every_packet_says_play_at_once(self):
        await self.connect()
        self.feed.play(*units(count=3))
        await until(lambda: len(self.viewer.timestamps) == 3)

        elements = [element.get(PLAYOUT_DELAY_ID) for element in self.viewer.extensions]
        self.assertEqual(set(elements), {b"\0\0\0"})
        self.assertTrue(all(1 in element for element in self.viewer.extensions), "mid is missing")

    async def test_a_browser_without_the_extension_gets_none(self):
        offer = (await self.viewer.offer()).replace("playout-delay", "something-else")
        self.connection = MediaConnection(
            self.feed,
            ice=IceConfig(("127.0.0.1",)),
            servers=[],
            on_state=self.states.append,
            on_keyframe_wanted=self.want_keyframe,
        )
        await self.viewer.take(await self.connection.answer(clean_offer(offer)))
        self.feed.play(*units(count=1))
        await until(lambda: self.viewer.packets)

        self.assertNotIn(PLAYOUT_DELAY_ID, self.viewer.extensions[0])

    async def test_a_picture_loss_indication_is_heard(self):
        await self.connect()
        self.feed.play(*units(count=1))
        await until(lambda: self.viewer.packets)

        await self.viewer.ask_for_keyframe()

        await until(lambda: self.keyframes_wanted)

    async def test_the_rtp_offset_and_the_bytes_sent_are_those_of_the_packets(self):
        await self.connect()
        unit = units(count=1)[0]
        size = sum(map(len, MediaPacket(unit).payloads))

        self.feed.play(unit)
        await until(lambda: self.connection.bytes_sent == size)
        await until(lambda: sum(len(packet.payload) for packet in self.viewer.packets) == size)

        sent = (unit.pts_90k + self.connection.rtp_offset(unit.pts_90k)) % 2**32
        self.assertEqual(self.viewer.timestamps, [sent])
        self.assertEqual(self.connection.backlog_bytes, 0)

    async def test_the_start_of_a_large_keyframe_can_be_sent_again(self):
        await self.connect()
        self.feed.play(big_unit(200_000))
        await until(lambda: any(packet.marker for packet in self.viewer.packets))
        first, packets = self.viewer.packets[0], len(self.viewer.packets)
        self.assertGreater(packets, 128)

        await self.viewer.transceiver.receiver._send_rtcp_nack(first.ssrc, [first.sequence_number])

        await until(lambda: len(self.viewer.packets) > packets)
        # RFC 4588: the lost packet's number comes before its payload.
        self.assertEqual(self.viewer.packets[-1].payload[2:], first.payload)

    async def test_packets_fit_the_smallest_path(self):
        await self.connect()
        self.feed.play(big_unit(50_000))
        await until(lambda: any(packet.marker for packet in self.viewer.packets))

        self.assertLessEqual(max(len(packet.payload) for packet in self.viewer.packets), 1180)

    async def test_a_flood_of_nacks_is_answered_within_a_budget(self):
        await self.connect()
        self.feed.play(*units(count=2))
        await until(lambda: len(self.viewer.timestamps) == 2)
        packet = self.viewer.packets[0]

        for _ in range(2 * adapter.RETRANSMISSIONS_AT_ONCE):
            await self.viewer.transceiver.receiver._send_rtcp_nack(
                packet.ssrc, [packet.sequence_number]
            )
        self.feed.play(*units(first=2, count=1))
        await until(lambda: len(self.viewer.timestamps) == 3)

        again = sum(p.sequence_number == packet.sequence_number for p in self.viewer.packets)
        self.assertLess(again, 1.5 * adapter.RETRANSMISSIONS_AT_ONCE)

    async def test_forged_datagrams_do_not_end_a_handshake(self):
        answer = await self.answer()
        port = int(re.search(r"127\.0\.0\.1 (\d+) typ host", answer).group(1))
        forger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(forger.close)

        async def spray() -> None:
            while True:
                for datagram in (ALERT, CLIENT_HELLO, b"\x80\x60" + bytes(60)):
                    forger.sendto(datagram, ("127.0.0.1", port))
                await asyncio.sleep(0.001)

        spraying = asyncio.create_task(spray())
        await self.viewer.take(answer)
        await until(lambda: self.states and self.states[-1] in ("connected", "failed"))
        self.feed.play(*units(count=3))
        await until(lambda: len(self.viewer.timestamps) == 3)
        spraying.cancel()

        self.assertEqual(self.states[-1], "connected")

    async def test_ports_come_from_the_range_until_it_is_used_up(self):
        taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        taken.bind(("127.0.0.1", 0))
        self.addCleanup(taken.close)
        port = taken.getsockname()[1]

        with self.assertLogs("streaming.media.adapter", "WARNING"), self.assertRaises(NoAddress):
            await self.answer(ports=range(port, port + 1))

    async def test_a_free_port_of_the_range_is_found(self):
        answer = await self.answer(ports=range(42100, 42160))

        ports = re.findall(r"a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+) typ host", answer)
        self.assertEqual(len(ports), 1)
        self.assertIn(int(ports[0]), range(42100, 42160))

    async def test_the_advertised_address_takes_the_place_of_the_local_one(self):
        answer = await self.answer(advertised_address="198.51.100.7")

        self.assertRegex(answer, r"a=candidate:\S+ 1 udp \d+ 198\.51\.100\.7 \d+ typ host")
        self.assertNotIn(" 127.0.0.1 ", answer.split("a=candidate", 1)[1])

    async def test_all_addresses_of_the_machine_are_offered_by_default(self):
        answer = await self.answer(addresses=())

        self.assertEqual(answer.count("typ host"), len(adapter._host_addresses()))


class UpstreamTests(IsolatedAsyncioTestCase):
    async def test_the_versions_are_those_that_were_read(self):
        self.assertRegex(version("aiortc"), r"^1\.16\.")
        self.assertRegex(version("aioice"), r"^0\.13\.")

    async def test_the_constants_are_read_from_the_modules(self):
        self.assertIn("RTP_HISTORY_SIZE", rtcrtpsender.RTCRtpSender._run_rtp.__code__.co_names)
        self.assertIn("PACKET_MAX", h264.H264Encoder._packetize_fu_a.__code__.co_names)
        self.assertEqual(rtcrtpsender.RTP_HISTORY_SIZE, 1024)
