"""What people are told of recording, also while the database takes nothing."""

from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.db import connection
from django.test import TestCase

from recordings import alerts
from recordings.alerts import alerts_for, end_alert, raise_alert
from recordings.models import Alert
from tests.builders import make_camera
from tests.cast import make_cast


class AlertTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.kitchen = make_camera(cls.cast.home)
        cls.cellar = make_camera(cls.cast.elsewhere)

    def setUp(self):
        self.addCleanup(cache.clear)

    def told(self, name: str) -> list[tuple[object, str, str]]:
        found = alerts_for(getattr(self.cast, name))
        return [(alert.camera, alert.code, alert.text) for alert in found]

    def test_everybody_is_told_of_the_own_cameras_and_of_all(self):
        raise_alert("disk-full", "The disk is full.")
        raise_alert("too-slow", "Too slow.", camera_id=self.kitchen.pk)
        raise_alert("too-slow", "Slow there.", camera_id=self.cellar.pk)

        of_all = (None, "disk-full", "The disk is full.")
        for name in ("alice", "bob", "vera"):
            self.assertEqual(self.told(name), [(self.kitchen, "too-slow", "Too slow."), of_all])
        self.assertEqual(self.told("mallory"), [(self.cellar, "too-slow", "Slow there."), of_all])
        self.assertEqual(self.told("root"), [])
        self.assertEqual(alerts_for(AnonymousUser()), [])

    def test_the_same_again_is_one_alert_with_the_newest_text(self):
        for text in ("60 % lost", "60 % lost", "70 % lost"):
            raise_alert("too-slow", text, camera_id=self.kitchen.pk)

        self.assertEqual(self.told("alice"), [(self.kitchen, "too-slow", "70 % lost")])

    def test_it_ends_and_may_come_again(self):
        raise_alert("disk-full", "The disk is full.")
        end_alert("disk-full")
        end_alert("disk-full")
        self.assertEqual(self.told("alice"), [])

        raise_alert("disk-full", "The disk is full.")

        self.assertEqual(len(self.told("alice")), 1)
        self.assertEqual(Alert.objects.count(), 2)

    def test_one_ends_alone(self):
        raise_alert("too-slow", "Too slow.", camera_id=self.kitchen.pk)
        raise_alert("too-slow", "All too slow.")

        end_alert("too-slow")

        self.assertEqual(self.told("alice"), [(self.kitchen, "too-slow", "Too slow.")])

    def test_a_camera_that_is_gone_needs_none(self):
        raise_alert("too-slow", "Too slow.", camera_id=999)

        self.assertFalse(Alert.objects.exists())

    def test_while_the_database_takes_nothing_pages_show_it_all_the_same(self):
        raise_alert("too-slow", "Too slow.", camera_id=self.kitchen.pk)
        with connection.execute_wrapper(_without_writing):
            raise_alert("disk-full", "The disk is full.")
            raise_alert("io-error", "It fails.", camera_id=self.cellar.pk)

            self.assertEqual(
                self.told("alice"),
                [
                    (None, "disk-full", "The disk is full."),
                    (self.kitchen, "too-slow", "Too slow."),
                ],
            )
            self.assertEqual(len(self.told("mallory")), 2)

        raise_alert("disk-full", "The disk is full.")
        self.assertEqual(len(self.told("alice")), 2)
        end_alert("disk-full")
        self.assertEqual(self.told("alice"), [(self.kitchen, "too-slow", "Too slow.")])

    def test_those_that_ended_long_ago_go(self):
        most = alerts.MOST_ENDED
        now = "2026-05-20T12:00Z"
        Alert.objects.bulk_create(
            Alert(code=f"old-{number}", text="", since=now, ended=now) for number in range(most)
        )
        raise_alert("new", "New.")

        end_alert("new")

        self.assertEqual(Alert.objects.count(), most)
        self.assertFalse(Alert.objects.filter(code="old-0").exists())


def _without_writing(execute, sql, params, many, context):
    """A disk that is full, of everything."""
    if sql.startswith(("INSERT", "UPDATE")):
        context["cursor"].execute("SELECT * FROM a_disk_that_is_full")
    return execute(sql, params, many, context)
