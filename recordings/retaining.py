"""Lets go what is too old or too much, and leaves alone what somebody wants to keep."""

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from detections.models import Boot, Visit
from detections.motion import forget_motion
from households.models import Household
from recordings import keeping, services, usage
from recordings.alerts import end_alert, raise_alert
from recordings.files.names import Store
from recordings.files.retention import JUMP, StoredSegment, next_ages_at, plan
from recordings.models import Clip, Policy, Segment, Storage
from streaming.media.clock import VIDEO_CLOCK_RATE

log = logging.getLogger(__name__)

KEPT_MUCH, CLOCK_AHEAD = "kept-much", "clock-ahead"
_LONGEST_90K = round(Segment.LONGEST.total_seconds()) * VIDEO_CLOCK_RATE
_STAYING = [state for state in Segment.State if state != Segment.State.DELETING]
# Each stretch of time is an index range of its own in one query.
_STRETCHES_AT_ONCE = 50
_ROWS_AT_ONCE = 500
# Files deleted at one look: the next one goes on.
MOST_AT_ONCE = 200
# However long a camera keeps its recordings.
_MOTION_KEPT_AT_MOST = timedelta(days=366)


class Looked(NamedTuple):
    """What a look at the storage came to. `has_more`: look again soon."""

    gone: int
    freed_bytes: int
    has_more: bool


