from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class HouseholdsConfig(AppConfig):
    name = "households"
    verbose_name = "Household"
    default = True

    def ready(self) -> None:
        from households import news  # noqa: PLC0415  (imports models, which are ready only now)

        news.connect()


class HouseholdAdminConfig(admin_apps.AdminConfig):
    """Django's admin, entered through the portal's own login."""

    default = False
    default_site = "households.admin_site.HouseholdAdminSite"
