"""A household with years of visits, written as quickly as the database takes them."""

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from detections.counts import CountKey
from detections.models import DayCount, Pet, Place, Unreviewed, Visit
from detections.vision.boxes import Box
from detections.vision.path import pack
from households.models import Household
from streaming.models import Camera

_LABELS = ("cat", "dog", "person", "bird", "fox")
_LABEL_WEIGHTS = (600, 200, 180, 19, 1)
_AT_ONCE = 20_000
# Twelve points, as an animal makes them that crosses the picture.
_PATH = pack([(n * 45_000, Box(0.07 * n, 0.4 + 0.2 * (n % 3), 0.1, 0.1)) for n in range(12)])


@dataclass(frozen=True)
class Crowd:
    """What the visits are of; the last of the pets and places has hardly any, all of them old."""

    household: Household
    cameras: list[Camera]
    pets: list[Pet]
    places: list[Place]
    readers: list[int]
    newest: datetime = field(default_factory=timezone.now)

    def fill(self, count: int, *, every: timedelta = timedelta(minutes=3)) -> None:
        """`count` visits, one `every` so often, with their counts; all new to the readers."""
        self._copy(Visit, self._visits(count, every))
        with transaction.atomic():
            visits = Visit.objects.filter(household=self.household)
            ids = visits.order_by("pk").values_list("pk", "started_at", "is_refuted")
            for reader in self.readers:
                self._copy(
                    Unreviewed,
                    ((pk, reader, at) for pk, at, is_refuted in ids.iterator() if not is_refuted),
                    ["visit_id", "user_id", "started_at"],
                )
        self._analyse()

    def _visits(self, count: int, every: timedelta) -> Iterator[tuple[object, ...]]:
        dice = random.Random(20)
        counts: Counter[CountKey] = Counter()
        seconds: Counter[CountKey] = Counter()
        for number in range(count):
            visit = self._visit(number, count, dice, self.newest - (count - number) * every)
            if not visit.is_refuted:
                key = CountKey(
                    visit.household_id,
                    visit.camera_id,
                    timezone.localdate(visit.started_at),
                    visit.label,
                    visit.pet_id or 0,
                    visit.place_id or 0,
                )
                counts[key] += 1
                seconds[key] += round((visit.ended_at - visit.started_at).total_seconds())
            yield tuple(_plain(getattr(visit, name)) for name in _columns(Visit))
        DayCount.objects.bulk_create(
            (
                DayCount(**key._asdict(), visits=n, seconds=seconds[key])
                for key, n in counts.items()
            ),
            batch_size=500,
        )

    def _visit(self, number: int, count: int, dice: random.Random, at: datetime) -> Visit:
        is_old = number < min(50, count)
        label = dice.choices(_LABELS, _LABEL_WEIGHTS)[0]
        pet, place = self.pets[-1], self.places[-1]
        if not is_old:
            pet = dice.choice([None, *self.pets[:-1]]) if label in ("cat", "dog") else None
            place = dice.choice([None, None, *self.places[:-1]])
        camera_id = place.camera_id if place else dice.choice(self.cameras).pk
        start_90k = number * 10_000_000
        length = timedelta(seconds=dice.choice((5, 30, 90, 600)))
        return Visit(
            household_id=self.household.pk,
            camera_id=camera_id,
            key=f"crowd-{self.household.pk}-{number}",
            source="detector",
            label="cat" if is_old else label,
            pet=pet,
            pet_by=Visit.PetBy.LOOK if pet else "",
            place=place,
            started_at=at,
            ended_at=at + length,
            start_90k=start_90k,
            end_90k=start_90k + int(length.total_seconds()) * 90_000,
            best_90k=start_90k + 90_000,
            best_score=round(dice.triangular(0.4, 1.0, 0.75), 3),
            best_box=[round(dice.random() / 2, 4), 0.4, 0.2, 0.3],
            is_starred=dice.random() < 0.005,
            is_refuted=dice.random() < 0.01,
            look=b"\1" * 256,
            path=_PATH,
        )

    def _copy(
        self,
        model: type[Model],
        rows: Iterable[tuple[object, ...]],
        columns: list[str] | None = None,
    ) -> None:
        columns = columns or _columns(model)
        table = connection.ops.quote_name(model._meta.db_table)
        names = ", ".join(map(connection.ops.quote_name, columns))
        rows = iter(rows)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as out:
                    for row in rows:
                        out.write_row(row)
                return
            marks = ", ".join(["%s"] * len(columns))
            while part := list(islice(rows, _AT_ONCE)):
                with transaction.atomic():
                    cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", part)

    @staticmethod
    def _analyse() -> None:
        """What PostgreSQL does by itself after a minute; SQLite is left without statistics, as
        Petcam leaves it."""
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")


def _columns(model: type[Model]) -> list[str]:
    return [column.attname for column in model._meta.concrete_fields if not column.primary_key]


def _plain(value: object) -> object:
    """As the database's own driver takes it."""
    if isinstance(value, list):
        return json.dumps(value)
    if isinstance(value, datetime) and connection.vendor == "sqlite":
        return connection.ops.adapt_datetimefield_value(value)
    return value
