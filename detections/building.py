"""Builds visits of what sources saw: as it comes, and again where something comes late."""

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from django.db import DatabaseError
from django.db.models import QuerySet

from detections.clocks import media_time_of
from detections.models import Boot, Place, Sighting, Unreviewed, Visit
from detections.news import visits_changed
from detections.sightings import MOST_LATE, purge_sightings
from detections.storing import KeepPicture, Part, Stored, store
from detections.vision.boxes import Box
from detections.vision.episodes import Episode, is_apart
from detections.vision.places import PlaceRule
from detections.vision.rules import VisitRules, chunk_start
from detections.vision.seen import Seen
from streaming.media.clock import VIDEO_CLOCK_RATE
from streaming.models import Camera

log = logging.getLogger(__name__)

OnVisit = Callable[[Visit, bool], None]

_MOST_EPISODES = 64
# Old episodes that are built in one round, per source; the rest comes in the next.
_MOST_AT_ONCE = 200
_ROWS_AT_ONCE = 500
_PURGE_EVERY = timedelta(minutes=10)
_UNREVIEWED_FOR = timedelta(days=30)
_MOST_PURGED = 5000


class StreamKey(NamedTuple):
    """What one source tells of one camera, until its machine is started again."""

    camera_id: int
    boot_id: int
    source: str


class _New(NamedTuple):
    """A sighting that is built for the first time."""

    t_90k: int
    pk: int


@dataclass(frozen=True, slots=True)
class _Stream:
    """A stream as it is to be built now."""

    key: StreamKey
    camera: Camera
    boot: Boot
    rules: VisitRules
    now_90k: int

    @property
    def sightings(self) -> QuerySet[Sighting]:
        return Sighting.objects.filter(
            camera=self.camera, boot=self.boot, source=self.key.source
        ).order_by("t_90k", "digest")

    def start_of(self, t_90k: int) -> int:
        """Where the episode of a sighting at that moment begins."""
        start_90k = t_90k
        before = self.sightings.filter(t_90k__lt=t_90k, t_90k__gte=chunk_start(t_90k))
        times = before.order_by("-t_90k").values_list("t_90k", flat=True)
        for before_90k in times.iterator():
            if is_apart(before_90k, start_90k, self.rules):
                break
            start_90k = before_90k
        return start_90k


def _no_picture(camera_id: int, t_90k: int, box: Box) -> None:
    """There are none."""


