from django.apps import AppConfig


class PetcamSiteConfig(AppConfig):
    name = "petcam_site"
    verbose_name = "Petcam"
