"""Programs tell what they saw: who may, what is taken, and what the others are told."""

import asyncio
import json
import time
from datetime import timedelta

from channels.layers import get_channel_layer
from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client, TestCase
from django.urls import reverse
from django.utils import timezone

from detections import api
from detections.models import Sighting
from detections.tokens import make_token, revoke
from streaming.media.clock import media_time_90k
from streaming.messages import boxes_group
from tests.builders import make_camera
from tests.cast import make_cast

CAT = {"class_name": "cat", "confidence": 0.91, "bbox": {"x": 64, "y": 48, "w": 320, "h": 240}}


def now_90k() -> int:
    return media_time_90k(time.monotonic_ns())


class ApiTestCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home, slug="kitchen")

    def setUp(self):
        cache.clear()
        # Each test's own: how often it was used is remembered.
        self.token, self.secret = make_token(self.cast.home, name="Board")
        self.now = now_90k()

    def tell(
        self, told: object, *, slug: str = "kitchen", token: str | None = None, **headers: str
    ) -> HttpResponse:
        body = told if isinstance(told, bytes | str) else json.dumps(told)
        headers = {"authorization": f"Bearer {token or self.secret}"} | headers
        return self.client.post(
            reverse("api:tell_detections", args=[slug]),
            body,
            content_type="application/json",
            headers={name: value for name, value in headers.items() if value},
        )

    def cat(self, ago_90k: int = 0) -> dict:
        return {"t": self.now - ago_90k, "detections": [CAT]}


