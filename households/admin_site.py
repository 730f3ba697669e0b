"""Django's admin with one door: the portal's login, log-out and password page."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.shortcuts import redirect


class HouseholdAdminSite(admin.AdminSite):
    """For owners, who set up their household's cameras and people, and for superusers."""

    site_header = "Petcam set-up"
    site_title = "Petcam"
    index_title = "Cameras and people"

    def get_urls(self):
        """Without "view on site", which tells the address of any row, and what we don't use."""
        return [url for url in super().get_urls() if getattr(url, "name", None) not in _LEFT_OUT]

    @login_not_required
    def login(self, request, extra_context=None):
        """To the portal's login, back afterwards; 403 for somebody who has no business here."""
        return secure_admin_login(_to_index)(request)

    def logout(self, request, extra_context=None):
        return LogoutView.as_view(next_page="account_login")(request)

    def password_change(self, request, extra_context=None):
        return redirect("account_change_password")


_LEFT_OUT = ("view_on_site", "autocomplete", "password_change_done")


def _to_index(request):
    return redirect("admin:index")
