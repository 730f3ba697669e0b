from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import TestCase
from django.urls import reverse

from households.models import Member
from households.news import access_changed
from households.services import add_member, change_account, change_role, remove_member
from tests.cast import PASSWORD, make_cast


class NewsOfAccessTests(TestCase):
    """Whoever may lose the right to a picture is named, after the fact."""

    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()

    def setUp(self):
        self.told: list[int] = []
        access_changed.connect(self.hear)
        self.addCleanup(access_changed.disconnect, self.hear)

    def hear(self, sender, user_id, **_):
        self.told.append(user_id)

    def after(self, change, *args, **kwargs) -> set[int]:
        with self.captureOnCommitCallbacks(execute=True):
            change(*args, **kwargs)
            self.assertEqual(self.told, [])
        return set(self.told)

    def test_of_a_new_member(self):
        told = self.after(add_member, self.cast.elsewhere, self.cast.bob, role=Member.Role.VIEWER)

        self.assertEqual(told, {self.cast.bob.pk})

    def test_of_a_changed_role(self):
        place = Member.objects.get(user=self.cast.bob)

        self.assertEqual(self.after(change_role, place, Member.Role.VIEWER), {self.cast.bob.pk})

    def test_of_a_removed_member(self):
        bob = self.cast.bob.pk
        place = Member.objects.get(user=self.cast.bob)

        self.assertEqual(self.after(remove_member, place), {bob})

    def test_of_a_removed_household(self):
        people = {self.cast.alice.pk, self.cast.bob.pk, self.cast.vera.pk}

        self.assertEqual(self.after(self.cast.home.delete), people)

    def test_of_a_closed_account(self):
        told = self.after(change_account, self.cast.bob, is_active=False)

        self.assertEqual(told, {self.cast.bob.pk})

    def test_of_a_deleted_account(self):
        vera = self.cast.vera.pk

        self.assertEqual(self.after(User.objects.get(pk=vera).delete), {vera})

    def test_of_a_new_password(self):
        self.client.force_login(self.cast.bob)
        told = self.after(
            self.client.post,
            reverse("account_change_password"),
            {
                "oldpassword": PASSWORD,
                "password1": "a brand new secret",
                "password2": "a brand new secret",
            },
        )

        self.assertEqual(told, {self.cast.bob.pk})
        self.cast.bob.refresh_from_db()
        self.assertTrue(self.cast.bob.check_password("a brand new secret"))

    def test_of_a_log_out_when_the_session_is_gone(self):
        self.client.force_login(self.cast.vera)
        left = []
        access_changed.connect(count := lambda **_: left.append(Session.objects.count()))
        self.addCleanup(access_changed.disconnect, count)

        told = self.after(self.client.post, reverse("account_logout"))

        self.assertEqual(told, {self.cast.vera.pk})
        self.assertEqual(left, [0])

    def test_of_a_session_that_somebody_deletes(self):
        self.client.force_login(self.cast.vera)

        self.assertEqual(self.after(Session.objects.all().delete), {self.cast.vera.pk})

    def test_is_silent_about_logging_in(self):
        with self.captureOnCommitCallbacks(execute=True):
            self.client.force_login(self.cast.vera)

        self.assertEqual(self.told, [])
