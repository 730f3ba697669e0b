"""What holds on every answer of the portal: headers, CSRF, secrets, names as mere text."""

import logging
import re
from datetime import timedelta
from urllib.parse import quote

from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client, TestCase
from django.utils import timezone

from detections.models import Boot, DayCount, Look, Place
from households.forms import PersonForm
from households.models import Household
from recordings.models import Alert, Policy
from recordings.services import storage
from recordings.thumbnails import thumbnailer
from streaming.services import tell_health
from tests.access_table import FORMS, PAGES, rows
from tests.builders import make_camera, make_pet, make_visit
from tests.cast import PASSWORD, make_cast
from tests.recordings.rows import folder_of_recordings, make_clip_of, record
from tests.streaming.media.moving_picture import encoded_units

CANARY = "canary-7f3a91"
PAYLOAD = '"><img src=x onerror=alert(1)><script>alert(1)</script>{{7*7777777}}'

PAGES_OF_OWNERS = (
    "/",
    "/cameras/kitchen/",
    "/cameras/kitchen/health.json",
    "/cameras/kitchen/places/",
    "/cameras/kitchen/places/add/",
    "/cameras/kitchen/places/{bowl}/",
    "/account/logout/",
    "/account/password/change/",
    "/admin/",
    "/admin/streaming/",
    "/admin/streaming/camera/",
    "/admin/streaming/camera/add/",
    "/admin/streaming/camera/{camera}/change/",
    "/admin/streaming/camera/{camera}/history/",
    "/admin/streaming/camera/{camera}/delete/",
    "/admin/detections/place/",
    "/admin/detections/place/add/",
    "/admin/detections/place/{bowl}/change/",
    "/admin/detections/place/{bowl}/history/",
    "/admin/detections/place/{bowl}/delete/",
    "/history/",
    "/history/?pet={pet}&label={label}",
    "/history/?refuted=on",
    "/history/{visit}/",
    "/history/{refuted}/",
    "/pets/",
    "/pets/add/",
    "/pets/{pet}/",
    "/admin/detections/pet/",
    "/admin/detections/pet/add/",
    "/admin/detections/pet/{pet}/change/",
    "/admin/detections/pet/{pet}/history/",
    "/admin/detections/pet/{pet}/delete/",
    "/admin/detections/visit/",
    "/admin/detections/visit/{visit}/change/",
    "/admin/detections/visit/{visit}/history/",
    "/admin/detections/visit/{visit}/delete/",
    "/admin/detections/daycount/",
    "/admin/detections/daycount/{count}/change/",
    "/admin/detections/look/",
    "/admin/detections/look/{look}/change/",
    "/admin/detections/look/{look}/delete/",
    "/cameras/kitchen/recordings/",
    "/cameras/kitchen/recordings/timeline.json?from={then}&to={now}",
    "/cameras/kitchen/clips/add/?visit={visit}",
    "/clips/",
    "/alerts/",
    "/admin/recordings/policy/",
    "/admin/recordings/policy/{policy}/change/",
    "/admin/recordings/policy/{policy}/history/",
    "/admin/recordings/segment/",
    "/admin/recordings/segment/{segment}/change/",
    "/admin/recordings/clip/",
    "/admin/recordings/clip/{clip}/change/",
    "/admin/recordings/clip/{clip}/delete/",
    "/admin/recordings/storage/1/change/",
    "/admin/recordings/alert/",
    "/admin/recordings/alert/{alert}/change/",
    "/admin/households/household/",
    "/admin/households/household/{home}/change/",
    "/admin/households/household/{home}/history/",
    "/admin/households/member/",
    "/admin/households/member/add/",
    "/admin/households/member/{place}/change/",
    "/admin/households/member/{place}/history/",
    "/admin/households/member/{place}/delete/",
)


