from datetime import timedelta

from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.test import Client, TestCase
from django.utils import timezone

from households.models import Member
from households.services import add_member, change_account, change_role, remove_member
from streaming.access import (
    CameraNotFound,
    Grant,
    camera_for,
    camera_to_set_up,
    grant_for,
    still_granted,
)
from streaming.services import remove_camera, save_camera
from tests.builders import make_camera
from tests.cast import make_cast


class CameraAccessTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home, slug="kitchen")

    def those_for_whom(self, ask, slug: str = "kitchen") -> set[str]:
        allowed = set()
        for name in ("alice", "bob", "vera", "mallory", "root"):
            try:
                self.assertEqual(ask(getattr(self.cast, name), slug), self.camera)
            except CameraNotFound:
                continue
            allowed.add(name)
        return allowed

    def test_everybody_of_the_household_may_watch_and_nobody_else(self):
        self.assertEqual(self.those_for_whom(camera_for), {"alice", "bob", "vera"})

    def test_only_an_owner_may_set_it_up(self):
        self.assertEqual(self.those_for_whom(camera_to_set_up), {"alice"})

    def test_a_missing_camera_is_answered_like_a_foreign_one(self):
        self.assertEqual(self.those_for_whom(camera_for, "nowhere"), set())

    def test_somebody_who_is_not_logged_in_or_whose_account_is_closed_sees_nothing(self):
        change_account(self.cast.bob, is_active=False)

        for user in (AnonymousUser(), self.cast.bob):
            for ask in (camera_for, camera_to_set_up):
                with self.assertRaises(CameraNotFound):
                    ask(user, "kitchen")

    def test_owning_one_household_sets_up_nothing_in_another(self):
        add_member(self.cast.home, self.cast.mallory, role=Member.Role.MEMBER)

        self.assertEqual(camera_for(self.cast.mallory, "kitchen"), self.camera)
        with self.assertRaises(CameraNotFound):
            camera_to_set_up(self.cast.mallory, "kitchen")

    def test_a_camera_that_is_switched_off_can_be_found(self):
        self.camera.is_enabled = False
        save_camera(self.camera)

        self.assertEqual(camera_for(self.cast.vera, "kitchen"), self.camera)


class GrantTests(TestCase):
    """A grant holds until something of it ends."""

    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home)

    def setUp(self):
        self.bob = self.grant_of("bob")
        self.vera = self.grant_of("vera")

    def grant_of(self, name: str) -> Grant:
        browser, user = Client(), getattr(self.cast, name)
        browser.force_login(user)
        setattr(self, f"{name}s_browser", browser)
        return grant_for(user, browser.session.session_key, self.camera)

    def left(self, **options) -> set[Grant]:
        return still_granted([self.bob, self.vera], **options)

    def test_it_holds_while_nothing_changes_in_three_queries_for_all(self):
        with self.assertNumQueries(3):
            self.assertEqual(self.left(), {self.bob, self.vera})

    def test_it_ends_with_log_out(self):
        self.bobs_browser.post("/account/logout/")

        self.assertEqual(self.left(), {self.vera})

    def test_it_ends_with_the_membership(self):
        remove_member(Member.objects.get(user=self.cast.bob))

        self.assertEqual(self.left(), {self.vera})

    def test_it_holds_when_only_the_role_changes(self):
        change_role(Member.objects.get(user=self.cast.bob), Member.Role.VIEWER)

        self.assertEqual(self.left(), {self.bob, self.vera})

    def test_it_ends_with_a_closed_account(self):
        change_account(self.cast.bob, is_active=False)

        self.assertEqual(self.left(), {self.vera})

    def test_it_ends_with_a_new_password(self):
        change_account(self.cast.bob, password="a brand new secret")

        self.assertEqual(self.left(), {self.vera})

    def test_it_ends_with_the_session_that_somebody_deletes(self):
        Session.objects.get(pk=self.bob.session_key).delete()

        self.assertEqual(self.left(), {self.vera})

    def test_it_ends_when_the_session_expires(self):
        Session.objects.filter(pk=self.bob.session_key).update(
            expire_date=timezone.now() - timedelta(seconds=1)
        )

        self.assertEqual(self.left(), {self.vera})

    def test_it_ends_with_the_camera(self):
        remove_camera(self.camera)

        self.assertEqual(self.left(), set())

    def test_it_ends_when_the_camera_moves_to_another_household(self):
        self.camera.household = self.cast.elsewhere
        save_camera(self.camera)

        self.assertEqual(self.left(), set())

    def test_a_camera_that_is_switched_off_ends_pictures_but_not_the_page(self):
        self.camera.is_enabled = False
        save_camera(self.camera)

        self.assertEqual(self.left(), set())
        self.assertEqual(self.left(even_disabled=True), {self.bob, self.vera})

    def test_somebody_elses_session_grants_nothing(self):
        forged = Grant(self.camera.pk, self.cast.alice.pk, self.bob.session_key)

        self.assertEqual(still_granted([forged]), set())

    def test_a_stranger_with_a_session_is_granted_nothing(self):
        self.assertEqual(still_granted([self.grant_of("mallory"), self.grant_of("root")]), set())
