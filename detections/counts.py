"""DayCount rows: changed together with the visits that they count."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db.models import F
from django.utils import timezone

from detections.models import DayCount, Visit


class CountKey(NamedTuple):
    """What one row counts; 0 for no pet and for no place."""

    household_id: int
    camera_id: int
    day: date
    label: str
    pet_id: int
    place_id: int


class Amount(NamedTuple):
    visits: int
    seconds: int


def key_of(visit: Visit) -> CountKey:
    """The row that counts the visit."""
    day = timezone.localtime(visit.started_at, timezone.get_default_timezone()).date()
    return CountKey(
        visit.household_id,
        visit.camera_id,
        day,
        visit.label,
        visit.pet_id or 0,
        visit.place_id or 0,
    )


def amount_of(visit: Visit) -> Amount:
    """What the visit adds to its row: nothing when it is refuted."""
    if visit.is_refuted:
        return Amount(0, 0)
    return Amount(1, round((visit.ended_at - visit.started_at).total_seconds()))


class CountChanges:
    """Visits as they were and as they become; `write` moves the counts by the difference.

    Inside the transaction that changes the visits, with the visits' rows locked.
    """

    def __init__(self) -> None:
        self._by_key: defaultdict[CountKey, Amount] = defaultdict(lambda: Amount(0, 0))

    def was(self, visit: Visit) -> None:
        """Call before the visit's fields are changed, or for one that goes."""
        self._move(visit, -1)

    def becomes(self, visit: Visit) -> None:
        self._move(visit, 1)

    def _move(self, visit: Visit, sign: int) -> None:
        key, amount = key_of(visit), amount_of(visit)
        before = self._by_key[key]
        self._by_key[key] = Amount(
            before.visits + sign * amount.visits, before.seconds + sign * amount.seconds
        )

    def write(self) -> None:
        """Always in the same order, so that two who count never wait for each other."""
        for key, amount in sorted(self._by_key.items()):
            if amount == (0, 0):
                continue
            if not _move_row(key, amount):
                # Somebody else may make it meanwhile; then this makes none.
                DayCount.objects.bulk_create([DayCount(**key._asdict())], ignore_conflicts=True)
                _move_row(key, amount)
        self._by_key.clear()


def _move_row(key: CountKey, amount: Amount) -> bool:
    rows = DayCount.objects.filter(**key._asdict())
    return bool(
        rows.update(visits=F("visits") + amount.visits, seconds=F("seconds") + amount.seconds)
    )


def recount(visits: Iterable[Visit]) -> dict[CountKey, Amount]:
    """What the rows should say of these visits: for checks, and to fill a database at once."""
    changes: defaultdict[CountKey, Amount] = defaultdict(lambda: Amount(0, 0))
    for visit in visits:
        key, amount, before = key_of(visit), amount_of(visit), changes[key_of(visit)]
        changes[key] = Amount(before.visits + amount.visits, before.seconds + amount.seconds)
    return {key: amount for key, amount in changes.items() if amount.visits}


def kept_counts(household_id: int) -> dict[CountKey, Amount]:
    """What the household's rows say. A row that has fallen to 0 says nothing."""
    rows = DayCount.objects.filter(household_id=household_id, visits__gt=0)
    return {
        CountKey(*values[:6]): Amount(*values[6:])
        for values in rows.values_list(*CountKey._fields, *Amount._fields)
    }