class HouseTests(TestCase):
    """A household with one camera, and alice, who owns it, logged in."""

    camera_name = "Kitchen"
    label = "cat"

    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(
            cls.cast.home,
            name=cls.camera_name,
            slug="kitchen",
            source_kind="rtsp",
            source_address=f"rtsp://ann:{CANARY}@192.0.2.20/stream",
        )
        cls.place = cls.cast.home.members.get(user=cls.cast.bob)
        cls.bowl = Place.objects.create(
            camera=cls.camera, name=cls.camera_name[:40], outline=[[0, 0], [0.3, 0], [0, 0.3]]
        )
        cls.pet = make_pet(cls.cast.home, name=cls.camera_name[:40])
        now = timezone.now()
        what = {"label": cls.label, "pet": cls.pet, "place": cls.bowl, "started_at": now}
        cls.visit = make_visit(cls.camera, **what)
        make_visit(cls.camera, label=cls.label)
        cls.refuted = make_visit(cls.camera, **what, is_refuted=True)
        cls.count = DayCount.objects.get(pet_id=cls.pet.pk)
        cls.look = Look.objects.create(household=cls.cast.home, pet=cls.pet, vector=b"")
        cls.record()

    @classmethod
    def record(cls) -> None:
        cls.enterClassContext(folder_of_recordings())
        cls.addClassCleanup(thumbnailer.close)
        boot = Boot.objects.create(name="boot", zero_at=timezone.now() - timedelta(hours=1))
        cls.segment = record(cls.camera, boot, encoded_units(1))
        cls.clip = make_clip_of(cls.segment, title=cls.camera_name[:80], visit=cls.visit)
        cls.policy = Policy.objects.create(camera=cls.camera)
        cls.alert = Alert.objects.create(
            camera=cls.camera, code="slow", text=cls.camera_name, since=timezone.now()
        )
        storage()

    def setUp(self):
        cache.clear()
        self.addCleanup(cache.clear)
        self.client.force_login(self.cast.alice)

    def filled_in(self, route: str) -> str:
        for name, value in {
            "<slug:slug>": "kitchen",
            "<int:place_id>": str(self.bowl.pk),
            "<int:pet>": str(self.pet.pk),
            "<int:visit>": str(self.visit.pk),
            "<int:clip>": str(self.clip.pk),
            "<uuid:segment>": str(self.segment.pk),
            "<path:object_id>": str(self.camera.pk),
            "(?P<url>.*)$": "nowhere",
        }.items():
            route = route.replace(name, value)
        route = re.sub(r"\^\(\?P<app_label>[\w|]+\)/\$", "streaming/", route)
        pks = {
            "camera": self.camera,
            "home": self.cast.home,
            "place": self.place,
            "bowl": self.bowl,
            "pet": self.pet,
            "visit": self.visit,
            "refuted": self.refuted,
            "count": self.count,
            "look": self.look,
            "segment": self.segment,
            "clip": self.clip,
            "policy": self.policy,
            "alert": self.alert,
        }
        now = timezone.now()
        then = now - timedelta(hours=2)
        asked = {"label": quote(self.label)}
        asked |= {"then": quote(then.isoformat()), "now": quote(now.isoformat())}
        return route.format(**asked, **{name: row.pk for name, row in pks.items()})

    def pages(self):
        for page in PAGES_OF_OWNERS:
            answer = self.client.get(self.filled_in(page))
            self.assertEqual(answer.status_code, 200, page)
            yield page, answer


class HeaderTests(HouseTests):
    def assert_guarded(self, answer):
        policy = answer["Content-Security-Policy"]
        directives = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
        self.assertEqual(directives["default-src"], "'self'")
        self.assertEqual(directives["frame-ancestors"], "'none'")
        self.assertEqual(directives["object-src"], "'none'")
        self.assertEqual(directives["base-uri"], "'none'")
        self.assertNotIn("unsafe", policy)
        self.assertEqual(answer["X-Content-Type-Options"], "nosniff")
        self.assertEqual(answer["X-Frame-Options"], "DENY")
        self.assertEqual(answer["Referrer-Policy"], "same-origin")
        self.assertEqual(answer["Cross-Origin-Opener-Policy"], "same-origin")
        self.assertEqual(answer["Cross-Origin-Resource-Policy"], "same-origin")
        self.assertEqual(answer["Cache-Control"], "no-store, private")

    def test_every_answer_is_guarded_and_kept_by_no_cache(self):
        for row in rows(PAGES):
            route, method = row.what
            send = self.client.post if method == "POST" else self.client.get
            with self.subTest(row.what):
                answer = send(self.filled_in(route))
                self.assert_guarded(answer)
                # As a server does at the end, for what is streamed.
                answer.close()
                self.client.force_login(self.cast.alice)

    def test_answers_to_strangers_and_errors_are_guarded_too(self):
        anonymous = Client()
        for url in ("/", "/account/login/", "/nowhere", "/cameras/kitchen/"):
            with self.subTest(url):
                self.assert_guarded(anonymous.get(url))

    def test_the_login_cookie_is_out_of_reach_for_scripts_and_other_sites(self):
        cookie = (
            Client()
            .post("/account/login/", {"login": "vera", "password": PASSWORD})
            .cookies["sessionid"]
        )

        self.assertTrue(cookie["httponly"])
        self.assertEqual(cookie["samesite"], "Lax")

    def test_no_page_has_inline_scripts_styles_or_anything_from_outside(self):
        for page, answer in self.pages():
            if "json" in answer["Content-Type"]:
                continue
            with self.subTest(page):
                self.assertNotRegex(answer.content.decode(), r"<script(?![^>]*\bsrc=)(?![^>]*json)")
                self.assertNotRegex(answer.content.decode(), r"<style|\sstyle=|\son\w+=\"")
                self.assertNotRegex(answer.content.decode(), r"(src|href)=\"(https?:)?//")


