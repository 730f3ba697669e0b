"""daphne with a bound on what a stranger may send: python -m petcam_site.daphne_server."""

from autobahn.exception import Disconnected
from daphne.cli import CommandLineInterface
from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.server import Server
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol

# Forms are small, and pages make photos small before they send them.
MAX_BODY_BYTES = 256 * 1024
# How long a connection may say nothing while its request is not complete.
SILENT_WITHIN_S = 15


class BoundedRequest(WebRequest):
    """Refuses a long body while it comes in; daphne alone would store all of it first."""

    _body_bytes = 0

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
