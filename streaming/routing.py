"""Sockets of live view."""

websocket_urlpatterns: list = []
