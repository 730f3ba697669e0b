"""daphne with bounds: on what a stranger may send, and on what waits for one who does not read.

python -m petcam_site.daphne_server
"""

import asyncio

from autobahn.exception import Disconnected
from daphne.cli import CommandLineInterface
from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.server import Server
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

# Forms are small, and pages make photos small before they send them.
MAX_BODY_BYTES = 256 * 1024
# How long a connection may say nothing while its request is not complete.
SILENT_WITHIN_S = 15
# How long the network may take nothing of a long answer: about 64 kB.
TAKES_WITHIN_S = 30


@implementer(IPushProducer)
class BoundedRequest(WebRequest):
    """Refuses a long body while it comes in; daphne alone would store all of it first.

    Of an answer that comes in pieces, the next one is taken when the network has taken the last:
    daphne alone would hold all of it for somebody who reads nothing.
    """

    _body_bytes = 0

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self._has_room = asyncio.Event()
        self._has_room.set()

    def gotLength(self, length: int | None) -> None:
        super().gotLength(length)
        if length is not None and length > MAX_BODY_BYTES:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:
        self._body_bytes += len(data)
        if self._body_bytes > MAX_BODY_BYTES:
            self._refuse()
        else:
            super().handleContentChunk(data)

    def _refuse(self) -> None:
        self.channel.write(
            b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        self.channel.loseConnection()

    def handle_reply(self, message: dict) -> None:
        if message.get("more_body") and self.channel is not None and not self.producer:
            self.registerProducer(self, True)
        super().handle_reply(message)

    async def room(self) -> None:
        """Returns when there is room for another piece; ends the connection if that takes long."""
        try:
            async with asyncio.timeout(TAKES_WITHIN_S):
                await self._has_room.wait()
        except TimeoutError:
            if not self.finished and self.channel is not None:
                self.channel.forceAbortClient()

    def pauseProducing(self) -> None:
        self._has_room.clear()

    def resumeProducing(self) -> None:
        self._has_room.set()

    def stopProducing(self) -> None:
        self._has_room.set()

    def check_timeouts(self) -> None:
        # A long answer may take its time: `room` sees to it that it gets on.
        if not self.producer:
            super().check_timeouts()

    def finish(self) -> None:
        if self.producer:
            self.unregisterProducer()
            self._has_room.set()
        if self._is_cut_short():
            # Whoever waits for the rest would take the next answer for it.
            self.channel.persistent = False
        super().finish()

    def _is_cut_short(self) -> bool:
        lengths = self.responseHeaders.getRawHeaders(b"content-length")
        return bool(lengths) and self.method != b"HEAD" and self.sentLength < int(lengths[0])


class BoundedFactory(HTTPFactory):
    """Makes the connections of the web server."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.timeOut = SILENT_WITHIN_S

    def buildProtocol(self, address):
        protocol = super().buildProtocol(address)
        protocol.requestFactory = BoundedRequest
        return protocol


class PageSocket(WebSocketProtocol):
    """Sends messages of any size: Autobahn holds those to the limit for received ones as well.

    What is sent to a page that has just left goes nowhere: the application hears of it next.
    """

    def sendMessage(self, *args, **kwargs) -> None:
        limit, self.maxMessagePayloadSize = self.maxMessagePayloadSize, 0
        try:
            super().sendMessage(*args, **kwargs)
        except Disconnected:
            pass
        finally:
            self.maxMessagePayloadSize = limit


class BoundedServer(Server):
    """daphne makes its factories while it runs; ours take their place."""

    async def handle_reply(self, protocol: WebRequest | WebSocketProtocol, message: dict) -> None:
        """Returns when the message is on its way, or about to be: applications await this."""
        await super().handle_reply(protocol, message)
        if isinstance(protocol, BoundedRequest):
            await protocol.room()

    @property
    def ws_factory(self) -> WebSocketFactory:
        return self._ws_factory

    @ws_factory.setter
    def ws_factory(self, factory: WebSocketFactory) -> None:
        factory.protocol = PageSocket
        self._ws_factory = factory

    @property
    def http_factory(self) -> HTTPFactory:
        return self._http_factory

    @http_factory.setter
    def http_factory(self, factory: HTTPFactory) -> None:
        self._http_factory = BoundedFactory(factory.server)


class BoundedCommandLine(CommandLineInterface):
    server_class = BoundedServer


if __name__ == "__main__":
    BoundedCommandLine.entrypoint()
