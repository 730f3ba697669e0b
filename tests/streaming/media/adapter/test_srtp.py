"""SRTP in place."""

import random

import pylibsrtp
import pytest
from aiortc.rtcdtlstransport import SRTP_PROFILES

from streaming.media.adapter.srtp import MediaSession, Scratch
from streaming.media.packetise import Header, PacketisedUnit
from tests.streaming.media.adapter.test_outlet import big_unit

SSRC = 0x12345678


@pytest.mark.parametrize("profile", SRTP_PROFILES, ids=lambda one: one.openssl_profile.decode())
def test_packets_are_what_pylibsrtp_makes_of_them_and_decrypt_across_the_wrap(profile):
    key = random.Random(1).randbytes(profile.key_length + profile.salt_length)
    session = MediaSession(key, profile.libsrtp_profile)
    receiving = pylibsrtp.Session(
        pylibsrtp.Policy(
            key=key,
            ssrc_type=pylibsrtp.Policy.SSRC_ANY_INBOUND,
            srtp_profile=profile.libsrtp_profile,
        )
    )
    unit = PacketisedUnit(big_unit(60_000))
    template = unit.template(Header(108, b"", session.tag_bytes))
    scratch, payloads, numbers = Scratch(), [], []
    first = 0x10000 - 20

    for run in template.runs:
        packets = session.protect(scratch, template, run, (first + run.first, 7, SSRC))
        for at in range(0, len(packets), run.segment_bytes):
            packet = receiving.unprotect(bytes(packets[at : at + run.segment_bytes]))
            numbers.append(int.from_bytes(packet[2:4], "big"))
            payloads.append(packet[12:])

    assert payloads == unit.payloads
    assert numbers == [(first + n) & 0xFFFF for n in range(len(numbers))]
