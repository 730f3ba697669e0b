"""Clips that people ask for: what may be asked for, and what is recorded of it."""

from datetime import datetime, timedelta
from pathlib import Path

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from detections.models import Visit
from households.models import Household
from recordings import usage
from recordings.access import segments_between
from recordings.files.jobs import Job, Piece, Way
from recordings.files.names import CLIPS, Store
from recordings.models import Clip, Segment, Storage
from recordings.timeline import media_time_in
from streaming.models import Camera
from streaming.services import announce_camera

# Of a household.
MOST_CLIPS = 1000
MOST_TO_MAKE = 20
LONGEST = timedelta(hours=2)
# Encoding takes about as long as what is encoded lasts.
LONGEST_EXACT = timedelta(minutes=15)
# The longest day has 25 hours.
LONGEST_TIMELAPSE = timedelta(hours=25)
# What is still to come is recorded for the clip.
FURTHEST_AHEAD = timedelta(hours=1)
# Encoded again, pictures can take more than they did.
_ENCODED_GROWTH = 2
_TIMELAPSE_BYTES = 200 * usage.MB
_KINDS = Clip.Kind


class ClipNotTaken(ValueError):
    """The clip cannot be asked for; the text says why, for people."""


def longest(kind: str, *, is_exact: bool) -> timedelta:
    """How long what a clip shows may be."""
    if kind == _KINDS.TIMELAPSE:
        return LONGEST_TIMELAPSE
    return LONGEST_EXACT if is_exact else LONGEST


def ask_for_clip(
    camera: Camera,
    *,
    by: AbstractBaseUser,
    since: datetime,
    until: datetime,
    now: datetime,
    kind: str = _KINDS.CLIP,
    is_exact: bool = False,
    title: str = "",
    visit: Visit | None = None,
) -> Clip:
    """Puts the clip in the queue; what of it is still to come will be recorded.

    Raises ClipNotTaken.
    """
    _check_times(since, until, now, longest(kind, is_exact=is_exact))
    if visit is not None and visit.camera_id != camera.pk:
        raise ClipNotTaken("The visit was seen by another camera.")
    with transaction.atomic():
        household = _counted(camera.household_id)
        _check_queue(household)
        if household.clips.count() >= MOST_CLIPS:
            raise ClipNotTaken(f"A household keeps at most {MOST_CLIPS} clips. Delete some first.")
        clip = Clip(
            household=household,
            camera=camera,
            visit=visit,
            created_by=by,
            title=title,
            kind=kind,
            started_at=since,
            ended_at=until,
            is_exact=is_exact and kind == _KINDS.CLIP,
        )
        clip.save()
        # The recorder begins at once.
        announce_camera(camera.pk)
    return clip


def ask_again(clip: Clip) -> None:
    """Puts a clip that failed into the queue again; another one stays as it is.

    Raises ClipNotTaken.
    """
    failed = Clip.objects.filter(pk=clip.pk, state=Clip.State.FAILED)
    with transaction.atomic():
        household = _counted(clip.household_id)
        if not failed.exists():
            return
        _check_queue(household)
        if failed.update(state=Clip.State.WAITING, progress=0, reason="") and clip.camera_id:
            announce_camera(clip.camera_id)


def coming_of(camera: Camera, now: datetime) -> Clip | None:
    """What is being recorded of the camera by hand now, and ends last; None if nothing is."""
    waiting = Clip.objects.filter(camera=camera, state=Clip.State.WAITING)
    return waiting.filter(started_at__lte=now, ended_at__gt=now).order_by("-ended_at").first()


def stop(clip: Clip, now: datetime) -> None:
    """Ends a recording by hand now; what is no such thing, or over, stays as it is."""
    coming = Clip.objects.filter(pk=clip.pk, state=Clip.State.WAITING, ended_at__gt=now)
    with transaction.atomic():
        if coming.filter(started_at__lt=now).update(ended_at=now) and clip.camera_id:
            announce_camera(clip.camera_id)


def _check_times(since: datetime, until: datetime, now: datetime, most: timedelta) -> None:
    if until <= since:
        raise ClipNotTaken("The end must come after the beginning.")
    if until - since > most:
        raise ClipNotTaken(f"That is too long: at most {_in_words(most)}.")
    if until > now + FURTHEST_AHEAD:
        raise ClipNotTaken(f"The end may be at most {_in_words(FURTHEST_AHEAD)} from now.")


def _in_words(length: timedelta) -> str:
    minutes = length // timedelta(minutes=1)
    hours, rest = divmod(minutes, 60)
    return f"{minutes} minutes" if rest or not hours else f"{hours} hour{'s' * (hours > 1)}"


def _counted(household_id: int) -> Household:
    """Whose clips may be counted: who asks twice at once is counted one after the other."""
    return Household.objects.select_for_update().get(pk=household_id)


def _check_queue(household: Household) -> None:
    to_make = household.clips.filter(state__in=[Clip.State.WAITING, Clip.State.WORKING])
    if to_make.count() >= MOST_TO_MAKE:
        raise ClipNotTaken(f"{MOST_TO_MAKE} clips are waiting to be made. Try again later.")


def file_of(store: Store, clip: Clip) -> Path:
    """Where the clip's file is, or will be."""
    return store.root / CLIPS / f"{clip.file}.mp4"


def job_of(store: Store, clip: Clip) -> Job:
    """How the clip is made."""
    way: Way = "encode" if clip.is_exact else "copy"
    if clip.kind == _KINDS.TIMELAPSE:
        way = "timelapse"
    return Job(way, tuple(pieces_of(store, clip)), file_of(store, clip), clip.started_at)


def pieces_of(store: Store, clip: Clip) -> list[Piece]:
    """What is recorded of the clip's time, in its order."""
    pieces: list[Piece] = []
    before: Segment | None = None
    for segment in _segments_of(clip):
        begin_90k = max(segment.start_90k, media_time_in(segment, clip.started_at))
        end_90k = min(segment.end_90k, media_time_in(segment, clip.ended_at))
        if begin_90k >= end_90k:
            continue
        follows = (
            before is not None and before.boot_id == segment.boot_id and not segment.is_after_gap
        )
        path = store.segment(segment.folder, segment.uuid)
        pieces.append(Piece(path, begin_90k, end_90k, follows))
        before = segment
    return pieces


def _segments_of(clip: Clip) -> list[Segment]:
    if clip.camera is None:
        return []
    return list(segments_between(clip.camera, clip.started_at, clip.ended_at))


def has_room(store: Store, clip: Clip) -> bool:
    """Whether the disk can take the clip and still has free what it must. Raises OSError."""
    if clip.kind == _KINDS.TIMELAPSE:
        needed = _TIMELAPSE_BYTES
    else:
        taken = sum(_share_of(segment, clip) * segment.bytes for segment in _segments_of(clip))
        needed = round(taken * (_ENCODED_GROWTH if clip.is_exact else 1))
    storage = Storage.objects.filter(pk=Storage.ONLY).first() or Storage()
    measured = usage.measure(store)
    return measured.free - measured.must_stay_free(storage) >= needed


def _share_of(segment: Segment, clip: Clip) -> float:
    lasts = segment.ended_at - segment.started_at
    common = min(segment.ended_at, clip.ended_at) - max(segment.started_at, clip.started_at)
    return max(0.0, min(1.0, common / lasts)) if lasts else 1.0
