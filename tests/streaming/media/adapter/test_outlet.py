"""The send path over a real connection, with aiortc in the browser's place."""

import random
from collections.abc import Callable, Sequence
from unittest import IsolatedAsyncioTestCase

from aiortc.codecs import h264
from aiortc.rtp import RtpPacket, is_rtcp

from streaming.media.access_unit import AccessUnit
from streaming.media.adapter.connection import MediaConnection
from streaming.media.adapter.outlet import Outlet
from streaming.media.adapter.srtp import Scratch
from streaming.media.annexb import START_CODE, split_nal_units
from streaming.media.conditions import Budget
from streaming.media.fanout import Fanout
from streaming.media.ice import IceConfig
from streaming.media.packetise import MAX_PAYLOAD_BYTES
from streaming.media.sdp import clean_offer
from streaming.media.viewer import PacedViewer
from tests.streaming.media.viewer import PLAYOUT_DELAY_ID, TICKS_PER_FRAME, Viewer, units, until


def big_unit(size: int, number: int = 0) -> AccessUnit:
    data = b"\0\0\0\1\x65" + random.Random(number).randbytes(size).replace(b"\0", b"\1")
    pts = 90_000 + number * TICKS_PER_FRAME
    return AccessUnit(data, 0, pts, is_keyframe=True, width=160, height=120)


