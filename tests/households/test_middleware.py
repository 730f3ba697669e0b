from django.core.cache import cache
from django.test import TestCase, override_settings

from households import hashers
from tests.cast import PASSWORD, make_cast

NO_BROKER = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": "unix:///nonexistent/valkey.sock",
    }
}


class OverloadedHasher(hashers.Argon2PasswordHasher):
    def encode(self, password, salt):
        raise hashers.TooManyPasswords


class BusyTests(TestCase):
    """Where a part is missing for a moment, people are told to wait, not that it is broken."""

    @classmethod
    def setUpTestData(cls):
        make_cast()

    def log_in(self):
        return self.client.post("/account/login/", {"login": "nobody", "password": PASSWORD})

    def assert_busy(self, answer):
        self.assertEqual((answer.status_code, answer["Retry-After"]), (503, "5"))
        self.assertEqual(answer["Cache-Control"], "no-store, private")

    @override_settings(CACHES=NO_BROKER)
    def test_without_a_broker_nobody_logs_in_uncounted(self):
        self.assert_busy(self.log_in())

    def test_too_many_passwords_at_once(self):
        cache.clear()
        with override_settings(PASSWORD_HASHERS=[f"{__name__}.OverloadedHasher"]):
            self.assert_busy(self.log_in())
