"""The first-run page, and the login that leads to it."""

from allauth.account import views as account
from allauth.decorators import rate_limit
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from households.first_run import WrongToken, begin, is_first_run, is_token
from households.forms import FirstRunForm


@login_not_required
def log_in(request):
    """allauth's login; before anybody has an account, the first-run page."""
    return redirect("first-run") if is_first_run() else account.login(request)


@login_not_required
@sensitive_post_parameters("token", "password", "password_again")
@require_http_methods(["GET", "POST"])
@rate_limit(action="first_run", limit_get=True)
def first_run(request):
    """A household and its first owner, for whoever has the one-time token."""
    if not is_first_run():
        raise Http404
    token = request.POST.get("token") or request.GET.get("token", "")
    if not is_token(token):
        return _closed(request)
    form = FirstRunForm(request.POST or None, initial={"token": token})
    if not form.is_valid():
        return render(request, "households/first_run.html", {"form": form})
    told = form.cleaned_data
    try:
        owner = begin(
            token,
            household=told["household"],
            username=told["username"],
            password=told["password"],
        )
    except WrongToken:
        return _closed(request)
    login(request, owner)
    return redirect("home")


def _closed(request):
    """How to find the token."""
    return render(request, "households/first_run_closed.html", status=403)
