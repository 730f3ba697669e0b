"""Pages of places."""

from django.urls import path

from detections import places_views

urlpatterns = [
    path("cameras/<slug:slug>/places/", places_views.places, name="places"),
    path("cameras/<slug:slug>/places/add/", places_views.add_place, name="add-place"),
    path("cameras/<slug:slug>/places/<int:place_id>/", places_views.change_place, name="place"),
    path(
        "cameras/<slug:slug>/places/<int:place_id>/delete/",
        places_views.delete_place,
        name="delete-place",
    ),
]
