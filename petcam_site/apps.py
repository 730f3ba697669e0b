from django.apps import AppConfig


class PetcamSiteConfig(AppConfig):
    name = "petcam_site"
    verbose_name = "Petcam"

    def ready(self) -> None:
        from petcam_site import checks  # noqa: F401, PLC0415  (registers; needs the settings)
