from threading import Event, Thread

from django.core.cache import cache
from django.test import TestCase, override_settings
from django.urls import reverse

from households import hashers
from households.services import change_account
from tests.cast import PASSWORD, make_cast

LOGIN = reverse("account_login")


class LoginTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()

    def setUp(self):
        cache.clear()
        self.addCleanup(cache.clear)

    def log_in(self, name: str, password: str, address: str = "192.0.2.1"):
        return self.client.post(LOGIN, {"login": name, "password": password}, REMOTE_ADDR=address)

    def errors_of(self, name: str, password: str) -> list[str]:
        return self.log_in(name, password).context["form"].non_field_errors()

    def test_the_right_password_leads_home(self):
        self.assertRedirects(self.log_in("alice", PASSWORD), "/", fetch_redirect_response=False)

    def test_capitals_in_the_name_do_not_matter(self):
        self.assertRedirects(self.log_in("Alice", PASSWORD), "/", fetch_redirect_response=False)

    def test_an_unknown_name_a_wrong_password_and_a_closed_account_are_answered_alike(self):
        change_account(self.cast.bob, is_active=False)

        wrong = self.errors_of("alice", "not her password")

        self.assertEqual(self.errors_of("nobody", PASSWORD), wrong)
        self.assertEqual(self.errors_of("bob", PASSWORD), wrong)
        self.assertEqual(len(wrong), 1)

    def test_an_unknown_name_costs_a_hash_as_well(self):
        with override_settings(PASSWORD_HASHERS=[f"{__name__}.CountingHasher"]):
            CountingHasher.count = 0
            self.log_in("nobody", "not a password")

        self.assertEqual(CountingHasher.count, 1)

    def test_the_eleventh_wrong_password_from_one_address_is_not_even_hashed(self):
        with override_settings(PASSWORD_HASHERS=[f"{__name__}.CountingHasher"]):
            CountingHasher.count = 0
            for _ in range(15):
                self.log_in("nobody", "guess")

        self.assertEqual(CountingHasher.count, 10)

    def test_a_guesser_does_not_lock_the_person_out_elsewhere(self):
        for _ in range(40):
            self.log_in("alice", "guess", address="192.0.2.66")

        refused = self.log_in("alice", PASSWORD, address="192.0.2.66")
        at_home = self.log_in("alice", PASSWORD, address="192.0.2.1")

        self.assertEqual(refused.status_code, 200)
        self.assertEqual(at_home.status_code, 302)

    def test_many_addresses_together_are_stopped_too(self):
        for guess in range(35):
            self.log_in("alice", "guess", address=f"198.51.100.{guess}")

        refused = self.log_in("alice", PASSWORD, address="203.0.113.1")

        self.assertEqual(refused.status_code, 200)

    def test_a_flood_of_logins_is_answered_429_in_words(self):
        answers = [self.log_in("alice", "guess") for _ in range(61)]

        self.assertEqual(answers[-1].status_code, 429)
        self.assertContains(answers[-1], "Too many tries", status_code=429)

    def test_logging_in_does_not_lead_to_another_site(self):
        answer = self.client.post(
            LOGIN, {"login": "alice", "password": PASSWORD, "next": "https://evil.example/"}
        )

        self.assertRedirects(answer, "/", fetch_redirect_response=False)

    def test_the_admin_sends_to_the_same_login(self):
        answer = self.client.get("/admin/", follow=True)

        self.assertEqual(
            [url for url, _ in answer.redirect_chain],
            ["/admin/login/?next=/admin/", "/account/login/?next=%2Fadmin%2F"],
        )

    def test_the_admins_own_login_takes_no_password(self):
        self.client.post("/admin/login/", {"username": "alice", "password": PASSWORD})

        self.assertNotIn("_auth_user_id", self.client.session)


class CountingHasher(hashers.Argon2PasswordHasher):
    time_cost = 1
    memory_cost = 8
    parallelism = 1
    count = 0

    def encode(self, password, salt):
        type(self).count += 1
        return super().encode(password, salt)

    def verify(self, password, encoded):
        type(self).count += 1
        return super().verify(password, encoded)


class PatientHasher(hashers.PatientArgon2PasswordHasher):
    time_cost = 1
    memory_cost = 8


def test_a_password_waits_for_the_one_before_it():
    hasher, done = PatientHasher(), Event()
    with hashers._one_at_a_time():
        waiting = Thread(target=lambda: (hasher.encode("x", "saltsalt"), done.set()))
        waiting.start()
        assert not done.wait(0.05)
    assert done.wait(5)
    waiting.join()


def test_a_hash_made_here_is_verified_here():
    hasher = PatientHasher()
    stored = hasher.encode("secret", "saltsalt")

    assert hasher.verify("secret", stored)
    assert not hasher.verify("other", stored)
