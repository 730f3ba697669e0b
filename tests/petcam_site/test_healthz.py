from django.core.cache import cache
from django.test import TestCase, override_settings

NOBODY_THERE = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": "unix:///nowhere/valkey.sock",
    }
}


class HealthzTests(TestCase):
    def test_it_says_ok_to_anybody_and_nothing_else(self):
        answer = self.client.get("/healthz")

        self.assertEqual((answer.status_code, answer.content), (200, b"ok"))
        self.assertIn("no-store", answer["Cache-Control"])

    def test_it_asks_the_database(self):
        with self.assertNumQueries(1):
            self.client.get("/healthz")

    def test_without_the_broker_it_says_503_and_not_why(self):
        with override_settings(CACHES=NOBODY_THERE):
            answer = self.client.get("/healthz")

        self.assertEqual((answer.status_code, answer.content), (503, b"not well"))

    def test_it_only_reads(self):
        self.assertEqual(self.client.post("/healthz").status_code, 405)
        self.assertIsNone(cache.get("healthz"))
