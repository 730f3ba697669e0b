from django.contrib.auth.models import User
from django.test import TestCase

from households.models import Household, Member
from households.services import (
    LastOwner,
    NameTaken,
    add_member,
    change_account,
    change_role,
    create_household,
    create_person,
    may_manage_account,
    remove_member,
)
from tests.cast import PASSWORD, make_cast


def place_of(user: User, household: Household) -> Member:
    return Member.objects.get(user=user, household=household)


class HouseholdTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()

    def test_an_owner_may_enter_the_admin(self):
        staff = set(User.objects.filter(is_staff=True).values_list("username", flat=True))

        self.assertEqual(staff, {"alice", "mallory", "root"})

    def test_an_owner_who_becomes_a_viewer_may_not_enter_the_admin(self):
        add_member(self.cast.home, self.cast.mallory, role=Member.Role.OWNER)
        change_role(place_of(self.cast.alice, self.cast.home), Member.Role.VIEWER)

        self.cast.alice.refresh_from_db()
        self.assertFalse(self.cast.alice.is_staff)

    def test_an_owner_of_two_households_who_leaves_one_stays_in_the_admin(self):
        add_member(self.cast.home, self.cast.mallory, role=Member.Role.OWNER)
        remove_member(place_of(self.cast.mallory, self.cast.home))

        self.cast.mallory.refresh_from_db()
        self.assertTrue(self.cast.mallory.is_staff)

    def test_the_last_owner_cannot_be_removed(self):
        with self.assertRaisesMessage(LastOwner, "the last owner of Maple Street"):
            remove_member(place_of(self.cast.alice, self.cast.home))

        self.assertTrue(self.cast.home.members.filter(user=self.cast.alice).exists())

    def test_the_last_owner_cannot_become_a_member(self):
        with self.assertRaises(LastOwner):
            change_role(place_of(self.cast.alice, self.cast.home), Member.Role.MEMBER)

        self.assertEqual(place_of(self.cast.alice, self.cast.home).role, Member.Role.OWNER)

    def test_a_stale_row_does_not_get_the_last_owner_removed(self):
        change_role(place_of(self.cast.bob, self.cast.home), Member.Role.OWNER)
        stale = place_of(self.cast.bob, self.cast.home)
        change_role(place_of(self.cast.bob, self.cast.home), Member.Role.MEMBER)

        with self.assertRaises(LastOwner):
            remove_member(place_of(self.cast.alice, self.cast.home))
        remove_member(stale)

    def test_the_account_goes_with_its_last_household(self):
        remove_member(place_of(self.cast.bob, self.cast.home))

        self.assertFalse(User.objects.filter(username="bob").exists())

    def test_the_account_stays_while_it_has_another_household(self):
        add_member(self.cast.elsewhere, self.cast.bob, role=Member.Role.VIEWER)
        remove_member(place_of(self.cast.bob, self.cast.home))

        self.assertTrue(User.objects.filter(username="bob").exists())

    def test_a_superusers_account_stays(self):
        place = add_member(self.cast.home, self.cast.root, role=Member.Role.VIEWER)
        remove_member(place)

        self.cast.root.refresh_from_db()
        self.assertTrue(self.cast.root.is_staff)

    def test_a_name_is_taken_whatever_its_capitals(self):
        with self.assertRaises(NameTaken):
            create_person("ALICE", PASSWORD)


class AccountTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()

    def test_an_owner_manages_the_accounts_of_the_household_alone(self):
        cast = self.cast
        managed = {
            user.username for user in User.objects.all() if may_manage_account(cast.alice, user)
        }

        self.assertEqual(managed, {"alice", "bob", "vera"})

    def test_an_owner_does_not_manage_a_person_of_another_household_as_well(self):
        add_member(self.cast.elsewhere, self.cast.bob, role=Member.Role.VIEWER)

        self.assertFalse(may_manage_account(self.cast.alice, self.cast.bob))

    def test_an_owner_does_not_manage_a_superuser(self):
        add_member(self.cast.home, self.cast.root, role=Member.Role.VIEWER)

        self.assertFalse(may_manage_account(self.cast.alice, self.cast.root))

    def test_a_member_manages_nobody(self):
        self.assertFalse(may_manage_account(self.cast.bob, self.cast.vera))
        self.assertFalse(may_manage_account(self.cast.bob, self.cast.bob))

    def test_a_closed_account_cannot_log_in(self):
        change_account(self.cast.bob, is_active=False)

        self.assertFalse(self.client.login(username="bob", password=PASSWORD))

    def test_a_new_household_has_its_owner(self):
        household = create_household("Harbour", owner=self.cast.vera)

        self.assertEqual(place_of(self.cast.vera, household).role, Member.Role.OWNER)
        self.cast.vera.refresh_from_db()
        self.assertTrue(self.cast.vera.is_staff)
