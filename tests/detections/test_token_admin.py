"""Owners make tokens, see each of them once, and take them back."""

from datetime import timedelta

from django.contrib.admin.models import LogEntry
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from detections.models import IngestToken
from detections.tokens import make_token, token_for
from tests.builders import make_camera
from tests.cast import make_cast

TOKENS = reverse("admin:detections_ingesttoken_changelist")
NEW = reverse("admin:detections_ingesttoken_add")
MARKUP = "<script>alert('x')</script>"


class TokenAdminTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home, name="Kitchen", slug="kitchen")
        cls.foreign = make_camera(cls.cast.elsewhere, name="Foreign")

    def setUp(self):
        self.client.force_login(self.cast.alice)

    def make(self, **overrides):
        told = {"household": self.cast.home.pk, "camera": "", "name": "Board"} | overrides
        return self.client.post(NEW, told)

    def page_of(self, token: IngestToken) -> str:
        return reverse("admin:detections_ingesttoken_change", args=[token.pk])

    def test_a_new_token_is_shown_once_and_never_again(self):
        page = self.make(camera=self.camera.pk)
        secret = page.context["secret"]
        token = IngestToken.objects.get()

        self.assertContains(page, secret, count=1)
        self.assertContains(page, "/api/v1/cameras/kitchen/detections")
        self.assertIn("no-store", page.headers["Cache-Control"])
        self.assertEqual(token_for(secret), token)
        for later in (TOKENS, self.page_of(token), reverse("admin:index"), NEW):
            page = self.client.get(later)
            self.assertNotContains(page, secret[12:])
            self.assertNotContains(page, token.digest)
        self.assertNotIn(secret, str(LogEntry.objects.values()))
        self.assertNotIn(secret, str(dict(self.client.session)))
        self.assertNotIn(secret, str(self.client.cookies))

    def test_the_only_household_is_chosen_already(self):
        form = self.client.get(NEW).context["adminform"].form

        self.assertEqual(
            form.get_initial_for_field(form.fields["household"], "household"), self.cast.home
        )

    def test_an_owner_takes_a_token_back_for_good(self):
        secret = self.make().context["secret"]
        token = IngestToken.objects.get()

        self.client.post(self.page_of(token), {"name": "Board", "is_revoked": "on"})
        self.assertIsNone(token_for(secret))

        self.client.post(self.page_of(token), {"name": "Board, old"})
        token.refresh_from_db()
        self.assertEqual((token.name, token.is_revoked), ("Board, old", True))

    def test_what_a_token_is_good_for_never_changes(self):
        token, _ = make_token(self.cast.home, name="Board", camera=self.camera)

        self.client.post(
            self.page_of(token),
            {"name": "Board", "camera": "", "household": self.cast.elsewhere.pk, "digest": "0"},
        )

        again = IngestToken.objects.get()
        for field in ("household_id", "camera_id", "digest", "prefix"):
            self.assertEqual(getattr(again, field), getattr(token, field))

    def test_nobody_makes_tokens_for_what_belongs_to_others(self):
        for foreign in ({"household": self.cast.elsewhere.pk}, {"camera": self.foreign.pk}):
            page = self.make(**foreign)
            self.assertEqual(len(page.context["adminform"].errors), 1)
        self.assertFalse(IngestToken.objects.exists())

    def test_a_superuser_cannot_mix_households(self):
        self.client.force_login(self.cast.root)

        page = self.make(camera=self.foreign.pk)

        self.assertContains(page, "This camera belongs to another household.")
        self.assertFalse(IngestToken.objects.exists())

    def test_a_token_can_end_by_itself_in_time_to_come(self):
        soon = timezone.now() + timedelta(days=1)
        self.make(expires_at_0=soon.strftime("%Y-%m-%d"), expires_at_1="12:00:00")
        self.assertEqual(IngestToken.objects.get().expires_at.date(), soon.date())

        page = self.make(expires_at_0="2020-01-01", expires_at_1="12:00:00")
        self.assertContains(page, "Choose a moment to come.")

    def test_only_owners_have_tokens(self):
        token, _ = make_token(self.cast.home, name="Board")
        for person in (self.cast.bob, self.cast.vera, self.cast.mallory):
            self.client.force_login(person)
            page = self.client.get(TOKENS)
            if page.status_code == 200:
                self.assertNotContains(page, token.prefix)
            self.assertNotEqual(self.client.get(self.page_of(token)).status_code, 200)

    def test_markup_in_a_name_stays_text(self):
        made = self.make(name=MARKUP)
        token = IngestToken.objects.get()

        for page in (made, self.client.get(TOKENS), self.client.get(self.page_of(token))):
            self.assertNotContains(page, "<script>alert(")
            self.assertContains(page, "&lt;script&gt;alert(")