class TakingTests(ApiTestCase):
    def test_what_a_program_saw_is_kept_with_the_media_time_of_its_picture(self):
        answer = self.tell({"messages": [self.cat(3000), self.cat()]})

        self.assertEqual((answer.status_code, answer.json()), (202, {"new": 2, "known": 0}))
        rows = Sighting.objects.order_by("t_90k").values_list("camera", "source", "t_90k", "seen")
        seen = [["cat", 0.91, 0.1, 0.1, 0.5, 0.5]]
        source = f"token-{self.token.pk}"
        self.assertEqual(
            list(rows),
            [(self.camera.pk, source, t, seen) for t in (self.now - 3000, self.now)],
        )

    def test_the_same_again_changes_nothing(self):
        batch = [self.cat(step * 3000) for step in range(10)]
        self.tell(batch)

        again = self.tell([*reversed(batch), self.cat(99)])

        self.assertEqual(again.json(), {"new": 1, "known": 10})
        self.assertEqual(Sighting.objects.count(), 11)

    def test_both_shapes_of_the_earlier_pet_camera_are_taken(self):
        at_s = time.monotonic() - 1
        event = {"frame_number": 1, "timestamp": at_s, "num_detections": 1, "version": 1}
        event |= {"detections": [CAT]}

        told = self.tell(event).json(), self.tell({"latest_detection": event}).json()

        self.assertEqual(told, ({"new": 1, "known": 0}, {"new": 0, "known": 1}))
        self.assertAlmostEqual(Sighting.objects.get().t_90k, at_s * 90_000, delta=2)

    def test_a_unix_timestamp_is_a_moment_of_the_camera(self):
        self.tell({"timestamp": time.time() - 1, "detections": [CAT]})

        self.assertAlmostEqual(Sighting.objects.get().t_90k, now_90k() - 90_000, delta=9_000)

    def test_what_makes_no_sense_is_refused_with_reasons_and_nothing_is_taken(self):
        bad = {"t": self.now, "detections": [CAT, CAT | {"class_name": "<b>"}]}

        answer = self.tell([self.cat(), bad])

        self.assertEqual(answer.status_code, 422)
        self.assertEqual(
            answer.json(),
            {
                "detail": "Nothing was taken.",
                "reasons": [
                    {
                        "message": 1,
                        "detection": 1,
                        "field": "class_name",
                        "reason": "must be 1 to 20 of: a-z, 0-9, space, - and _",
                    }
                ],
            },
        )
        self.assertFalse(Sighting.objects.exists())

    def test_times_that_cannot_be_are_refused_with_reasons(self):
        for wrong, reason in (
            ({"timestamp": time.time() + 90}, "is 90 s in the future: compare the clocks"),
            ({"t": self.now + 90_000_000}, "The picture's media time has not come yet."),
        ):
            answer = self.tell([self.cat(), wrong | {"detections": [CAT]}])

            self.assertEqual(answer.status_code, 422)
            (found,) = answer.json()["reasons"]
            self.assertEqual((found["message"], found["reason"]), (1, reason))
        self.assertFalse(Sighting.objects.exists())

    def test_no_json_is_told_apart(self):
        for body in (b"{", b"\xff", b"[" * 100_000):
            answer = self.tell(body)
            self.assertEqual(answer.status_code, 400)
            self.assertEqual(answer.json(), {"detail": "Cannot parse request body"})
        self.assertEqual(self.tell(b"").status_code, 422)

    def test_a_long_body_is_refused(self):
        for size in (256 * 1024 + 1, 3 * 1024 * 1024):
            answer = self.tell(b"[]".rjust(size))

            self.assertEqual(answer.status_code, 413)
            self.assertEqual(answer.json(), {"detail": "More than 256 KB: send fewer at once."})

    def test_a_camera_that_is_switched_off_takes_nothing(self):
        self.camera.is_enabled = False
        self.camera.save()

        answer = self.tell(self.cat())

        self.assertEqual(answer.status_code, 409)
        self.assertFalse(Sighting.objects.exists())

    def test_whoever_asks_too_often_is_told_when_to_come_again(self):
        pace = 2 * api.REQUESTS_PER_S
        other, other_secret = make_token(self.cast.home, name="Other")
        answers = [self.tell(self.cat(step)) for step in range(3 * pace)]
        refused = [answer for answer in answers if answer.status_code == 429]

        self.assertGreater(len(refused), pace)
        self.assertEqual(refused[0]["Retry-After"], "1")
        self.assertEqual(
            refused[0].json(),
            {"detail": "More than 20 requests a second: send more messages at once."},
        )
        self.assertEqual(self.tell(self.cat(), token=other_secret).status_code, 202)
        self.assertEqual(
            Sighting.objects.filter(source=f"token-{self.token.pk}").count(),
            len(answers) - len(refused),
        )

    def test_a_request_asks_the_database_little(self):
        self.tell(self.cat(1))
        with self.assertNumQueries(7):
            self.tell([self.cat(100 + step) for step in range(100)])


