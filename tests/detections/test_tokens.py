"""Tokens let programs in, and only where and while they may."""

from datetime import timedelta

from django.test import TestCase
from django.utils import timezone

from detections.models import IngestToken
from detections.tokens import camera_for_token, make_token, revoke, token_for
from streaming.access import CameraNotFound
from tests.builders import make_camera
from tests.cast import make_cast


class TokenTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home, slug="kitchen")
        cls.garden = make_camera(cls.cast.home, slug="garden")
        cls.foreign = make_camera(cls.cast.elsewhere, slug="foreign")

    def cameras_of(self, token: IngestToken) -> list[str]:
        found = []
        for slug in ("kitchen", "garden", "foreign", "nowhere"):
            try:
                found.append(camera_for_token(token, slug).slug)
            except CameraNotFound:
                continue
        return found

    def test_a_token_is_known_by_itself_and_not_by_what_is_kept(self):
        token, secret = make_token(self.cast.home, name="Board")
        kept = IngestToken.objects.values().get()

        self.assertEqual(token_for(secret), token)
        self.assertNotIn(secret, map(str, kept.values()))
        self.assertTrue(secret.startswith(kept["prefix"]))
        self.assertEqual(len(secret) - len(kept["prefix"]), 38)
        for guess in (
            kept["digest"],
            kept["prefix"],
            secret[:-1],
            secret + "a",
            "",
            secret.upper(),
        ):
            self.assertIsNone(token_for(guess), guess)

    def test_no_two_tokens_are_alike(self):
        secrets = {make_token(self.cast.home, name="Board")[1] for _ in range(20)}

        self.assertEqual(len(secrets), 20)

    def test_a_revoked_token_is_no_token(self):
        token, secret = make_token(self.cast.home, name="Board")
        revoke(token)

        self.assertIsNone(token_for(secret))

    def test_a_token_ends_when_it_says(self):
        soon, soon_secret = make_token(
            self.cast.home, name="Soon", expires_at=timezone.now() + timedelta(minutes=1)
        )
        _, over_secret = make_token(self.cast.home, name="Over", expires_at=timezone.now())

        self.assertEqual(token_for(soon_secret), soon)
        self.assertIsNone(token_for(over_secret))

    def test_a_token_is_good_for_its_household_or_its_camera(self):
        everywhere, _ = make_token(self.cast.home, name="Everywhere")
        kitchen, _ = make_token(self.cast.home, name="Kitchen", camera=self.camera)

        self.assertEqual(self.cameras_of(everywhere), ["kitchen", "garden"])
        self.assertEqual(self.cameras_of(kitchen), ["kitchen"])

    def test_a_camera_that_moved_to_another_household_is_out_of_reach(self):
        token, _ = make_token(self.cast.home, name="Kitchen", camera=self.camera)
        self.camera.household = self.cast.elsewhere
        self.camera.save()

        self.assertEqual(self.cameras_of(token), [])

    def test_the_last_use_is_written_down_once_a_minute(self):
        _, secret = make_token(self.cast.home, name="Board")
        token_for(secret)
        first = IngestToken.objects.get().last_used_at
        self.assertIsNotNone(first)

        with self.assertNumQueries(1):
            token_for(secret)

        IngestToken.objects.update(last_used_at=first - timedelta(minutes=2))
        token_for(secret)
        self.assertGreater(IngestToken.objects.get().last_used_at, first - timedelta(minutes=1))
