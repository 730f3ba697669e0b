"""WebSockets are opened by the portal's own pages only (OWASP WSTG-CLNT-10)."""

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host


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
        is_secure = scope.get("scheme") == "wss" or settings.PETCAM_HTTPS
        own = f"{'https' if is_secure else 'http'}://{hosts[0]}"
        name, _ = split_domain_port(hosts[0])
        return origins[0] == own and validate_host(name, settings.ALLOWED_HOSTS)
