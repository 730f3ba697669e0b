"""The line between two hosts drops, delays and limits as it is told."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.e2e.forwarder import Conditions, Line


@dataclass
class Ends:
    """A line whose two devices are ends of socket pairs; `here` and `there` are the hosts."""

    line: Line
    here: socket.socket
    there: socket.socket

    def pass_on(self, packets: list[bytes], now: float) -> list[bytes]:
        """Send from here; what is there at `now`."""
        for packet in packets:
            self.here.send(packet)
            self.line.receive(0)
        self.line.deliver(now)
        arrived = []
        while True:
            try:
                arrived.append(self.there.recv(2000))
            except BlockingIOError:
                return arrived


@pytest.fixture
def ends() -> Iterator[Ends]:
    pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(2)]
    for pair in pairs:
        for end in pair:
            end.setblocking(False)
    yield Ends(Line((pairs[0][1].fileno(), pairs[1][1].fileno())), pairs[0][0], pairs[1][0])
    for pair in pairs:
        for end in pair:
            end.close()


def ip_packet(protocol: int, payload: bytes = b"") -> bytes:
    return bytes([0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol]) + bytes(10) + payload


LATER = float("inf")
TCP, UDP = 6, 17


def test_everything_passes_a_good_line_in_order(ends: Ends):
    packets = [ip_packet(UDP, bytes([number])) for number in range(20)]

    assert ends.pass_on(packets, LATER) == packets


def test_without_udp_tcp_still_passes(ends: Ends):
    ends.line.change(Conditions(drop_udp=True))

    assert ends.pass_on([ip_packet(UDP), ip_packet(TCP)], LATER) == [ip_packet(TCP)]
    assert ends.line.counters.udp_dropped == 1


def test_a_delayed_packet_is_not_there_before_its_time(ends: Ends):
    ends.line.change(Conditions(delay_s=60))

    assert ends.pass_on([ip_packet(UDP)], 0.0) == []
    assert ends.pass_on([], LATER) == [ip_packet(UDP)]


def test_loss_takes_about_its_share_and_the_same_packets_for_the_same_seed(ends: Ends):
    packets = [ip_packet(UDP, number.to_bytes(2, "big")) for number in range(400)]
    rounds = []
    for _ in range(2):
        ends.line.change(Conditions(loss=0.25, seed=7))
        rounds.append(ends.pass_on(packets[:100], LATER))

    assert rounds[0] == rounds[1]
    assert 60 < len(rounds[0]) < 90


def test_a_full_queue_drops_what_comes_last(ends: Ends):
    ends.line.change(Conditions(rate_bps=8000, queue_bytes=2100))
    packets = [ip_packet(UDP, bytes(980) + bytes([number])) for number in range(6)]

    assert ends.pass_on(packets, LATER) == packets[:3]
    assert ends.line.counters.queue_full == 3
