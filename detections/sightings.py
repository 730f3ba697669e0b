"""Takes in what sources saw: every message once, however often and in whatever order it comes."""

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef

from detections.clocks import MachineClock, boot_of, media_time_of, this_machine, wall_of
from detections.models import Boot, DeletedVisit, Sighting
from detections.vision.rules import chunk_start
from detections.vision.seen import Seen, SeenFrame
from streaming.media.clock import VIDEO_CLOCK_RATE
from streaming.models import Camera

# Later than that nobody builds with it.
MOST_LATE = timedelta(hours=24)
# Clocks of one machine agree; a source that rounds may be a little ahead.
_AHEAD_90K = 2 * VIDEO_CLOCK_RATE
MAX_LABEL = 20
MAX_SOURCE = 40
_AT_ONCE = 400


class SightingRefused(ValueError):
    """A frame cannot be taken, and none of its batch was. `at` is its number in the batch."""

    def __init__(self, at: int, reason: str) -> None:
        super().__init__(reason)
        self.at = at
        self.reason = reason


class SightingTooOld(SightingRefused):
    """Its picture is older than MOST_LATE."""


class SightingFromFuture(SightingRefused):
    """Its picture has not been taken yet."""


class Taken(NamedTuple):
    """Frames that were new and that were known before. Frames without anything seen need no row:
    they count as known."""

    new: int
    known: int


class _Key(NamedTuple):
    boot_id: int
    t_90k: int
    digest: bytes


def take_sightings(
    camera: Camera,
    *,
    source: str,
    frames: Sequence[SeenFrame],
    clock: MachineClock | None = None,
) -> Taken:
    """Keeps the frames, all or none, in one transaction; building visits of them comes later.

    `clock` is of the machine that captures; None when that is this one. Raises SightingRefused.
    """
    if not 0 < len(source) <= MAX_SOURCE:
        raise ValueError(f"A source has 1 to {MAX_SOURCE} characters.")
    clock = clock or this_machine()
    with transaction.atomic():
        boots = _Boots(camera, clock)
        told = {}
        for at, frame in enumerate(frames):
            boot_id = boots.of(at, frame.t_90k)
            if frame.seen:
                seen = _plain(at, frame.seen)
                told[_Key(boot_id, frame.t_90k, _digest(seen))] = seen
        for key in _known(camera, source, list(told)):
            told.pop(key, None)
        Sighting.objects.bulk_create(
            [
                Sighting(camera=camera, source=source, seen=seen, **key._asdict())
                for key, seen in told.items()
            ],
            # Another process may take the same message at the same moment.
            ignore_conflicts=True,
        )
    return Taken(len(told), len(frames) - len(told))


def _known(camera: Camera, source: str, keys: list[_Key]) -> Iterator[_Key]:
    for start in range(0, len(keys), _AT_ONCE):
        part = keys[start : start + _AT_ONCE]
        rows = Sighting.objects.filter(
            camera=camera,
            boot__in={key.boot_id for key in part},
            source=source,
            t_90k__in={key.t_90k for key in part},
        )
        for boot_id, t_90k, digest in rows.values_list("boot_id", "t_90k", "digest"):
            yield _Key(boot_id, t_90k, bytes(digest))


def _plain(at: int, seen: Sequence[Seen]) -> list[list[object]]:
    """As JSON keeps it, in an order that does not depend on who told it."""
    rows = sorted([one.label, one.score, *one.box] for one in seen)
    for label, *numbers in rows:
        if not 0 < len(label) <= MAX_LABEL:
            raise SightingRefused(at, f"A label has 1 to {MAX_LABEL} characters.")
        if not all(math.isfinite(number) for number in numbers):
            raise SightingRefused(at, "A score or a box is not a number.")
    return rows


def _digest(seen: list[list[object]]) -> bytes:
    return hashlib.blake2b(json.dumps(seen).encode(), digest_size=16).digest()


class _Boots:
    """Which boot a media time belongs to: this one, or the camera's last before it."""

    def __init__(self, camera: Camera, clock: MachineClock) -> None:
        self._camera = camera
        self._clock = clock
        self._current = boot_of(clock)
        self._before: Boot | None = None

    def of(self, at: int, t_90k: int) -> int:
        """Raises SightingTooOld and SightingFromFuture."""
        clock = self._clock
        if t_90k <= clock.now_90k + _AHEAD_90K:
            if t_90k < clock.now_90k - MOST_LATE.total_seconds() * VIDEO_CLOCK_RATE:
                raise SightingTooOld(at, "The picture is older than 24 hours.")
            return self._current.pk
        # More than this machine has run: told late, from before it was started again.
        before = self._before = self._before or self._boot_before()
        if before is None or wall_of(before, t_90k) > self._current.zero_at:
            raise SightingFromFuture(at, "The picture's media time has not come yet.")
        if wall_of(before, t_90k) < clock.now - MOST_LATE:
            raise SightingTooOld(at, "The picture is older than 24 hours.")
        return before.pk

    def _boot_before(self) -> Boot | None:
        before = Boot.objects.filter(zero_at__lt=self._current.zero_at).exclude(pk=self._current.pk)
        known = Sighting.objects.filter(camera=self._camera, boot=OuterRef("pk"))
        return before.filter(Exists(known)).order_by("-zero_at").first()


def purge_sightings(*, now: datetime, at_most: int = 5000) -> int:
    """Takes away sightings, and marks of deleted visits, that nothing is built of any more.

    Whole chunks of media time go at once: what is built again is built of all its sightings.
    Returns how many went; call again while that is `at_most`.
    """
    gone = 0
    for boot in Boot.objects.order_by("zero_at"):
        end_90k = chunk_start(media_time_of(boot, now - MOST_LATE))
        DeletedVisit.objects.filter(boot=boot, end_90k__lt=end_90k).delete()
        old = Sighting.objects.filter(boot=boot, t_90k__lt=end_90k).values_list("pk", flat=True)
        pks = list(old[: at_most - gone])
        for start in range(0, len(pks), _AT_ONCE):
            Sighting.objects.filter(pk__in=pks[start : start + _AT_ONCE]).delete()
        gone += len(pks)
        if gone >= at_most:
            break
    return gone
