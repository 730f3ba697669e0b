"""WebSockets are opened by the portal's own pages only (OWASP WSTG-CLNT-10)."""

from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings


class SameOrigin:
    """Refuses a socket whose Origin is not the page's own scheme, host and port.

    Channels' own validator compares with ALLOWED_HOSTS, which forgets scheme and port, and
    daphne lets the origin 'null' through.
    """

    def __init__(self, application):
        self.application = application

    async def __call__(self, scope, receive, send):
        application = self.application if self._allowed(scope) else WebsocketDenier.as_asgi()
        return await application(scope, receive, send)

    @staticmethod
    def _allowed(scope) -> bool:
        headers = [(name, value.decode("latin-1")) for name, value in scope["headers"]]
        origins = [value for name, value in headers if name == b"origin"]
        hosts = [value for name, value in headers if name == b"host"]
        if len(origins) != 1 or len(hosts) != 1:
            return False
        if origins[0] in settings.PETCAM_ORIGINS:
            return True
        scheme = (
            "https" if scope.get("scheme") == "wss" or settings.SESSION_COOKIE_SECURE else "http"
        )
        origin = urlsplit(origins[0])
        host = hosts[0].rsplit("@")[-1]
        name = urlsplit(f"//{host}").hostname
        return (
            origin.scheme == scheme
            and origin.netloc == host
            and (name in settings.ALLOWED_HOSTS or f"[{name}]" in settings.ALLOWED_HOSTS)
        )