class TokenTests(ApiTestCase):
    def outcome(self, **how: str) -> tuple[int, dict, str]:
        answer = self.tell(self.cat(), **how)
        return answer.status_code, answer.json(), answer.headers.get("WWW-Authenticate", "")

    def test_whoever_has_no_token_that_holds_is_told_the_same(self):
        revoked, revoked_secret = make_token(self.cast.home, name="Revoked")
        revoke(revoked)
        _, over = make_token(
            self.cast.home, name="Over", expires_at=timezone.now() - timedelta(seconds=1)
        )
        words = "This needs a token that holds: Authorization: Bearer petcam_..."

        for authorization in (
            None,
            "Bearer",
            "Bearer ",
            f"Bearer {revoked_secret}",
            f"Bearer {over}",
            f"Bearer {self.token.digest}",
            f"Basic {self.secret}",
            f"Bearer {self.secret} ",
            "Bearer petcam_" + "a" * 43,
        ):
            with self.subTest(authorization):
                self.assertEqual(
                    self.outcome(authorization=authorization),
                    (401, {"detail": words}, "Bearer"),
                )
        self.assertFalse(Sighting.objects.exists())

    def test_a_foreign_camera_is_answered_like_a_missing_one(self):
        garden = make_camera(self.cast.home, slug="garden")
        _, foreign = make_token(self.cast.elsewhere, name="Foreign")
        _, only_garden = make_token(self.cast.home, name="Garden", camera=garden)
        missing = (404, {"detail": "There is no such camera for this token."}, "")

        self.assertEqual(self.outcome(slug="nowhere"), missing)
        self.assertEqual(self.outcome(token=foreign), missing)
        self.assertEqual(self.outcome(token=only_garden), missing)
        self.assertEqual(self.outcome(token=only_garden, slug="garden")[0], 202)

    def test_a_login_is_no_token(self):
        self.client.force_login(self.cast.alice)

        self.assertEqual(self.outcome(authorization=None)[0], 401)

    def test_no_session_begins(self):
        answer = self.tell(self.cat())

        self.assertFalse(answer.cookies)
        self.assertEqual(self.client.cookies, {})

    def test_a_token_needs_no_form_token(self):
        self.client = Client(enforce_csrf_checks=True)

        self.assertEqual(self.outcome()[0], 202)

    def test_only_telling_is_possible(self):
        url = reverse("api:tell_detections", args=["kitchen"])
        for method in ("get", "put", "delete"):
            answer = getattr(self.client, method)(
                url, headers={"authorization": f"Bearer {self.secret}"}
            )
            self.assertEqual(answer.status_code, 405)


class LiveTests(ApiTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        # No other test's: what was told of a camera last is remembered.
        cls.camera = make_camera(cls.cast.home, slug="hall", pk=7_000_001)

    async def test_those_who_watch_see_it_at_once(self):
        layer = get_channel_layer()
        await layer.group_add(boxes_group(self.camera.pk), "page")

        answer = await self.async_client.post(
            reverse("api:tell_detections", args=["hall"]),
            json.dumps([self.cat(90_000 * 10), self.cat(3000), self.cat()]),
            content_type="application/json",
            headers={"authorization": f"Bearer {self.secret}"},
        )

        self.assertEqual(answer.status_code, 202)
        async with asyncio.timeout(5):
            heard = [await layer.receive("page"), await layer.receive("page")]
        self.assertEqual([message["t"] for message in heard], [self.now - 3000, self.now])
        self.assertEqual(
            heard[1],
            {
                "type": "boxes.seen",
                "camera_id": self.camera.pk,
                "t": self.now,
                "source": f"token-{self.token.pk}",
                "tracks": [
                    {
                        "id": 1,
                        "label": "cat",
                        "score": 0.91,
                        "box": [0.1, 0.1, 0.5, 0.5],
                        "v": [0, 0, 0, 0],
                    }
                ],
            },
        )


class DocumentationTests(ApiTestCase):
    def test_the_page_is_for_people_who_are_logged_in(self):
        for name in ("api:openapi-view", "api:openapi-json"):
            answer = self.client.get(reverse(name))
            self.assertRedirects(
                answer,
                f"{reverse(settings.LOGIN_URL)}?next={reverse(name)}",
                fetch_redirect_response=False,
            )

    def test_the_page_needs_nothing_from_elsewhere(self):
        self.client.force_login(self.cast.vera)

        page = self.client.get("/api/docs")

        self.assertEqual(page.status_code, 200)
        self.assertNotRegex(page.content.decode(), r"(?:src|href)=[\"']?(?:https?:)?//")
        self.assertNotRegex(page.content.decode(), r"<script(?![^>]*(?:src=|application/json))")

    def test_the_description_names_every_answer(self):
        self.client.force_login(self.cast.vera)

        told = self.client.get("/api/openapi.json").json()

        ((route, methods),) = told["paths"].items()
        self.assertEqual(route, "/api/v1/cameras/{slug}/detections")
        self.assertEqual(
            sorted(methods["post"]["responses"]),
            ["202", "400", "401", "404", "409", "413", "422", "429", "503"],
        )
        self.assertEqual(methods["post"]["security"], [{"Token": []}])
