"""Packets on the pair that ICE has nominated, many with one system call where that goes."""

import contextlib
import logging
import socket
from errno import EINVAL, EIO, EMSGSIZE, ENOPROTOOPT, EOPNOTSUPP
from struct import Struct
from typing import Any

log = logging.getLogger(__name__)

# linux/udp.h; the socket module has no name for it.
_UDP_SEGMENT = 103
# Where asyncio queues instead of the kernel, without a limit of its own.
_MAX_QUEUED_BYTES = 1024 * 1024
_segment_size = Struct("=H").pack
# Some tunnels and old kernels cannot segment.
_CANNOT_SEGMENT = frozenset({EINVAL, EIO, EMSGSIZE, ENOPROTOOPT, EOPNOTSUPP})


class MediaPath:
    """Sends from the socket that aioice has bound, through a descriptor of our own.

    Follows aioice to another pair. A relay has no socket: packets go through its transport.
    """

    def __init__(self, ice: Any) -> None:
        self._nominated: dict[int, Any] = ice._nominated
        self._pair: Any = None
        self._socket: socket.socket | None = None
        self._address: Any = None
        self._segments = True

    def send(self, packets: memoryview, segment_bytes: int) -> int:
        """How many bytes are gone; fewer than all when the socket is full.

        All packets are `segment_bytes` long, but the last may be shorter. What cannot be sent at
        all counts as lost on the way.
        """
        pair = self._nominated.get(1)
        if pair is not self._pair:
            self._follow(pair)
        if self._socket is None:
            return self._send_through_transport(packets, segment_bytes)
        try:
            if len(packets) <= segment_bytes:
                self._socket.sendto(packets, self._address)
            elif self._segments:
                size = _segment_size(segment_bytes)
                ancillary = [(socket.IPPROTO_UDP, _UDP_SEGMENT, size)]
                self._socket.sendmsg([packets], ancillary, 0, self._address)
            else:
                return self._send_singly(packets, segment_bytes)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            if self._segments and error.errno in _CANNOT_SEGMENT and len(packets) > segment_bytes:
                log.info("no segmented sends on this path: %s", error)
                self._segments = False
                return self._send_singly(packets, segment_bytes)
        return len(packets)

    def close(self) -> None:
        self._pair = self._address = None
        self._nominated = {}
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _follow(self, pair: Any) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._pair = pair
        if pair is None:
            return
        self._address = pair.remote_addr
        transport = pair.protocol.transport
        bound = transport.get_extra_info("socket")
        if bound is not None and not transport.is_closing():
            self._socket = bound.dup()

    def _send_singly(self, packets: memoryview, segment_bytes: int) -> int:
        assert self._socket is not None
        for begin in range(0, len(packets), segment_bytes):
            try:
                self._socket.sendto(packets[begin : begin + segment_bytes], self._address)
            except (BlockingIOError, InterruptedError):
                return begin
            except OSError:
                """Lost, as on the way."""
        return len(packets)

    def _send_through_transport(self, packets: memoryview, segment_bytes: int) -> int:
        if self._pair is None:
            return len(packets)
        transport = self._pair.protocol.transport
        if queued_bytes(transport) > _MAX_QUEUED_BYTES:
            return 0
        with contextlib.suppress(OSError):
            for begin in range(0, len(packets), segment_bytes):
                packet = bytes(packets[begin : begin + segment_bytes])
                transport.sendto(packet, self._address)
        return len(packets)


def queued_bytes(transport: Any) -> int:
    """What asyncio keeps because the socket has not taken it yet, a relay's socket included."""
    relay = getattr(transport, "_TurnTransport__inner_protocol", None)
    return int((relay.transport if relay else transport).get_write_buffer_size())
