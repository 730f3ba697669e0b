from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import TestCase
from django.urls import reverse

from households.models import Household, Member
from households.services import add_member, create_person
from tests.cast import PASSWORD, make_cast

PEOPLE = reverse("admin:households_member_changelist")
NEW = reverse("admin:households_member_add")
NEW_PASSWORD = "a brand new secret"
PASSWORDS = {"password": NEW_PASSWORD, "password_again": NEW_PASSWORD}


class PeopleAdminTests(TestCase):
    """An owner looks after the household's people, and gains nothing else by it."""

    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()

    def setUp(self):
        self.client.force_login(self.cast.alice)

    def place_of(self, user: User, household: Household | None = None) -> Member:
        return Member.objects.get(user=user, household=household or self.cast.home)

    def page_of(self, user: User, what: str = "change") -> str:
        return reverse(f"admin:households_member_{what}", args=[self.place_of(user).pk])

    def add(self, **overrides):
        told = {
            "household": self.cast.home.pk,
            "username": "nina",
            "role": "viewer",
            **PASSWORDS,
        }
        return self.client.post(NEW, told | overrides)

    def test_a_new_person_can_log_in_and_has_the_role(self):
        self.assertRedirects(self.add(), PEOPLE)

        nina = User.objects.get(username="nina")
        self.assertEqual(self.place_of(nina).role, Member.Role.VIEWER)
        self.assertTrue(self.client.login(username="nina", password=NEW_PASSWORD))
        self.assertEqual((nina.is_staff, nina.is_superuser), (False, False))

    def test_what_the_form_does_not_show_cannot_be_set(self):
        self.add(is_superuser="on", is_staff="on", user_permissions="1", user=self.cast.root.pk)

        nina = User.objects.get(username="nina")
        self.assertEqual((nina.is_staff, nina.is_superuser), (False, False))
        self.assertEqual(nina.user_permissions.count(), 0)

    def test_a_new_person_needs_a_name_of_its_own_and_a_good_password(self):
        for overrides, words in (
            ({"username": "BOB"}, "This name is taken."),
            ({"password": "short", "password_again": "short"}, "too short"),
            ({"password_again": "other"}, "The two passwords differ."),
            ({"password": "", "password_again": ""}, "This field is required."),
            ({"role": "god"}, "not one of the available choices"),
            ({"household": self.cast.elsewhere.pk}, "not one of the available choices"),
        ):
            with self.subTest(words):
                self.assertContains(self.add(**overrides), words)
        self.assertFalse(User.objects.filter(username="nina").exists())

    def test_a_role_changes(self):
        self.client.post(self.page_of(self.cast.vera), {"role": "owner", "may_log_in": "on"})

        self.assertEqual(self.place_of(self.cast.vera).role, Member.Role.OWNER)
        self.cast.vera.refresh_from_db()
        self.assertTrue(self.cast.vera.is_staff)
        self.assertTrue(self.cast.vera.check_password(PASSWORD))

    def test_a_password_is_set_and_an_account_closed(self):
        self.client.post(self.page_of(self.cast.bob), {"role": "member", **PASSWORDS})

        self.cast.bob.refresh_from_db()
        self.assertTrue(self.cast.bob.check_password(NEW_PASSWORD))
        self.assertFalse(self.cast.bob.is_active)

    def test_an_owner_cannot_close_the_own_account(self):
        self.client.post(self.page_of(self.cast.alice), {"role": "owner"})

        self.cast.alice.refresh_from_db()
        self.assertTrue(self.cast.alice.is_active)

    def test_a_person_does_not_move_to_another_household_or_get_another_name(self):
        self.client.post(
            self.page_of(self.cast.bob),
            {
                "role": "member",
                "may_log_in": "on",
                "household": self.cast.elsewhere.pk,
                "username": "mallory2",
            },
        )

        self.assertEqual(self.place_of(self.cast.bob).user.username, "bob")

    def test_the_last_owner_stays_with_the_reason_in_words(self):
        answer = self.client.post(self.page_of(self.cast.alice), {"role": "viewer"})
        self.assertContains(answer, "last owner")

        deletion = self.client.post(self.page_of(self.cast.alice, "delete"), {"post": "yes"})
        self.assertContains(deletion, "would have no owner")

        self.client.post(
            PEOPLE,
            {
                "action": "delete_selected",
                "_selected_action": [m.pk for m in self.cast.home.members.all()],
                "post": "yes",
            },
        )
        self.assertEqual(self.place_of(self.cast.alice).role, Member.Role.OWNER)

    def test_a_removed_person_is_gone_with_the_account(self):
        self.client.post(self.page_of(self.cast.bob, "delete"), {"post": "yes"})

        self.assertFalse(User.objects.filter(username="bob").exists())

    def test_the_account_of_somebody_who_lives_elsewhere_too_is_out_of_reach(self):
        add_member(self.cast.elsewhere, self.cast.bob, role=Member.Role.VIEWER)
        add_member(self.cast.home, self.cast.root, role=Member.Role.VIEWER)

        for user in (self.cast.bob, self.cast.root):
            with self.subTest(user.username):
                answer = self.client.get(self.page_of(user))
                self.assertNotContains(answer, 'name="password"')
                self.client.post(self.page_of(user), {"role": "member", **PASSWORDS})
                user.refresh_from_db()
                self.assertEqual(
                    (self.place_of(user).role, user.is_active, user.check_password(PASSWORD)),
                    ("member", True, True),
                )

    def test_there_is_no_page_for_accounts_groups_and_permissions(self):
        for path in ("auth/user/", "auth/group/", "account/emailaddress/", "sessions/session/"):
            for who in (self.cast.alice, self.cast.root):
                self.client.force_login(who)
                self.assertEqual(self.client.get(f"/admin/{path}").status_code, 404)

    def test_an_owner_renames_the_household_and_no_other(self):
        own = reverse("admin:households_household_change", args=[self.cast.home.pk])
        foreign = reverse("admin:households_household_change", args=[self.cast.elsewhere.pk])

        self.client.post(own, {"name": "Elm Street"})
        self.client.post(foreign, {"name": "Mine"})

        self.assertEqual(
            sorted(Household.objects.values_list("name", flat=True)), ["Elm Street", "Elsewhere"]
        )

    def test_a_former_owner_has_no_way_into_the_admin(self):
        create_person("nina", PASSWORD)
        add_member(self.cast.home, User.objects.get(username="nina"), role=Member.Role.OWNER)
        self.client.post(self.page_of(self.cast.alice), {"role": "viewer"})

        self.assertRedirects(
            self.client.get(PEOPLE), f"/admin/login/?next={PEOPLE}", target_status_code=403
        )

    def test_the_history_keeps_no_password(self):
        self.client.post(
            self.page_of(self.cast.bob), {"role": "member", "may_log_in": "on", **PASSWORDS}
        )

        entry = LogEntry.objects.get()
        self.assertNotIn(NEW_PASSWORD, entry.change_message + entry.object_repr)