class OutletTests(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.viewer = Viewer()
        self.keyframes_wanted = 0
        self.is_ready = False
        self.lost_share = 0.0
        self.fanout = Fanout(lambda: ())

    async def asyncTearDown(self) -> None:
        self.fanout.leave(self.paced)
        self.paced.stop()
        await self.connection.close()
        await self.viewer.close()

    def want_keyframe(self) -> None:
        self.keyframes_wanted += 1

    def ready(self) -> None:
        self.is_ready = True

    async def connect(
        self,
        *,
        offered: Callable[[str], str] = lambda offer: offer,
    ) -> None:
        config = IceConfig(addresses=("127.0.0.1",))
        self.connection = MediaConnection(ice=config, servers=[], on_state=lambda state: None)
        outlet = Outlet(self.connection, Scratch(), on_ready=self.ready)
        self.paced = PacedViewer(outlet, on_keyframe_wanted=self.want_keyframe)
        offer = clean_offer(offered(await self.viewer.offer()))
        await self.viewer.take(await self.connection.answer(offer))
        await until(lambda: self.is_ready)
        self.fanout.join(self.paced)

    def play(self, *more: AccessUnit) -> None:
        for unit in more:
            self.fanout.publish(unit)

    def lose_some(self) -> None:
        """First transmissions get lost from now on, each with probability `lost_share`."""
        transport = self.viewer.transceiver.receiver.transport
        unprotected, chance = transport._handle_rtp_data, random.Random(7)

        async def some(data: bytes, arrival_time_ms: int) -> None:
            is_first = RtpPacket.parse(data).ssrc == self.connection.sender._ssrc
            if not is_first or chance.random() >= self.lost_share:
                await unprotected(data, arrival_time_ms)

        transport._handle_rtp_data = some

    def pictures(self) -> dict[int, bytes]:
        """What has come, reassembled: Annex B by RTP timestamp, without holes."""
        media: dict[int, RtpPacket] = {}
        for packet in self.viewer.packets:
            if packet.ssrc == self.connection.sender._rtx_ssrc:
                # RFC 4588: the lost packet's number comes before its payload.
                packet.sequence_number = int.from_bytes(packet.payload[:2], "big")
                packet.payload = packet.payload[2:]
                packet.ssrc = self.connection.sender._ssrc
            media[packet.sequence_number] = packet
        found: dict[int, list[RtpPacket]] = {}
        for number in sorted(media, key=lambda n: (n - self.first_number) & 0xFFFF):
            found.setdefault(media[number].timestamp, []).append(media[number])
        return {
            timestamp: b"".join(h264.h264_depayload(packet.payload) for packet in packets)
            for timestamp, packets in found.items()
        }

    @property
    def first_number(self) -> int:
        return (self.paced._sequence - self.paced.packets_sent) & 0xFFFF

    async def assert_arrives(self, sent: Sequence[AccessUnit]) -> None:
        wanted = {
            (unit.pts_90k + self.paced.rtp_offset) & 0xFFFFFFFF: b"".join(
                START_CODE + nal for nal in split_nal_units(unit.data)
            )
            for unit in sent
        }
        await until(lambda: self.pictures() == wanted)

    async def test_a_ping_is_answered_at_once_and_forgotten(self):
        await self.connect()
        transactions = self.connection.ice._nominated[1].protocol.transactions
        before, answers = len(transactions), []

        self.paced._outlet.ping(lambda: answers.append(True))

        await until(lambda: answers)
        self.assertEqual(len(transactions), before)

    async def test_pings_without_an_answer_are_few_and_end_with_the_connection(self):
        await self.connect()
        pair = self.connection.ice._nominated[1]
        for _ in range(100):
            self.paced._outlet.ping(lambda: None)

        self.assertLessEqual(len(pair.protocol.transactions), 40)
        self.paced.stop()
        self.paced._outlet.ping(lambda: None)
        self.assertLessEqual(len(pair.protocol.transactions), 8)

    async def test_every_picture_arrives_bit_by_bit(self):
        await self.connect()
        sent = [big_unit(size, number) for number, size in enumerate((900, 1174, 1175, 60_000))]
        sent += units(count=20)

        self.play(*sent)

        await self.assert_arrives(sent)

    async def test_what_gets_lost_is_sent_again_bit_by_bit(self):
        await self.connect()
        self.lose_some()
        sent = [big_unit(8_000, number) for number in range(30)]
        for number, unit in enumerate(sent):
            # A gap shows only when something comes after it.
            self.lost_share = 0.05 if 0 < number < len(sent) - 1 else 0.0
            self.play(unit)
            await until(lambda count=number: len(self.viewer.timestamps) > count)

        await self.assert_arrives(sent)
        self.assertGreater(self.paced.packets_sent_again, 5)

    async def test_a_browser_without_retransmission_packets_gets_the_same_again(self):
        await self.connect()
        self.connection.sender._RTCRtpSender__rtx_payload_type = None
        self.play(*units(count=1))
        await until(lambda: self.viewer.packets)
        first, count = self.viewer.packets[0], len(self.viewer.packets)

        await self.viewer.transceiver.receiver._send_rtcp_nack(first.ssrc, [first.sequence_number])
        await until(lambda: self.paced.packets_sent_again)

        number = first.sequence_number
        later = self.viewer.packets[count:]
        again = [one for one in later if one.sequence_number == number] or [first]
        self.assertEqual(again[0].payload, first.payload)

    async def test_browsers_that_leave_it_to_us_begin_with_dtls(self):
        await self.connect()

        self.assertEqual(self.connection.dtls._role, "server")

    async def test_the_other_dtls_role_works_too(self):
        await self.connect(offered=lambda offer: offer.replace("setup:actpass", "setup:passive"))
        self.assertEqual(self.connection.dtls._role, "client")
        sent = units(count=3)

        self.play(*sent)

        await self.assert_arrives(sent)

    async def test_every_packet_says_play_at_once(self):
        await self.connect()
        self.play(*units(count=3))
        await until(lambda: len(self.viewer.timestamps) == 3)

        elements = [element.get(PLAYOUT_DELAY_ID) for element in self.viewer.extensions]
        self.assertEqual(set(elements), {b"\0\0\0"})
        self.assertTrue(all(1 in element for element in self.viewer.extensions), "mid is missing")

    async def test_a_browser_without_the_extension_gets_none(self):
        await self.connect(offered=lambda offer: offer.replace("playout-delay", "something-else"))
        self.play(*units(count=1))
        await until(lambda: self.viewer.packets)

        self.assertNotIn(PLAYOUT_DELAY_ID, self.viewer.extensions[0])

    async def test_a_picture_loss_indication_is_heard(self):
        await self.connect()
        self.play(*units(count=1))
        await until(lambda: self.viewer.packets)

        await self.viewer.ask_for_keyframe()

        await until(lambda: self.keyframes_wanted)

    async def test_the_bytes_sent_are_those_of_the_packets(self):
        await self.connect()
        self.play(*units(count=2))
        await until(lambda: len(self.viewer.timestamps) == 2)
        await until(lambda: len(self.viewer.packets) >= self.paced.packets_sent)

        payloads = [len(packet.payload) for packet in self.viewer.packets]
        self.assertEqual(
            (self.paced.bytes_sent, self.paced.packets_sent), (sum(payloads), len(payloads))
        )

    async def test_the_start_of_a_large_keyframe_can_be_sent_again(self):
        await self.connect()
        self.play(big_unit(200_000))
        await until(lambda: any(packet.marker for packet in self.viewer.packets))
        first, packets = self.viewer.packets[0], len(self.viewer.packets)
        self.assertGreater(packets, 128)

        await self.viewer.transceiver.receiver._send_rtcp_nack(first.ssrc, [first.sequence_number])

        await until(lambda: len(self.viewer.packets) > packets)
        self.assertEqual(self.viewer.packets[-1].payload[2:], first.payload)

    async def test_packets_fit_the_smallest_path(self):
        await self.connect()
        self.play(big_unit(50_000))
        await until(lambda: any(packet.marker for packet in self.viewer.packets))

        largest = max(len(packet.payload) for packet in self.viewer.packets)
        self.assertLessEqual(largest, MAX_PAYLOAD_BYTES)

    async def test_a_flood_of_nacks_is_answered_within_a_budget(self):
        await self.connect()
        self.play(*units(count=2))
        await until(lambda: len(self.viewer.timestamps) == 2)
        packet = self.viewer.packets[0]

        for _ in range(500):
            await self.viewer.transceiver.receiver._send_rtcp_nack(
                packet.ssrc, [packet.sequence_number]
            )
        self.play(*units(first=2, count=1))
        await until(lambda: len(self.viewer.timestamps) == 3)

        self.assertGreater(self.paced.packets_sent_again, 0)
        self.assertLess(self.paced.packets_sent_again, 100)
        self.assertLess(self.paced.packets_sent_again * len(packet.payload), Budget.AT_ONCE_BYTES)

    async def test_sender_reports_let_the_browser_map_times(self):
        reports = []
        await self.connect()
        receiver = self.viewer.transceiver.receiver
        handle = receiver._handle_rtcp_packet

        async def heard(packet: object) -> None:
            reports.append(packet)
            await handle(packet)

        receiver._handle_rtcp_packet = heard
        self.play(*units(count=2))
        await until(lambda: len(self.viewer.timestamps) == 2)

        self.paced.report()

        await until(lambda: reports)
        self.assertEqual(reports[0].ssrc, self.connection.sender._ssrc)
        self.assertEqual(reports[0].sender_info.packet_count, self.paced.packets_sent)
        self.assertEqual(reports[0].sender_info.octet_count, self.paced.bytes_sent)

    async def test_the_browser_hears_goodbye(self):
        packets = []
        await self.connect()
        transport = self.viewer.transceiver.receiver.transport
        handle = transport._handle_rtcp_data

        async def heard(data: bytes) -> None:
            packets.append(data)
            await handle(data)

        transport._handle_rtcp_data = heard

        self.paced.stop()
        await self.connection.close()

        await until(lambda: any(is_rtcp(data) and data[1] == 203 for data in packets))
