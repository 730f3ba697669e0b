"""ICE connectivity checks where the browser's come first and ours only answer them."""

import asyncio
from typing import Any

from aioice import ice as aioice_ice
from aioice import stun


class CheckedStunProtocol(aioice_ice.StunProtocol):
    """Lets through what is not STUN only from addresses that proved to be the browser's.

    aioice hands any datagram from anywhere to DTLS: one forged alert ends a handshake.
    """

    def __init__(self, receiver: aioice_ice.Connection) -> None:
        super().__init__(receiver)
        self._checked: set[tuple[str, int]] = set()

    def datagram_received(self, data: Any, addr: tuple[Any, ...]) -> None:
        source = (addr[0], addr[1])
        if source in self._checked or _is_stun(data) or self._is_checked(source):
            super().datagram_received(data, addr)

    def _is_checked(self, source: tuple[str, int]) -> bool:
        """Whether a check there succeeded, or the browser has nominated the pair: it knows our
        password then, and may have said ClientHello before our own check is answered."""
        succeeded = aioice_ice.CandidatePair.State.SUCCEEDED
        for pair in self.receiver._check_list:
            if pair.remote_addr == source and (pair.state is succeeded or pair.remote_nominated):
                self._checked.add(source)
                return True
        return False


def _is_stun(data: bytes) -> bool:
    """RFC 7983 section 7: first byte 0 to 3."""
    return len(data) >= stun.HEADER_LENGTH and data[0] < 4


class CheckedByBrowser:
    """Makes an aioice connection that is told no candidates complete as soon as it can.

    aioice looks every 20 ms for pairs to check. Without candidates each pair comes of a check of
    the browser, which starts ours by itself: there is nothing to look for, and nothing to do
    before the first one.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._came = asyncio.Event()
        self._connect, self._close = connection.connect, connection.close
        self._take = connection.request_received
        connection.connect, connection.close = self.connect, self.close
        connection.request_received = self.request_received
        connection._check_periodic = lambda: False

    async def connect(self) -> None:
        await self._came.wait()
        await self._connect()

    async def close(self) -> None:
        self._came.set()
        await self._close()

    def request_received(self, *check: Any) -> None:
        self._take(*check)
        if self._connection._early_checks:
            self._came.set()
