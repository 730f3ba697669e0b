"""Pages of history, of pets and of places."""

from django.urls import path

from detections import pets_views, places_views, views

urlpatterns = [
    path("history/", views.history, name="history"),
    path("history/act/", views.act, name="history-act"),
    path("history/<int:visit>/", views.visit, name="visit"),
    path("history/<int:visit>/change/", views.change, name="visit-change"),
    path("history/<int:visit>/picture.jpg", views.picture, name="visit-picture"),
    path("pets/", pets_views.pets, name="pets"),
    path("pets/add/", pets_views.add_pet, name="pet-add"),
    path("pets/<int:pet>/", pets_views.change_pet, name="pet"),
    path("pets/<int:pet>/remove/", pets_views.remove_pet, name="pet-remove"),
    path("pets/<int:pet>/photo.jpg", pets_views.photo, name="pet-photo"),
    path("cameras/<slug:slug>/places/", places_views.places, name="places"),
    path("cameras/<slug:slug>/places/add/", places_views.add_place, name="place-add"),
    path("cameras/<slug:slug>/places/<int:place_id>/", places_views.change_place, name="place"),
    path(
        "cameras/<slug:slug>/places/<int:place_id>/delete/",
        places_views.delete_place,
        name="place-remove",
    ),
]
