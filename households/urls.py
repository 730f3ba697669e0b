"""Coming in and going out. Of allauth's pages only what a household needs: no sign-up, no mail."""

from allauth.account import views as account
from django.urls import path

from households import views

urlpatterns = [
    path("first-run/", views.first_run, name="first-run"),
    path("account/login/", views.log_in, name="account_login"),
    path("account/logout/", account.logout, name="account_logout"),
    path("account/password/change/", account.password_change, name="account_change_password"),
]
