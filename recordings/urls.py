"""Pages and bytes of recordings."""

from django.urls import path

from recordings import views

urlpatterns = [
    path("cameras/<slug:slug>/recordings/", views.day_page, name="recordings"),
    path("cameras/<slug:slug>/recordings/timeline.json", views.timeline, name="timeline"),
    path("cameras/<slug:slug>/recordings/boxes.json", views.boxes, name="recorded-boxes"),
    path("cameras/<slug:slug>/recordings/playlist.m3u8", views.playlist, name="playlist"),
    path("recordings/<uuid:segment>/segment.mp4", views.segment_file, name="segment-file"),
    path("recordings/<uuid:segment>/index.json", views.segment_index, name="segment-index"),
    path("recordings/<uuid:segment>/thumbnail.jpg", views.thumbnail, name="segment-thumbnail"),
]
