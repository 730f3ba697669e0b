"""Measures the table of tokens: see tests/access_table.py."""

import json
import time
from datetime import timedelta

from django.test import TestCase
from django.utils import timezone

from detections.models import Sighting
from detections.tokens import make_token, revoke
from streaming.media.clock import media_time_90k
from tests.access_table import PROGRAMS, TOKENS, rows
from tests.builders import make_camera
from tests.cast import make_cast
from tests.test_access_table import routes

CAT = {"class_name": "cat", "confidence": 0.9, "box": [0.1, 0.1, 0.2, 0.2]}


class TokenAccessTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        camera = make_camera(cls.cast.home, slug="kitchen")
        garden = make_camera(cls.cast.home, slug="garden")
        revoked, revoked_secret = make_token(cls.cast.home, name="Revoked")
        revoke(revoked)
        before = timezone.now() - timedelta(seconds=1)
        cls.secrets = {
            "no token": "",
            "unknown": "petcam_" + "x" * 43,
            "revoked": revoked_secret,
            "expired": make_token(cls.cast.home, name="Expired", expires_at=before)[1],
            "another household's": make_token(cls.cast.elsewhere, name="Foreign")[1],
            "another camera's": make_token(cls.cast.home, name="Garden", camera=garden)[1],
            "the camera's": make_token(cls.cast.home, name="Kitchen", camera=camera)[1],
            "the household's": make_token(cls.cast.home, name="Home")[1],
        }

    def answer_to(self, program: str, route: str, method: str, slug: str = "kitchen"):
        told = {"t": media_time_90k(time.monotonic_ns()), "detections": [CAT]}
        secret = self.secrets[program]
        return self.client.generic(
            method,
            route.replace("<slug:slug>", slug),
            json.dumps(told) if method == "POST" else "",
            content_type="application/json",
            headers={"authorization": f"Bearer {secret}"} if secret else {},
        )

    def test_every_program_gets_the_answer_in_the_table(self):
        for row in rows(TOKENS):
            for program, expected in zip(PROGRAMS, row.answers, strict=True):
                with self.subTest(row.what, program=program):
                    before = Sighting.objects.count()
                    answer = self.answer_to(program, *row.what)
                    self.assertEqual(str(answer.status_code), expected)
                    self.assertEqual(Sighting.objects.count() > before, expected == "202")

    def test_a_foreign_camera_is_answered_like_a_missing_one(self):
        for row in rows(TOKENS):
            for program in PROGRAMS[:6]:
                with self.subTest(row.what, program=program):
                    foreign = self.answer_to(program, *row.what)
                    missing = self.answer_to(program, *row.what, slug="nowhere")
                    self.assertEqual(foreign.content, missing.content)
                    self.assertEqual(foreign.status_code, missing.status_code)
                    self.assertEqual(foreign.headers, missing.headers)

    def test_every_route_for_programs_has_its_rows(self):
        expected = {
            (route, method)
            for route in routes()
            if route.startswith("/api/v")
            for method in ("GET", "POST")
        }

        self.assertEqual({row.what for row in rows(TOKENS)}, expected)
