"""The ASGI application: pages by Django, sockets by Channels."""

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "petcam_site.settings")
pages = get_asgi_application()

# Consumers import models, so they come after the application above has set Django up.
from detections import routing as detections  # noqa: E402
from petcam_site.origin import SameOrigin  # noqa: E402
from streaming import routing as streaming  # noqa: E402

websocket_urlpatterns = [*streaming.websocket_urlpatterns, *detections.websocket_urlpatterns]

application = ProtocolTypeRouter(
    {
        "http": pages,
        "websocket": SameOrigin(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)
