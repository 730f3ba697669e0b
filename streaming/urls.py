"""Pages of live view."""

from django.urls import path

from streaming import views

urlpatterns = [
    path("", views.home, name="home"),
    path("cameras/<slug:slug>/", views.camera_page, name="camera"),
    path("cameras/<slug:slug>/health.json", views.camera_health, name="camera-health"),
]
