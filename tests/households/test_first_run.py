import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier

from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import TestCase, override_settings
from django.urls import reverse

from households import first_run
from households.models import Household, Member
from households.services import create_person

FIRST_RUN = reverse("first-run")


class FirstRunTests(TestCase):
    def setUp(self):
        cache.clear()
        directory = self.enterContext(TemporaryDirectory())
        self.enterContext(override_settings(PETCAM_DATA_DIR=Path(directory)))
        self.token = first_run.first_run_token()

    def begin(self, **overrides):
        told = {
            "token": self.token,
            "household": "Maple Street",
            "username": "alice",
            "password": "correct horse battery",
            "password_again": "correct horse battery",
        }
        return self.client.post(FIRST_RUN, told | overrides)

    def test_every_door_leads_here_while_nobody_has_an_account(self):
        for door in ("/", "/account/login/"):
            answer = self.client.get(door, follow=True)
            self.assertEqual(answer.request["PATH_INFO"], FIRST_RUN)

    def test_the_token_is_for_its_owners_eyes_and_stays_the_same(self):
        mode = stat.S_IMODE(first_run.token_path().stat().st_mode)

        self.assertEqual(mode, 0o600)
        self.assertEqual(first_run.first_run_token(), self.token)

    def test_without_the_token_the_page_says_where_to_find_it(self):
        for token in ("", "wrong", "é"):
            answer = self.client.get(FIRST_RUN, {"token": token})
            self.assertContains(answer, "first-run-token", status_code=403)
            self.assertNotContains(answer, self.token, status_code=403)

    def test_the_first_person_owns_the_household_and_the_box_and_is_logged_in(self):
        answer = self.begin()

        self.assertRedirects(answer, "/")
        alice = User.objects.get()
        self.assertEqual(
            (alice.username, alice.is_superuser, alice.is_staff), ("alice", True, True)
        )
        place = Member.objects.get()
        self.assertEqual((place.user, place.role), (alice, Member.Role.OWNER))
        self.assertEqual(place.household.name, "Maple Street")
        self.assertEqual(self.client.session["_auth_user_id"], str(alice.pk))

    def test_the_token_works_once(self):
        self.begin()
        self.client.logout()

        self.assertEqual(self.begin(username="mallory").status_code, 404)
        self.assertEqual(self.client.get(FIRST_RUN, {"token": self.token}).status_code, 404)
        self.assertFalse(first_run.token_path().exists())
        self.assertIsNone(first_run.first_run_token())

    def test_a_wrong_token_makes_nobody(self):
        answer = self.begin(token="guess")

        self.assertEqual(answer.status_code, 403)
        self.assertFalse(User.objects.exists())

    def test_guessing_is_slowed_down(self):
        answers = [self.begin(token="guess").status_code for _ in range(21)]

        self.assertEqual(answers[-1], 429)

    def test_a_weak_password_and_two_that_differ_are_refused_in_words(self):
        weak = self.begin(password="alice", password_again="alice")
        differ = self.begin(password_again="something else")

        self.assertContains(weak, "This password is too short")
        self.assertContains(differ, "The two passwords differ.")
        self.assertFalse(User.objects.exists())
        self.assertTrue(first_run.is_token(self.token))

    def test_the_token_comes_back_when_the_household_could_not_be_made(self):
        with self.assertRaises(RuntimeError), first_run._used(self.token):
            raise RuntimeError

        self.assertTrue(first_run.is_token(self.token))

    def test_of_several_at_once_one_gets_through(self):
        together = Barrier(8)

        def claim(_) -> bool:
            together.wait()
            try:
                with first_run._used(self.token):
                    return True
            except first_run.WrongToken:
                return False

        with ThreadPoolExecutor(8) as pool:
            self.assertEqual(sorted(pool.map(claim, range(8))), [False] * 7 + [True])

    def test_somebody_made_by_other_means_closes_the_page(self):
        create_person("bob", "correct horse battery")

        with self.assertRaises(first_run.WrongToken):
            first_run.begin(
                self.token, household="Mine", username="mallory", password="long enough"
            )
        self.assertEqual(self.client.get(FIRST_RUN).status_code, 404)
        self.assertFalse(Household.objects.exists())
