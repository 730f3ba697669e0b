"""How people come in: accounts are made by the household, nobody signs up."""

from allauth.account.adapter import DefaultAccountAdapter


class ClosedSignup(DefaultAccountAdapter):
    """Closes allauth's sign-up page."""

    def is_open_for_signup(self, request) -> bool:
        return False