class Builder:
    """In one process and one thread at a time.

    What stands in the rows when all is built depends on the set of sightings, and on what people
    said, not on the order in which sightings came, nor on when they were built.
    """

    def __init__(
        self,
        on_visit: OnVisit = lambda visit, is_new: None,
        *,
        keep_picture: KeepPicture = _no_picture,
    ) -> None:
        """`on_visit` is called after the commit, with whether the visit is new."""
        self._on_visit = on_visit
        self._keep_picture = keep_picture
        # The newest of each stream, and which of its visits were open when it was stored.
        self._episodes: OrderedDict[StreamKey, Episode] = OrderedDict()
        self._open: dict[StreamKey, frozenset[str]] = {}
        self._rules: dict[int, VisitRules] = {}
        self._has_resumed = False
        self._purged_at: datetime | None = None

    def run_once(self, now: datetime) -> list[Visit]:
        """Builds what is not built yet and ends what is over; the visits that changed."""
        stored: list[Stored] = []
        if not self._has_resumed:
            for key in _left_open():
                stored += self._safely(key, now, self._resume)
            self._has_resumed = True
        for key in _unbuilt():
            stored += self._safely(key, now, self._build)
        for key in list(self._open):
            stored += self._safely(key, now, self._end)
        self._purge(now)
        return [one.visit for one in stored]

    def _safely(
        self, key: StreamKey, now: datetime, act: Callable[[_Stream], Iterator[Stored]]
    ) -> list[Stored]:
        """One stream's trouble with the database is tried again in the next round."""
        stored: list[Stored] = []
        try:
            for one in act(self._stream(key, now)):
                stored.append(one)
                self._on_visit(*one)
        except (DatabaseError, Camera.DoesNotExist):
            log.exception("visits of %s on camera %d were not built", key.source, key.camera_id)
            self._episodes.pop(key, None)
        return stored

    def _stream(self, key: StreamKey, now: datetime) -> _Stream:
        camera = Camera.objects.get(pk=key.camera_id)
        boot = Boot.objects.get(pk=key.boot_id)
        rules = rules_of(camera)
        if self._rules.setdefault(camera.pk, rules) != rules:
            # What is going on is built again with the places as they are now.
            self._rules[camera.pk] = rules
            for other in [one for one in self._episodes if one.camera_id == camera.pk]:
                del self._episodes[other]
        return _Stream(key, camera, boot, rules, media_time_of(boot, now))

    def _resume(self, stream: _Stream) -> Iterator[Stored]:
        """Goes on with visits that were open when the process ended."""
        kept_90k = stream.now_90k - round(MOST_LATE.total_seconds() * VIDEO_CLOCK_RATE)
        visits = Visit.objects.filter(
            is_open=True, camera=stream.camera, boot=stream.boot, source=stream.key.source
        )
        for visit in visits.order_by("start_90k", "pk"):
            seen = stream.sightings.filter(t_90k=visit.end_90k)
            if visit.end_90k > kept_90k and seen.exists():
                yield from self._build_episode(stream, visit.end_90k)
            else:
                # There is nothing left to build it of.
                Visit.objects.filter(pk=visit.pk).update(is_open=False)
                visits_changed([visit])

    def _build(self, stream: _Stream) -> Iterator[Stored]:
        """Every episode that has sightings which are not built."""
        # By the time alone: then databases find it by the index of what is to be built.
        unbuilt = stream.sightings.filter(is_built=False).order_by("t_90k")
        for _ in range(_MOST_AT_ONCE):
            first_90k = unbuilt.values_list("t_90k", flat=True).first()
            if first_90k is None:
                return
            yield from self._build_episode(stream, first_90k)

    def _build_episode(self, stream: _Stream, t_90k: int) -> Iterator[Stored]:
        """The episode of this moment, from there or from the last point that is remembered."""
        newest = self._episodes.get(stream.key)
        episode = self._episode_at(stream, newest, t_90k)
        new = self._read(stream, episode)
        if newest is not None and episode.first_90k > (newest.last_90k or 0):
            newest.end()
            yield from self._store(stream, newest, new_90k=stream.now_90k)
        is_newest = newest is None or (episode.last_90k or 0) >= newest.first_90k
        if is_newest:
            # Only what is stored may be remembered.
            self._episodes.pop(stream.key, None)
        stored = self._store(stream, episode, new_90k=min([one.t_90k for one in new] or [t_90k]))
        if is_newest:
            self._remember(stream, episode)
        for start in range(0, len(new), _ROWS_AT_ONCE):
            pks = [one.pk for one in new[start : start + _ROWS_AT_ONCE]]
            Sighting.objects.filter(pk__in=pks).update(is_built=True)
        yield from stored

    def _episode_at(self, stream: _Stream, newest: Episode | None, t_90k: int) -> Episode:
        if newest is not None:
            if newest.goes_on_at(t_90k):
                return newest
            earlier = newest.back_to(t_90k)
            if earlier is not None and t_90k <= (newest.last_90k or 0):
                return earlier
        return Episode(stream.rules, stream.start_of(t_90k))

    def _read(self, stream: _Stream, episode: Episode) -> list[_New]:
        """Adds the episode's sightings; those that were not built before.

        What is followed by another episode is over.
        """
        # One bound: of two, SQLite may choose the one that leads past everything.
        since = episode.first_90k if episode.last_90k is None else episode.last_90k + 1
        rows = stream.sightings.filter(t_90k__gte=since)
        new = []
        values = rows.values_list("t_90k", "pk", "is_built", "seen").iterator()
        for t_90k, moment in groupby(values, key=itemgetter(0)):
            if not episode.goes_on_at(t_90k):
                episode.end()
                break
            seen = []
            for _, pk, is_built, told in moment:
                seen += [Seen(label, score, Box(*box)) for label, score, *box in told]
                if not is_built:
                    new.append(_New(t_90k, pk))
            episode.add(t_90k, seen)
        return new

    def _store(self, stream: _Stream, episode: Episode, *, new_90k: int) -> list[Stored]:
        if episode.last_90k is None:
            return []
        part = Part(
            camera=stream.camera,
            boot=stream.boot,
            source=stream.key.source,
            from_90k=episode.settled_90k,
            to_90k=episode.last_90k,
            new_90k=new_90k,
            drafts=episode.drafts(stream.now_90k),
        )
        stored = store(part, self._keep_picture)
        episode.settle()
        return stored

    def _remember(self, stream: _Stream, episode: Episode) -> None:
        """To go on with, as long as it may go on."""
        self._open.pop(stream.key, None)
        last_90k = episode.last_90k
        if last_90k is None or episode.is_over:
            return
        if stream.now_90k - last_90k >= stream.rules.silence_90k:
            return
        self._episodes[stream.key] = episode
        if open_visits := _open_of(episode, stream.now_90k):
            self._open[stream.key] = open_visits
        if len(self._episodes) > _MOST_EPISODES:
            self._episodes.popitem(last=False)

    def _end(self, stream: _Stream) -> Iterator[Stored]:
        """Visits end by time alone when nothing more is seen."""
        episode = self._episodes.get(stream.key)
        if episode is None:
            # It was too much to remember, its places were changed, or it could not be stored.
            del self._open[stream.key]
            yield from self._resume(stream)
        elif _open_of(episode, stream.now_90k) != self._open[stream.key]:
            del self._episodes[stream.key]
            stored = self._store(stream, episode, new_90k=stream.now_90k)
            self._remember(stream, episode)
            yield from stored

    def _purge(self, now: datetime) -> None:
        if self._purged_at is not None and now - self._purged_at < _PURGE_EVERY:
            return
        if purge_sightings(now=now, at_most=_MOST_PURGED) < _MOST_PURGED:
            self._purged_at = now
        old = Unreviewed.objects.filter(started_at__lt=now - _UNREVIEWED_FOR)
        pks = list(old.values_list("pk", flat=True)[:_ROWS_AT_ONCE])
        Unreviewed.objects.filter(pk__in=pks).delete()


def rules_of(camera: Camera) -> VisitRules:
    """How the camera's visits are built: its places."""
    places = [
        PlaceRule(
            place_id=place.pk,
            outline=tuple((float(x), float(y)) for x, y in place.outline),
            min_stay_s=place.min_stay_s,
            end_grace_s=place.end_grace_s,
            is_ignored=place.kind == Place.Kind.IGNORE,
        )
        for place in Place.objects.filter(camera=camera).order_by("pk")
        if len(place.outline) >= 3
    ]
    return VisitRules(places=tuple(places))


def _open_of(episode: Episode, now_90k: int) -> frozenset[str]:
    return frozenset(draft.key_part for draft in episode.drafts(now_90k) if draft.is_open)


def _unbuilt() -> list[StreamKey]:
    rows = Sighting.objects.filter(is_built=False).order_by("camera", "boot", "source")
    return [StreamKey(*row) for row in rows.values_list("camera", "boot", "source").distinct()]


def _left_open() -> list[StreamKey]:
    visits = Visit.objects.filter(is_open=True, boot__isnull=False)
    rows = visits.order_by("camera", "boot", "source").values_list("camera", "boot", "source")
    return [StreamKey(*row) for row in rows.distinct()]
