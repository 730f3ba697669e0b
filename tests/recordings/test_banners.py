"""Alerts on the pages of the portal: what they say, and where they lead whom."""

from django.core.cache import cache
from django.test import TestCase
from django.urls import reverse

from recordings.alerts import end_alert, raise_alert
from recordings.banners import banners_for
from recordings.retaining import KEPT_MUCH
from recordings.troubles import DISK_FULL, TOO_SLOW
from streaming.media.problems import B_FRAMES
from tests.builders import make_camera
from tests.cast import make_cast

STORAGE = reverse("admin:recordings_storage_changelist")
CLIPS = reverse("clips")


class BannerTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.kitchen = make_camera(cls.cast.home, name="<b>Kitchen</b>", slug="kitchen")

    def setUp(self):
        self.addCleanup(cache.clear)

    def leads(self, name: str) -> list[str]:
        return [banner.url for banner in banners_for(getattr(self.cast, name))]

    def alerts_of(self, name: str) -> str:
        self.client.force_login(getattr(self.cast, name))
        return self.client.get(reverse("alerts")).content.decode()

    def test_it_leads_to_what_this_person_can_do(self):
        for code, camera, expected in [
            (DISK_FULL.code, None, (CLIPS, CLIPS, "")),
            (KEPT_MUCH, None, (CLIPS, CLIPS, "")),
            (TOO_SLOW.code, self.kitchen, (STORAGE, "", "")),
            (
                B_FRAMES.code,
                self.kitchen,
                (reverse("admin:streaming_camera_change", args=[self.kitchen.pk]), "", ""),
            ),
        ]:
            with self.subTest(code):
                camera_id = camera and camera.pk
                raise_alert(code, "Something.", camera_id=camera_id)
                for name, url in zip(("alice", "bob", "vera"), expected, strict=True):
                    self.assertEqual(self.leads(name), [url], name)
                end_alert(code, camera_id=camera_id)

    def test_it_is_on_every_page_until_it_ends_and_names_are_words(self):
        raise_alert(TOO_SLOW.code, "Too slow & late.", camera_id=self.kitchen.pk)
        self.client.force_login(self.cast.vera)
        words = "<strong>&lt;b&gt;Kitchen&lt;/b&gt;</strong>: Too slow &amp; late."
        pages = [reverse(name) for name in ("home", "history", "pets", "clips")]
        for page in (*pages, "/nowhere/"):
            with self.subTest(page):
                self.assertIn(words, self.client.get(page).content.decode())

        self.assertIn(words, self.alerts_of("vera"))
        self.assertNotIn('class="alert"', self.alerts_of("mallory"))
        end_alert(TOO_SLOW.code, camera_id=self.kitchen.pk)
        self.assertEqual(self.alerts_of("vera").strip(), "")

    def test_while_all_is_well_a_page_costs_two_queries_more(self):
        with self.assertNumQueries(2):
            self.assertEqual(banners_for(self.cast.alice), [])
