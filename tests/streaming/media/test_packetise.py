"""Access units as RTP payloads."""

import random

from aiortc.codecs import h264
from aiortc.rtp import RtpPacket
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.media.access_unit import AccessUnit
from streaming.media.annexb import START_CODE
from streaming.media.packetise import (
    MAX_PAYLOAD_BYTES,
    SLICE_PACKETS,
    Header,
    PacketisedUnit,
    rtp_payloads,
)
from tests.streaming.media.h264 import PPS, SPS, unit

HEADER = Header(108, bytes.fromhex("bede000110 30 00 00"), 10)


def slice_of(size: int, kind: int = 0x65) -> bytes:
    return bytes([kind]) + random.Random(size).randbytes(size - 1).replace(b"\0", b"\1")


def reassembled(payloads: list[bytes]) -> bytes:
    return b"".join(h264.h264_depayload(payload) for payload in payloads)


def packetised(data: bytes) -> PacketisedUnit:
    return PacketisedUnit(AccessUnit(data, 0, 0, is_keyframe=True, width=160, height=120))


def test_parameter_sets_share_a_packet_and_a_small_slice_has_its_own():
    slice_ = slice_of(100)

    payloads = rtp_payloads([SPS, PPS, slice_])

    assert [payload[0] & 0x1F for payload in payloads] == [24, 5]
    assert payloads[1] == slice_


def test_a_parameter_set_alone_is_sent_as_it_is():
    assert rtp_payloads([SPS]) == [SPS]


def test_fragments_are_of_one_size_and_only_the_last_may_be_shorter():
    payloads = rtp_payloads([slice_of(60_001)])

    sizes = [len(payload) for payload in payloads]
    assert len(set(sizes[:-1])) == 1
    assert sizes[-1] <= sizes[0] <= MAX_PAYLOAD_BYTES
    assert [payload[1] >> 6 for payload in payloads] == [2] + [0] * (len(payloads) - 2) + [1]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(2, 5000), st.sampled_from([0x41, 0x65, 0x06, 0x67]))))
def test_whatever_is_packetised_comes_out_again(shapes):
    nals = [slice_of(size, kind) for size, kind in shapes]

    payloads = rtp_payloads(nals)

    assert reassembled(payloads) == unit(*nals)
    assert all(len(payload) <= MAX_PAYLOAD_BYTES for payload in payloads)


def test_a_template_holds_whole_packets_with_the_marker_on_the_last():
    unit_ = packetised(unit(SPS, PPS, slice_of(30_000)))

    template = unit_.template(HEADER)

    packets = []
    for run in template.runs:
        at = run.begin
        for length in run.lengths:
            packets.append(RtpPacket.parse(bytes(template.data[at : at + length])))
            at += length + HEADER.tag_bytes
        assert at == run.end
    assert [packet.payload for packet in packets] == unit_.payloads
    assert [packet.marker for packet in packets] == [0] * (len(packets) - 1) + [1]
    assert {packet.payload_type for packet in packets} == {108}


def test_a_run_can_be_sent_in_segments():
    runs = packetised(unit(SPS, PPS, slice_of(90_000))).template(HEADER).runs

    for run in runs:
        assert len(run.lengths) <= SLICE_PACKETS
        assert len(set(run.lengths[:-1])) <= 1
        assert run.lengths[-1] <= run.lengths[0] == run.segment_bytes - HEADER.tag_bytes
        assert run.end - run.begin < 65_000
    assert sum(len(run.lengths) for run in runs) == runs[-1].first + len(runs[-1].lengths)


def test_one_packet_can_be_taken_out_of_a_template():
    unit_ = packetised(unit(SPS, PPS, slice_of(90_000)))
    template = unit_.template(HEADER)

    for index, payload in enumerate(unit_.payloads):
        run = template.run_of(index)
        packet = bytes(template.data[run.begin : run.begin + run.lengths[0]])
        assert packet.endswith(payload)
        assert run.end - run.begin == run.segment_bytes == len(packet) + HEADER.tag_bytes


def test_a_template_is_made_once_for_all_that_want_the_same():
    unit_ = packetised(unit(slice_of(5_000)))

    assert unit_.template(HEADER) is unit_.template(Header(*HEADER))
    assert unit_.template(HEADER) is not unit_.template(HEADER._replace(tag_bytes=16))
    assert START_CODE not in unit_.template(HEADER).data.tobytes()
