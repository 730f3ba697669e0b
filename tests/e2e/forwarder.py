"""Moves packets between two TUN devices, with loss, delay, a rate limit or no UDP at all.

Stands in for netem, which many kernels lack. Run as `python -m tests.e2e.forwarder A B`: makes
the TUN devices A and B, prints `ready`, then takes JSON objects with the fields of `Conditions`
on stdin, one a line, each answered by a line of JSON with the counters. Ends with its stdin.
"""

import fcntl
import heapq
import json
import os
import random
import select
import struct
import sys
import time
from dataclasses import asdict, dataclass, field

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
IPPROTO_UDP = 17
MAX_WAITING = 4096


@dataclass(frozen=True)
class Conditions:
    """What the line between the two hosts is like, the same both ways."""

    drop_udp: bool = False
    loss: float = 0.0
    delay_s: float = 0.0
    rate_bps: float = 0.0  # 0: no limit
    queue_bytes: int = 200_000
    seed: int = 1


@dataclass
class Counters:
    """Packets since the start."""

    received: int = 0
    delivered: int = 0
    udp_dropped: int = 0
    lost: int = 0
    queue_full: int = 0


@dataclass
class Line:
    """The two TUN devices and what is on its way between them."""

    devices: tuple[int, int]
    conditions: Conditions = Conditions()
    counters: Counters = field(default_factory=Counters)
    _waiting: list[tuple[float, int, int, bytes]] = field(default_factory=list)
    _free_at: list[float] = field(default_factory=lambda: [0.0, 0.0])
    _random: random.Random = field(default_factory=lambda: random.Random(1))

    def change(self, conditions: Conditions) -> None:
        """From now on the line is like this."""
        self.conditions = conditions
        self._random = random.Random(conditions.seed)

    def next_due_s(self, now: float) -> float | None:
        """Seconds until a packet must be delivered, None when nothing is on its way."""
        return max(0.0, self._waiting[0][0] - now) if self._waiting else None

    def receive(self, side: int) -> None:
        """Take what has come in at one side."""
        for _ in range(64):
            try:
                packet = os.read(self.devices[side], 65535)
            except BlockingIOError:
                return
            self.counters.received += 1
            if self._survives(packet):
                self._send_off(side, packet, time.monotonic())

    def _survives(self, packet: bytes) -> bool:
        if packet[0] >> 4 != 4:
            return False  # IPv6 neighbour chatter: the hosts have IPv4 only
        if self.conditions.drop_udp and packet[9] == IPPROTO_UDP:
            self.counters.udp_dropped += 1
            return False
        if self._random.random() < self.conditions.loss:
            self.counters.lost += 1
            return False
        return True

    def _send_off(self, side: int, packet: bytes, now: float) -> None:
        start = max(self._free_at[side], now)
        rate = self.conditions.rate_bps
        too_long = rate and (start - now) * rate / 8 > self.conditions.queue_bytes
        if too_long or len(self._waiting) >= MAX_WAITING:
            self.counters.queue_full += 1
            return
        self._free_at[side] = start + (len(packet) * 8 / rate if rate else 0)
        due = self._free_at[side] + self.conditions.delay_s
        heapq.heappush(self._waiting, (due, self.counters.received, 1 - side, packet))

    def deliver(self, now: float) -> None:
        """Hand over what is due."""
        while self._waiting and self._waiting[0][0] <= now:
            _, _, side, packet = heapq.heappop(self._waiting)
            try:
                os.write(self.devices[side], packet)
            except OSError:
                continue  # the receiving host is going away
            self.counters.delivered += 1


def open_tun(name: str) -> int:
    """A new TUN device; it lives as long as the file descriptor."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return descriptor


def main(first: str, second: str) -> None:
    """Forward until stdin ends."""
    line = Line((open_tun(first), open_tun(second)))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        timeout = line.next_due_s(time.monotonic())
        readable, _, _ = select.select([*line.devices, sys.stdin], [], [], timeout)
        for side, device in enumerate(line.devices):
            if device in readable:
                line.receive(side)
        line.deliver(time.monotonic())
        if sys.stdin in readable:
            order = sys.stdin.readline()
            if not order:
                return
            line.change(Conditions(**json.loads(order)))
            sys.stdout.write(json.dumps(asdict(line.counters)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
