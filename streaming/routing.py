"""Sockets of live view."""

from django.conf import settings
from django.urls import path

from streaming.consumers.live import LiveConsumer
from streaming.consumers.media import MediaConsumer
from streaming.feeds import Feeds
from streaming.live_config import ice_config
from streaming.loads import Picker
from streaming.rights import Rights

rights = Rights()

websocket_urlpatterns = [
    path(
        "ws/cameras/<slug:slug>/live/",
        LiveConsumer.as_asgi(
            rights=rights,
            ice=ice_config(),
            transports=settings.PETCAM_TRANSPORTS,
            picker=Picker(settings.PETCAM_STREAMERS),
        ),
    ),
    path(
        "ws/cameras/<slug:slug>/media/",
        MediaConsumer.as_asgi(
            rights=rights,
            feeds=Feeds(views=settings.PETCAM_VIEWS, views_per_user=settings.PETCAM_VIEWS_PER_USER),
        ),
    ),
]
