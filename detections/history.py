"""Visits as people look through them: newest first, filtered, a page at a time.

A page costs the same however many visits there are. Its query walks along one index (the
narrowest one that a filter has), and what the other filters leave out is bounded as well: after
WINDOW visits the page ends with what it has found and says where to go on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Self

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from detections.models import Unreviewed, Visit

PAGE = 24
WINDOW = 3000
Condition = Q | Exact | Exists

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Moment(NamedTuple):
    """A visit's place in the order of history."""

    started_at: datetime
    pk: int

    @classmethod
    def of(cls, visit: Visit) -> Self:
        return cls(visit.started_at, visit.pk)

    @classmethod
    def parsed(cls, text: str) -> Self:
        """The moment that `str` has written; raises ValueError."""
        unix_us, _, pk = text.partition("-")
        try:
            return cls(_EPOCH + int(unix_us) * _MICROSECOND, int(pk))
        except OverflowError:
            raise ValueError("beyond all time") from None

    def __str__(self) -> str:
        return f"{(self.started_at - _EPOCH) // _MICROSECOND}-{self.pk}"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitFilter:
    """Which visits; 0 for a pet or place means an unknown one, None means any."""

    household_id: int
    reader_id: int
    camera_id: int | None = None
    label: str = ""
    pet_id: int | None = None
    place_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    min_score: float = 0
    is_starred: bool = False
    is_unreviewed: bool = False
    is_refuted: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """`visits` have camera, pet and place loaded; `then` is where the next page begins, None at the
    end. `is_cut_short`: the rest of the window had nothing more."""

    visits: list[Visit]
    then: Moment | None
    is_cut_short: bool = False


def page_of(
    wanted: VisitFilter,
    from_: Moment | None = None,
    *,
    size: int = PAGE,
    is_backwards: bool = False,
) -> Page:
    """The next `size` visits older than `from_`; `is_backwards`: newer, nearest first."""
    walk = _walk(wanted, is_backwards=is_backwards)
    rows = walk.beyond(from_)
    end = None
    if walk.rest:
        end = rows.values_list("started_at", walk.pk)[WINDOW - 1 : WINDOW].first()
        rows = rows.filter(*walk.rest)
        if end is not None:
            end = Moment(*end)
            rows = walk.up_to(end, rows)
    found = walk.visits(rows, size + 1)
    if len(found) > size:
        return Page(found[:size], Moment.of(found[size - 1]))
    return Page(found, end, is_cut_short=end is not None)


def matching(wanted: VisitFilter, pks: Iterable[int]) -> list[Visit]:
    """Those of the named visits that the filter lets through, newest first."""
    # By primary key, so every other condition is checked on a handful of rows.
    walk = _walk(wanted)
    rows = walk.rows.filter(*walk.rest).filter(**{f"{walk.pk}__in": list(pks)})
    return walk.visits(rows, None)


def mark_new(visits: Sequence[Visit], *, reader_id: int) -> None:
    """Sets `is_new_to_reader` on each: not reviewed by this person yet. One query."""
    unreviewed = Unreviewed.objects.filter(user=reader_id, visit__in=[v.pk for v in visits])
    new = set(unreviewed.values_list("visit_id", flat=True))
    for visit in visits:
        visit.is_new_to_reader = visit.pk in new


@dataclass(frozen=True, slots=True)
class _Walk:
    """`rows` in their order along one index, and the conditions that this index knows nothing of.

    Rows are visits, or those of Unreviewed with the visit as `prefix`.
    """

    rows: QuerySet
    rest: list[Condition]
    pk: str = "pk"
    prefix: str = ""
    is_backwards: bool = False

    def beyond(self, moment: Moment | None) -> QuerySet:
        return self.rows if moment is None else self._side(self.rows, moment, self.is_backwards)

    def up_to(self, end: Moment, rows: QuerySet) -> QuerySet:
        """`rows` as far as `end`, which is one of them."""
        return self._side(rows, end, not self.is_backwards, itself=True)

    def _side(
        self, rows: QuerySet, moment: Moment, is_newer: bool, *, itself: bool = False
    ) -> QuerySet:
        # A plain range first: it is what an index can use.
        time, other = ("gte", "lte") if is_newer else ("lte", "gte")
        other = other.removesuffix("e") if itself else other
        return rows.filter(**{f"started_at__{time}": moment.started_at}).exclude(
            **{"started_at": moment.started_at, f"{self.pk}__{other}": moment.pk}
        )

    def visits(self, rows: QuerySet, size: int | None) -> list[Visit]:
        related = [f"{self.prefix}{name}" for name in ("camera", "pet", "place")]
        rows = rows.select_related(*related).defer(f"{self.prefix}path")[:size]
        return [row.visit for row in rows] if self.prefix else list(rows)


def _walk(wanted: VisitFilter, *, is_backwards: bool = False) -> _Walk:
    """Along the index that is likely to hold the fewest visits besides the wanted ones."""
    if wanted.is_unreviewed and not (wanted.is_starred or wanted.is_refuted):
        rows, conditions = Unreviewed.objects.filter(user=wanted.reader_id), {}
        prefix, pk = "visit__", "visit_id"
    else:
        conditions = _along(wanted)
        rows = Visit.objects.filter(is_refuted=wanted.is_refuted, **conditions)
        prefix, pk = "", "pk"
    if wanted.since:
        rows = rows.filter(started_at__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(started_at__lt=wanted.until)
    order = ["started_at", pk] if is_backwards else ["-started_at", f"-{pk}"]
    rest = _rest(wanted, conditions, prefix)
    return _Walk(rows.order_by(*order), rest, pk, prefix, is_backwards)


def _along(wanted: VisitFilter) -> dict[str, object]:
    """The conditions that make up the beginning of an index of Visit."""
    if wanted.is_starred and not wanted.is_refuted:
        return {"household_id": wanted.household_id, "is_starred": True}
    if wanted.is_refuted:
        return {"household_id": wanted.household_id}
    for name in ("pet_id", "place_id", "camera_id"):
        if value := getattr(wanted, name):
            return {name: value}
    if wanted.label:
        return {"household_id": wanted.household_id, "label": wanted.label}
    return {"household_id": wanted.household_id}


def _rest(wanted: VisitFilter, done: dict[str, object], prefix: str) -> list[Condition]:
    """What `done` leaves to check.

    Coalesce hides the columns from the planner, which would else walk along another index, where
    the wanted visits may lie millions of rows apart.
    """
    equal: dict[str, object] = {
        "household_id": wanted.household_id,
        "camera_id": wanted.camera_id,
        "label": wanted.label or None,
        "pet_id": wanted.pet_id,
        "place_id": wanted.place_id,
    }
    # A pet, place or camera is of one household only.
    if done.keys() & {"pet_id", "place_id", "camera_id"}:
        del equal["household_id"]
    rest: list[Condition] = [
        Exact(Coalesce(F(f"{prefix}{name}"), Value("" if name == "label" else 0)), value)
        for name, value in equal.items()
        if value is not None and name not in done
    ]
    if wanted.min_score:
        rest.append(Q(**{f"{prefix}best_score__gte": wanted.min_score}))
    if prefix:
        rest.append(Q(visit__is_refuted=False))
    elif wanted.is_unreviewed:
        rest.append(Exists(Unreviewed.objects.filter(visit=OuterRef("pk"), user=wanted.reader_id)))
    if wanted.is_starred and "is_starred" not in done:
        rest.append(Q(**{f"{prefix}is_starred": True}))
    return rest
