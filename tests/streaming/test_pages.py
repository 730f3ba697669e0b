from django.core.cache import cache
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from streaming.services import tell_health
from tests.builders import make_camera
from tests.cast import make_cast


class PageTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.kitchen = make_camera(cls.cast.home, name="Kitchen", slug="kitchen", position=1)

    def setUp(self):
        cache.clear()
        self.client.force_login(self.cast.vera)

    def queries(self, url: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            self.assertEqual(self.client.get(url).status_code, 200)
        return len(captured)

    def test_home_shows_the_own_cameras_in_their_order(self):
        hall = make_camera(self.cast.home, position=0)
        make_camera(self.cast.elsewhere)

        cameras = self.client.get("/").context["cameras"]

        self.assertEqual(list(cameras), [hall, self.kitchen])

    def test_pages_take_as_many_queries_for_three_cameras_as_for_one(self):
        pages = ("/", "/cameras/kitchen/")
        one = [self.queries(page) for page in pages]
        make_camera(self.cast.home)
        make_camera(self.cast.home)

        # The strip of other cameras is one query whatever its length.
        three = [self.queries(page) for page in pages]

        self.assertEqual(three, one)

    def test_the_page_knows_who_may_set_the_camera_up(self):
        told = {}
        for name in ("alice", "bob", "vera"):
            self.client.force_login(getattr(self.cast, name))
            told[name] = self.client.get("/cameras/kitchen/").context["is_owner"]

        self.assertEqual(told, {"alice": True, "bob": False, "vera": False})

    def test_health_is_what_was_told_last(self):
        tell_health(self.kitchen.pk, "source", {"state": "live", "fps": 30.0})
        self.client.force_login(self.cast.alice)

        answer = self.client.get("/cameras/kitchen/health.json").json()

        self.assertEqual(
            answer, {"is_enabled": True, "source": {"state": "live", "fps": 30.0}, "stream": {}}
        )
