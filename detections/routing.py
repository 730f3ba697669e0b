"""Sockets of history."""

from django.urls import path

from detections.consumers import HistoryConsumer
from detections.homes import still_at_home
from streaming.rights import Rights

rights = Rights(still_at_home)

websocket_urlpatterns = [
    path("ws/households/<int:household>/history/", HistoryConsumer.as_asgi(rights=rights)),
]
