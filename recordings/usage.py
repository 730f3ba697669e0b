"""What recordings take of the disk, what they may take, and how long that lasts."""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min, Sum

from recordings.files.names import Store
from recordings.files.retention import CameraLimits, Forecast, Limits, Used, forecast
from recordings.models import Clip, Policy, Segment, Storage

MB = 1_000_000
# "Lately", and no less than makes a rate worth telling.
_LATELY = timedelta(days=7)
_LEAST = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Usage:
    """In bytes. `kept`: of segments that are protected, and of clips: what is never let go.

    `free` and `size` are of the disk.
    """

    segments: Mapping[int, int]
    clips: Mapping[int, int]
    # Of clips whose camera was taken away.
    clips_of_none: int
    kept: int
    free: int
    size: int

    @property
    def total(self) -> int:
        return sum(self.of_cameras().values()) + self.clips_of_none

    def of_cameras(self) -> dict[int, int]:
        return dict(Counter(self.segments) + Counter(self.clips))

    def must_stay_free(self, storage: Storage) -> int:
        return min(storage.keep_free_mb * MB, self.size // 20)

    def used(self, storage: Storage, *, growing: int = 0) -> Used:
        """As retention wants it; `growing` is what is about to be written."""
        short = max(0, self.must_stay_free(storage) + growing - self.free)
        return Used(self.of_cameras(), self.clips_of_none + growing, short)

    def most(self, storage: Storage) -> int:
        """What may be taken in all: by the quota, or as the disk has it."""
        by_disk = max(0, self.total + self.free - self.must_stay_free(storage))
        return min(by_disk, storage.quota_mb * MB) if storage.quota_mb else by_disk

    def room(self, storage: Storage) -> int:
        """What recordings that may be let go can take."""
        return max(0, self.most(storage) - self.kept)


def measure(store: Store) -> Usage:
    """What is taken now. Raises OSError as the disk does."""
    segments, protected = Counter[int](), 0
    by_folder = Segment.objects.order_by().values_list("folder", "is_protected")
    for folder, is_protected, size in by_folder.annotate(Sum("bytes")):
        segments[folder] += size
        protected += size if is_protected else 0
    clips = dict(Clip.objects.order_by().values_list("camera").annotate(Sum("bytes")))
    clips_of_none = clips.pop(None, 0)
    disk = os.statvfs(store.root)
    return Usage(
        segments=segments,
        clips=clips,
        clips_of_none=clips_of_none,
        kept=protected + sum(clips.values()) + clips_of_none,
        free=disk.f_bavail * disk.f_frsize,
        size=disk.f_blocks * disk.f_frsize,
    )


def limits(storage: Storage, policies: Mapping[int, Policy]) -> Limits:
    """What owners have said, as retention wants it."""
    cameras = {
        camera_id: CameraLimits(
            timedelta(days=policy.keep_days), policy.quota_mb and policy.quota_mb * MB
        )
        for camera_id, policy in policies.items()
    }
    return Limits(cameras, storage.quota_mb and storage.quota_mb * MB)


def outlook(
    usage: Usage, storage: Storage, policies: Mapping[int, Policy], now: datetime
) -> Forecast:
    """How long recordings of the cameras that record will last, if all goes on as lately."""
    lately = Segment.objects.filter(
        camera__in=[pk for pk, policy in policies.items() if policy.mode != Policy.Mode.OFF],
        started_at__gt=now - _LATELY,
    )
    by_camera = lately.order_by().values_list("camera").annotate(Sum("bytes"), Min("started_at"))
    bytes_per_day = {
        camera_id: taken / (max(now - since, _LEAST) / timedelta(days=1))
        for camera_id, taken, since in by_camera
    }
    return forecast(bytes_per_day, limits(storage, policies), usage.room(storage))


def in_words(reach: timedelta | None) -> str:
    """A forecast for people: "about 12 days"; "" for none."""
    if reach is None:
        return ""
    if reach >= timedelta(days=2):
        return f"about {round(reach / timedelta(days=1))} days"
    hours = round(reach / timedelta(hours=1))
    return f"about {hours} hours" if hours > 1 else "less than two hours"
