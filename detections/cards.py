"""Visits in the words and shapes that pages show."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from statistics import median

from django.utils import timezone
from django.utils.formats import date_format

from detections.history import Moment, VisitFilter
from detections.homes import Home
from detections.models import DayCount, Pet, Visit

# What a household says instead of "unknown cat" where nobody is told apart.
_ANIMALS = ("cat", "dog", "bird")
USUAL_LABELS = ("cat", "dog", "bird", "person")
MOST_COUNTS = 8
USUAL_DAYS = 14
# Fewer days than this have no "usually".
ENOUGH_DAYS = 4


def name_of(visit: Visit) -> str:
    """Who it was: the pet, or what is known instead."""
    return visit.pet.name if visit.pet else name_of_label(visit.label)


def name_of_label(label: str) -> str:
    return f"Unknown {label}" if label in _ANIMALS else label.capitalize()


def length_of(seconds: float) -> str:
    """A time span as people say it: "40 s", "3 min", "2 h 5 min"."""
    minutes, hours = round(seconds / 60), int(seconds // 3600)
    if seconds < 59.5:
        return f"{max(round(seconds), 1)} s"
    if minutes < 60:
        return f"{minutes} min"
    rest = round((seconds - 3600 * hours) / 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


@dataclass(frozen=True)
class Card:
    """A visit on a page."""

    visit: Visit
    moment: str = ""
    name: str = ""

    @classmethod
    def of(cls, visit: Visit) -> "Card":
        return cls(visit, str(Moment.of(visit)), name_of(visit))

    @property
    def length(self) -> str:
        return length_of((self.visit.ended_at - self.visit.started_at).total_seconds())

    @property
    def percent(self) -> int:
        return round(100 * self.visit.best_score)

    @property
    def colour(self) -> str:
        return self.visit.pet.colour if self.visit.pet else ""

    @property
    def box(self) -> dict[str, str] | None:
        """The best box in thousandths of the picture, None when it is none."""
        return _thousandths(self.visit.best_box)


def _thousandths(box: object) -> dict[str, str] | None:
    if not isinstance(box, list | tuple) or len(box) != 4:
        return None
    try:
        x, y, w, h = (min(max(float(value), 0.0), 1.0) for value in box)
    except (TypeError, ValueError):
        return None
    shares = {"x": x, "y": y, "w": min(w, 1 - x), "h": min(h, 1 - y)}
    return {name: f"{1000 * value:.1f}" for name, value in shares.items()}


@dataclass(frozen=True, slots=True)
class Count:
    """How often somebody was somewhere on a day."""

    name: str
    place: str
    visits: int
    seconds: int
    colour: str = ""

    @property
    def length(self) -> str:
        return length_of(self.seconds)


@dataclass
class Day:
    """The visits of one day on a page, and what the day holds in all."""

    day: date
    title: str
    counts: list[Count] = field(default_factory=list)
    more_counts: int = 0
    cards: list[Card] = field(default_factory=list)


def days_of(visits: Sequence[Visit], wanted: VisitFilter, home: Home) -> list[Day]:
    """The visits by day, newest first; the days' counts take one query."""
    days = [
        Day(day, title_of(day), cards=[Card.of(visit) for visit in group])
        for day, group in groupby(visits, lambda visit: timezone.localdate(visit.started_at))
    ]
    if days and _can_be_counted(wanted):
        rows = defaultdict(list)
        for row in _counts(wanted, days[-1].day, days[0].day, [day.day for day in days]):
            rows[row.day].append(row)
        for day in days:
            counts = _in_words(rows[day.day], home)
            day.counts, day.more_counts = counts[:MOST_COUNTS], len(counts[MOST_COUNTS:])
    return days


def title_of(day: date, today: date | None = None) -> str:
    today = today or timezone.localdate()
    if day in (today, today - timedelta(days=1)):
        return "Today" if day == today else "Yesterday"
    return date_format(day, "l, j F" if day.year == today.year else "l, j F Y")


def _can_be_counted(wanted: VisitFilter) -> bool:
    """Whether day counts tell these visits apart; they know no scores and stars."""
    return not (wanted.min_score or wanted.is_starred or wanted.is_unreviewed or wanted.is_refuted)


def _counts(
    wanted: VisitFilter, first: date, last: date, days: Iterable[date]
) -> Iterable[DayCount]:
    rows = DayCount.objects.filter(
        household=wanted.household_id, day__range=(first, last), day__in=list(days), visits__gt=0
    )
    told = {
        "camera": wanted.camera_id,
        "label": wanted.label or None,
        "pet_id": wanted.pet_id,
        "place_id": wanted.place_id,
    }
    return rows.filter(**{name: value for name, value in told.items() if value is not None})


def _in_words(rows: Iterable[DayCount], home: Home) -> list[Count]:
    """Whole pictures first, then places; who came most comes first."""
    pets = {pet.pk: pet for pet in home.pets}
    places = {place.pk: place.name for place in home.places}
    sums: defaultdict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        pet = pets.get(row.pet_id)
        place = places.get(row.place_id, "a place of before") if row.place_id else ""
        name = pet.name if pet else name_of_label(row.label)
        total = sums[name, place, pet.colour if pet else ""]
        total[0] += row.visits
        total[1] += row.seconds
    counts = [
        Count(name, place, visits, seconds, colour)
        for (name, place, colour), (visits, seconds) in sums.items()
    ]
    return sorted(counts, key=lambda count: (count.place != "", -count.visits, count.name))


@dataclass(frozen=True, slots=True)
class Today:
    """One pet at one place today, beside what is usual there."""

    pet: Pet
    place: str
    visits: int
    usually: int | None


def labels_of(home: Home) -> tuple[str, ...]:
    """What detectors usually find, and whatever else has been found here lately."""
    since = timezone.localdate() - timedelta(days=USUAL_DAYS)
    rows = DayCount.objects.filter(household=home.household, day__gte=since, visits__gt=0)
    lately = rows.order_by("label").values_list("label", flat=True).distinct()
    return tuple(dict.fromkeys((*USUAL_LABELS, *lately)))


def today_of(home: Home, now: datetime | None = None) -> list[Today]:
    """Each pet's visits to each place today, and the median of the last days; two weeks of counts
    in one query."""
    today = timezone.localdate(now)
    first = today - timedelta(days=USUAL_DAYS)
    by_day: defaultdict[tuple[int, int], defaultdict[date, int]]
    by_day = defaultdict(lambda: defaultdict(int))
    rows = DayCount.objects.filter(
        household=home.household, day__range=(first, today), pet_id__gt=0, place_id__gt=0
    )
    for pet_id, place_id, day, visits in rows.values_list("pet_id", "place_id", "day", "visits"):
        by_day[pet_id, place_id][day] += visits
    found = [
        Today(pet, place.name, days[today], _usually(days, first, today))
        for pet in home.pets
        for place in home.places
        if (days := by_day.get((pet.pk, place.pk)))
    ]
    return sorted(found, key=lambda row: (row.pet.name, -(row.usually or 0), row.place))


def _usually(days: dict[date, int], first: date, today: date) -> int | None:
    """The median since this pet was first counted there, without today."""
    before = [day for day in days if day < today and days[day]]
    if not before:
        return None
    since = max(min(before), first)
    span = [days.get(since + timedelta(days=n), 0) for n in range((today - since).days)]
    return round(median(span)) if len(span) >= ENOUGH_DAYS else None
