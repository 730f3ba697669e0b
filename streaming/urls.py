"""Pages of live view."""

from django.urls import path

from streaming import stills_views, views

urlpatterns = [
    path("", views.home, name="home"),
    path("cameras/<slug:slug>/", views.camera_page, name="camera"),
    path("cameras/<slug:slug>/still.jpg", stills_views.still, name="still"),
    path("cameras/<slug:slug>/health.json", views.camera_health, name="camera-health"),
]