def look(store: Store, *, now: datetime, growing_bytes: int = 0) -> Looked:
    """Deletes what retention decides. Call it about once a minute.

    `growing_bytes` is what will be written until the next look: the limits hold with it. Raises
    OSError as the disk does, what the database raises, and StoreRefused: below a disk that has gone
    away nothing would be deleted but rows.
    """
    storage = services.storage()
    store.check(storage.uuid)
    services.delete_clips(Clip.objects.filter(household=None))
    keeping.finish_letting_go(store)
    if boot := Boot.objects.order_by("-pk").first():
        keeping.follow_clock(boot)
    policies = services.policies()
    protect(policies)
    ages_at = _count_ages(storage, now)
    _forget_motion(policies, ages_at)
    taken = usage.measure(store)
    decisions = plan(
        _may_go(),
        taken.used(storage, growing=growing_bytes),
        usage.limits(storage, policies),
        ages_at,
        most=MOST_AT_ONCE,
    )
    gone = keeping.let_go(store, [decision.segment_id for decision in decisions])
    freed_bytes = sum(decision.bytes for decision in decisions)
    if gone:
        log.info("let go %d segments, %d MB", gone, freed_bytes // usage.MB)
    _tell(taken, storage)
    if now - ages_at <= JUMP:
        end_alert(CLOCK_AHEAD)
    return Looked(gone, freed_bytes, has_more=len(decisions) == MOST_AT_ONCE)


def tell_jump(ahead: timedelta) -> None:
    """Tells people that the clock was set ahead by so much, until ages have caught up with it."""
    if ahead > JUMP:
        raise_alert(
            CLOCK_AHEAD,
            f"The clock was set ahead by {usage.in_words(ahead)}. Until as much time has passed, "
            "recordings are deleted by age only slowly: set it right if it is wrong.",
        )


def protect(policies: dict[int, Policy]) -> int:
    """Marks the segments that starred visits, with what is recorded around them, and clips to be
    made need; the others' marks go. How many marks changed."""
    kept = Segment.objects.exclude(state=Segment.State.DELETING).order_by()
    wanted: set[UUID] = set()
    stretches = [*_of_clips_to_make()]
    for household in Household.objects.values_list("pk", flat=True):
        # One by one and in this order, so that the index of starred ones is read, and no others.
        starred = Visit.objects.filter(household=household, is_starred=True, is_refuted=False)
        starred = starred.order_by("-started_at", "-pk")
        wanted.update(_of_visits(starred))
        stretches += _of_visits_by_clock(starred, policies)
    for start in range(0, len(stretches), _STRETCHES_AT_ONCE):
        some = Q()
        for stretch in stretches[start : start + _STRETCHES_AT_ONCE]:
            some |= stretch
        wanted.update(kept.filter(some).values_list("pk", flat=True))
    marked = set(kept.filter(is_protected=True).values_list("pk", flat=True))
    _mark(wanted - marked, is_protected=True)
    _mark(marked - wanted, is_protected=False)
    return len(wanted ^ marked)


def _of_visits(visits: QuerySet[Visit]) -> QuerySet:
    """The segments' ids, by media time, which no clock changes. One query."""
    usual = Policy()
    since_90k = F("start_90k") - F("pre_s") * VIDEO_CLOCK_RATE
    # Annotated, so that a camera without a policy counts as well.
    around = visits.annotate(
        pre_s=Coalesce("camera__recording_policy__pre_s", usual.pre_s),
        post_s=Coalesce("camera__recording_policy__post_s", usual.post_s),
    ).filter(
        camera__segments__boot=F("boot"),
        camera__segments__start_90k__gt=since_90k - _LONGEST_90K,
        camera__segments__start_90k__lt=F("end_90k") + F("post_s") * VIDEO_CLOCK_RATE,
        camera__segments__end_90k__gt=since_90k,
        camera__segments__state__in=_STAYING,
    )
    return around.values_list("camera__segments", flat=True)


def _of_visits_by_clock(visits: QuerySet[Visit], policies: dict[int, Policy]) -> Iterator[Q]:
    """Of those that have no media time."""
    columns = "camera", "started_at", "ended_at"
    for camera, started_at, ended_at in visits.filter(boot=None).values_list(*columns):
        policy = policies.get(camera) or Policy()
        pre, post = timedelta(seconds=policy.pre_s), timedelta(seconds=policy.post_s)
        yield _by_clock(camera, started_at - pre, ended_at + post)


def _of_clips_to_make() -> Iterator[Q]:
    to_make = Clip.objects.filter(state__in=[Clip.State.WAITING, Clip.State.WORKING]).order_by()
    columns = "camera", "started_at", "ended_at"
    for camera, started_at, ended_at in to_make.values_list(*columns):
        yield _by_clock(camera, started_at, ended_at)


def _by_clock(camera_id: int, since: datetime, until: datetime) -> Q:
    return Q(
        camera=camera_id,
        started_at__gt=since - Segment.LONGEST,
        started_at__lt=until,
        ended_at__gt=since,
    )


def _mark(segment_ids: Iterable[UUID], *, is_protected: bool) -> None:
    ids = list(segment_ids)
    for start in range(0, len(ids), _ROWS_AT_ONCE):
        some = Segment.objects.filter(pk__in=ids[start : start + _ROWS_AT_ONCE])
        some.update(is_protected=is_protected)


def _count_ages(storage: Storage, now: datetime) -> datetime:
    """The time by which ages count, kept for the next look."""
    ages_at = next_ages_at(now, storage.looked_at, storage.ages_at)
    storage.looked_at, storage.ages_at = now, ages_at
    storage.save(update_fields=["looked_at", "ages_at"])
    return ages_at


def _forget_motion(policies: dict[int, Policy], ages_at: datetime) -> None:
    """What moved is kept for as long as recordings of it may be."""
    for camera_id, policy in policies.items():
        keep = min(timedelta(days=policy.keep_days), _MOTION_KEPT_AT_MOST)
        forget_motion(camera_id, ages_at - keep)


def _may_go() -> Iterator[StoredSegment]:
    """Of cameras that were taken away, then in the order of recording: the boots of the machine,
    and media time in each."""
    rows = (
        Segment.objects.filter(is_protected=False)
        .exclude(state__in=[Segment.State.WRITING, Segment.State.DELETING])
        .order_by("boot_id", "start_90k")
        .values_list("uuid", "camera", "ended_at", "bytes")
    )
    for part in (rows.filter(camera=None), rows.exclude(camera=None)):
        for uuid, camera_id, ended_at, size in part.iterator(chunk_size=_ROWS_AT_ONCE):
            yield StoredSegment(uuid, camera_id or 0, ended_at, size)


def _tell(taken: usage.Usage, storage: Storage) -> None:
    """Clips and stars are kept whatever comes: somebody should know before nothing else fits."""
    most = taken.most(storage)
    percent = 100 if not most else 100 * taken.kept // most
    if percent >= storage.warn_percent:
        raise_alert(
            KEPT_MUCH,
            f"Clips and starred visits take {percent} % of the space for recordings. Delete some, "
            "or take stars away.",
        )
    else:
        end_alert(KEPT_MUCH)
