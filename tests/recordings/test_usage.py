"""What recordings take, and how long they will last."""

from recordings import services, usage
from recordings.models import Policy
from tests.recordings.retaining_home import DAY, HOUR, MINUTE, NOW, Retaining
from tests.recordings.rows import make_segments


class UsageTests(Retaining):
    def test_forecast_by_what_was_recorded_lately(self):
        make_segments([self.camera], self.boot, since=NOW - DAY, until=NOW)
        storage = services.storage()
        storage.quota_mb = 15 * 60 * 24 * 3

        found = usage.outlook(usage.measure(self.store), storage, services.policies(), NOW)

        self.assertEqual(found.by, "room")
        self.assertEqual(usage.in_words(found.reach), "about 3 days")

    def test_a_camera_that_is_off_now_is_no_forecast(self):
        make_segments([self.camera], self.boot, since=NOW - HOUR, until=NOW)
        Policy.objects.update(mode=Policy.Mode.OFF)

        found = usage.outlook(
            usage.measure(self.store), services.storage(), services.policies(), NOW
        )

        self.assertIsNone(found.reach)

    def test_words(self):
        table = [
            (None, ""),
            (12.4 * DAY, "about 12 days"),
            (47 * HOUR, "about 47 hours"),
            (MINUTE, "less than two hours"),
        ]
        for reach, words in table:
            with self.subTest(words):
                self.assertEqual(usage.in_words(reach), words)
