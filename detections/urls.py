"""Pages of history and of pets."""

from django.urls import path

from detections import pets_views, views

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
]