class CsrfTests(HouseTests):
    def test_nothing_is_done_without_the_token_of_the_page(self):
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(self.cast.alice)
        for row in rows(PAGES):
            route, method = row.what
            if method != "POST":
                continue
            with self.subTest(route):
                answer = browser.post(
                    self.filled_in(route), FORMS.get(route, {}), headers={"origin": "null"}
                )
                # 401: programs come with tokens of their own; being logged in is nothing there.
                self.assertIn(answer.status_code, (401, 403, 405))

    def test_a_form_of_another_site_is_refused_with_words(self):
        browser = Client(enforce_csrf_checks=True)
        browser.get("/account/login/")
        token = browser.cookies["csrftoken"].value

        answer = browser.post(
            "/account/login/",
            {"login": "vera", "password": PASSWORD, "csrfmiddlewaretoken": token},
            headers={"origin": "https://evil.example"},
        )

        self.assertContains(answer, "was not sent", status_code=403)

    def test_the_login_works_with_its_token(self):
        browser = Client(enforce_csrf_checks=True)
        browser.get("/account/login/")
        token = browser.cookies["csrftoken"].value

        answer = browser.post(
            "/account/login/",
            {"login": "vera", "password": PASSWORD, "csrfmiddlewaretoken": token},
        )

        self.assertEqual(answer.status_code, 302)


class SecretTests(HouseTests):
    def test_the_cameras_password_is_in_no_page(self):
        for who in (self.cast.alice, self.cast.root):
            self.client.force_login(who)
            for page in PAGES_OF_OWNERS:
                with self.subTest(page, who=who.username):
                    answer = self.client.get(self.filled_in(page))
                    self.assertNotIn(CANARY, answer.content.decode())
                    self.assertNotIn(CANARY, str(answer.headers))

    def test_the_cameras_password_is_in_no_log_when_its_form_fails_or_breaks(self):
        heard: list[str] = []
        handler = logging.Handler()
        handler.emit = lambda record: heard.append(logging.Formatter().format(record))
        logging.getLogger().addHandler(handler)
        self.addCleanup(logging.getLogger().removeHandler, handler)
        logging.getLogger("django").addHandler(handler)
        self.addCleanup(logging.getLogger("django").removeHandler, handler)

        page = f"/admin/streaming/camera/{self.camera.pk}/change/"
        for kind in ("rtsp", "file", "usb", "shared_memory", "nonsense"):
            answer = self.client.post(
                page, {"source_kind": kind, "source_address": f"rtsp://a:{CANARY}@[::1/x"}
            )
            self.assertNotIn(CANARY, answer.content.decode())
        self.client.get(f"/admin/streaming/camera/?source_address={CANARY}")

        self.assertTrue(heard)
        self.assertNotIn(f"rtsp://a:{CANARY}", "\n".join(heard))


class NamesAreTextTests(HouseTests):
    camera_name = PAYLOAD[:60]
    label = "<script>alert(1)"

    def setUp(self):
        super().setUp()
        Household.objects.filter(pk=self.cast.home.pk).update(name=PAYLOAD)
        User.objects.filter(pk=self.cast.bob.pk).update(username=PAYLOAD)
        User.objects.filter(pk=self.cast.alice.pk).update(username="<b>alice</b>")
        tell_health(self.camera.pk, "source", {"state": "offline", "text": PAYLOAD})

    def test_no_name_becomes_markup(self):
        for page, answer in self.pages():
            if "json" in answer["Content-Type"]:
                continue
            with self.subTest(page):
                text = answer.content.decode()
                for markup in ("<img src=x", "<script>alert", "<b>alice", str(7 * 7777777)):
                    self.assertNotIn(markup, text)

    def test_a_user_name_is_made_of_letters_digits_and_little_else(self):
        form_class = type("Form", (PersonForm,), {"actor": self.cast.root})
        form = form_class({"username": "<b>nina</b>"})

        self.assertIn("Enter a valid username", form.errors["username"][0])


class EndlessInputTests(HouseTests):
    def test_a_hundred_thousand_characters_in_a_name_are_refused(self):
        endless = "℀" * 100_000
        for route in (
            "/account/login/",
            "/admin/streaming/camera/add/",
            "/admin/households/member/add/",
        ):
            with self.subTest(route):
                form = FORMS[route] | {"name": endless, "username": endless, "login": endless}
                answer = (Client() if "login" in route else self.client).post(route, form)
                self.assertEqual(answer.status_code, 200)
                self.assertContains(answer, "at most")
