"""A quota over a week, as retention keeps it look by look."""

from datetime import timedelta

from recordings.models import Segment, Storage
from tests.recordings.retaining_home import DAY, HOUR, MB, MINUTE, NOW, Retaining


class WeekTests(Retaining):
    def test_a_week_under_a_quota_of_200_mb(self):
        """Never exceeded by more than a segment, and whoever was starred is still there."""
        Storage.objects.update(quota_mb=200)
        starred, most = set(), 0
        # One segment each hour: the same decisions as of a week without a pause.
        for number in range(7 * 24):
            ago = 7 * DAY - number * HOUR
            segment = self.segment(ago)
            if number % 25 == 12:
                self.visit(ago + timedelta(seconds=-20), is_starred=True)
                starred.add(segment.pk)
            most = max(most, sum(Segment.objects.values_list("bytes", flat=True)))
            self.look(NOW - ago + MINUTE)

        self.assertLessEqual(most, 200 * MB + segment.bytes)
        self.assertGreaterEqual(most, 200 * MB)
        self.assertLess(starred, self.left())
        self.assertEqual(len(starred), 7)
        self.assertEqual(len(self.left()), 200 // 15)
