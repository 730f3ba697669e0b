"""The ASGI application: pages by Django, sockets by Channels."""

import gc
import os

import django
from asgiref.sync import sync_to_async
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.handlers.asgi import ASGIHandler
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "petcam_site.settings")
django.setup(set_prefix=False)


class Pages(ASGIHandler):
    """Answers a request in one thread from beginning to end.

    Django alone would call each middleware from the event loop, and most of them go from there to
    the request's thread and back, twice: on a busy machine that takes longer than the answer.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)
        self._middleware_chain = sync_to_async(self._middleware_chain)


pages = Pages()

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

# What is loaded by now stays: to look through all of it for garbage takes a tenth of a second, in
# the midst of somebody's answer.
get_resolver().url_patterns  # noqa: B018 — loads the views
gc.collect()
gc.freeze()
