"""Packets on the nominated pair."""

import asyncio
import os
import socket
from errno import EIO
from types import SimpleNamespace
from unittest import IsolatedAsyncioTestCase

from streaming.media.adapter.udp import MediaPath
from tests.streaming.media.viewer import until

RUN = memoryview(b"a" * 100 + b"b" * 100 + b"c" * 40)


class Received(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.packets: list[bytes] = []

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.packets.append(data)


class Relay:
    """A TURN transport as aioice has it: no socket."""

    def __init__(self) -> None:
        self.packets: list[tuple[bytes, object]] = []

    def get_extra_info(self, name: str) -> None:
        return None

    def get_write_buffer_size(self) -> int:
        return 0

    def sendto(self, data: bytes, addr: object) -> None:
        self.packets.append((data, addr))


class Tunnel(socket.socket):
    """Does not segment, as some devices answer."""

    def sendmsg(self, *args: object) -> int:
        raise OSError(EIO, "no checksum offload")


class Full(socket.socket):
    """Its buffer has no room."""

    def sendmsg(self, *args: object) -> int:
        raise BlockingIOError


class PathTests(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        loop = asyncio.get_running_loop()
        self.ends = [
            await loop.create_datagram_endpoint(Received, local_addr=("127.0.0.1", 0))
            for _ in range(3)
        ]
        self.ice = SimpleNamespace(_nominated={})
        self.path = MediaPath(self.ice)

    async def asyncTearDown(self) -> None:
        self.path.close()
        for transport, _ in self.ends:
            transport.close()

    def nominate(self, transport: object, address: object) -> None:
        protocol = SimpleNamespace(transport=transport)
        self.ice._nominated[1] = SimpleNamespace(protocol=protocol, remote_addr=address)

    def address(self, number: int) -> object:
        return self.ends[number][0].get_extra_info("sockname")

    def packets(self, number: int) -> list[bytes]:
        return self.ends[number][1].packets

    async def test_one_call_sends_the_packets_of_a_run(self):
        self.nominate(self.ends[0][0], self.address(1))

        self.assertEqual(self.path.send(RUN, 100), len(RUN))

        await until(lambda: len(self.packets(1)) == 3)
        self.assertEqual([len(packet) for packet in self.packets(1)], [100, 100, 40])

    async def test_it_follows_another_nomination(self):
        self.nominate(self.ends[0][0], self.address(1))
        self.path.send(RUN, 100)
        self.nominate(self.ends[0][0], self.address(2))
        self.path.send(RUN, 100)

        await until(lambda: len(self.packets(2)) == 3)
        self.assertEqual(len(self.packets(1)), 3)

    async def test_without_a_pair_everything_is_lost_on_the_way(self):
        self.assertEqual(self.path.send(RUN, 100), len(RUN))

    async def test_a_relay_gets_one_packet_after_the_other(self):
        relay = Relay()
        self.nominate(relay, ("192.0.2.9", 5))

        self.path.send(RUN, 100)

        self.assertEqual([len(data) for data, _ in relay.packets], [100, 100, 40])
        self.assertEqual({address for _, address in relay.packets}, {("192.0.2.9", 5)})

    async def test_where_segments_do_not_go_packets_go_singly(self):
        self.nominate(self.ends[0][0], self.address(1))
        self.path.send(RUN[:100], 100)
        self.replace_socket(Tunnel)

        self.assertEqual(self.path.send(RUN, 100), len(RUN))
        self.assertEqual(self.path.send(RUN, 100), len(RUN))

        await until(lambda: len(self.packets(1)) == 7)

    async def test_a_full_socket_says_how_much_is_gone(self):
        self.nominate(self.ends[0][0], self.address(1))
        self.path.send(RUN[:100], 100)
        self.replace_socket(Full)

        self.assertEqual(self.path.send(RUN, 100), 0)
        self.assertEqual(self.path.send(RUN, 100), 0)

    def replace_socket(self, kind: type[socket.socket]) -> None:
        own = self.path._socket
        self.path._socket = kind(own.family, own.type, own.proto, os.dup(own.fileno()))
        own.close()

    async def test_closing_frees_the_descriptor_and_sends_nothing_more(self):
        files = len(os.listdir("/proc/self/fd"))
        self.nominate(self.ends[0][0], self.address(1))
        self.path.send(RUN[:100], 100)
        await until(lambda: self.packets(1))

        self.path.close()
        self.path.send(RUN, 100)

        self.assertEqual(len(os.listdir("/proc/self/fd")), files)
        self.assertEqual(len(self.packets(1)), 1)
