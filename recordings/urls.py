"""Pages and bytes of recordings."""

from django.urls import path

from recordings import clips_views, views

urlpatterns = [
    path("cameras/<slug:slug>/recordings/", views.day_page, name="recordings"),
    path("cameras/<slug:slug>/recordings/timeline.json", views.timeline, name="timeline"),
    path("cameras/<slug:slug>/recordings/boxes.json", views.boxes, name="recorded-boxes"),
    path("cameras/<slug:slug>/recordings/playlist.m3u8", views.playlist, name="playlist"),
    path("recordings/<uuid:segment>/segment.mp4", views.segment_file, name="segment-file"),
    path("recordings/<uuid:segment>/index.json", views.segment_index, name="segment-index"),
    path("recordings/<uuid:segment>/thumbnail.jpg", views.thumbnail, name="segment-thumbnail"),
    path("alerts/", views.alerts, name="alerts"),
    path("cameras/<slug:slug>/clips/add/", clips_views.add_clip, name="clip-add"),
    path("clips/", clips_views.clips, name="clips"),
    path("clips/<int:clip>/change/", clips_views.change_clip, name="clip-change"),
    path("clips/<int:clip>/state.json", clips_views.clip_state, name="clip-state"),
    path("clips/<int:clip>/clip.mp4", clips_views.clip_file, name="clip-file"),
    path("clips/<int:clip>/poster.jpg", clips_views.clip_poster, name="clip-poster"),
]
