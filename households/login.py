"""Who is at the door: one answer for everybody who may not come in."""

from allauth.account.auth_backends import AuthenticationBackend


class QuietBackend(AuthenticationBackend):
    """allauth's backend, except that a closed account is answered like a wrong password."""

    def authenticate(self, request, **credentials):
        user = super().authenticate(request, **credentials)
        if user is None:
            # allauth leaves a closed account here for its own "inactive" page.
            self.unstash_authenticated_user()
        return user
