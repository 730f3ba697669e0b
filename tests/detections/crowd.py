"""A household with years of visits, written as quickly as the database takes them."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from django.db import connection, transaction
from django.db.models import Field
from django.utils import timezone

from detections.models import DayCount, Pet, Place, Unreviewed, Visit
from detections.vision.boxes import Box
from detections.vision.path import pack
from households.models import Household
from streaming.models import Camera

_LABELS = ("cat", "dog", "person", "bird", "fox")
_LABEL_WEIGHTS = (600, 200, 180, 19, 1)
_AT_ONCE = 20_000
_KINDS = 5000
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
        counts: Counter[tuple[object, ...]] = Counter()
        columns = [column.attname for column in _columns()]
        self._copy(columns, self._rows(count, every, counts))
        self._count(counts)
        for reader in self.readers:
            self._make_new_to(reader)
        self._analyse()

    def _rows(
        self, count: int, every: timedelta, counts: Counter[tuple[object, ...]]
    ) -> Iterator[tuple[object, ...]]:
        """The visits' columns; each is added to `counts`."""
        dice = random.Random(20)
        old, usual = self._pattern(dice, is_old=True), [self._pattern(dice) for _ in range(_KINDS)]
        for number in range(count):
            row, seconds = old if number < min(50, count // 2) else dice.choice(usual)
            at = self.newest - (count - number) * every
            row = row | {
                "key": f"crowd-{self.household.pk}-{number}",
                "started_at": _as_kept(at),
                "ended_at": _as_kept(at + timedelta(seconds=seconds)),
                "start_90k": number * 10_000_000,
                "end_90k": number * 10_000_000 + seconds * 90_000,
                "best_90k": number * 10_000_000 + 90_000,
            }
            if not row["is_refuted"]:
                what = (row[name] for name in ("camera_id", "label", "pet_id", "place_id"))
                counts[timezone.localdate(at), seconds, *what] += 1
            yield tuple(row.values())

    def _pattern(
        self, dice: random.Random, *, is_old: bool = False
    ) -> tuple[dict[str, object], int]:
        """A kind of visit, its columns in their order, and its length in seconds."""
        label = dice.choices(_LABELS, _LABEL_WEIGHTS)[0]
        pet, place = self.pets[-1], self.places[-1]
        if not is_old:
            pet = dice.choice([None, *self.pets[:-1]]) if label in ("cat", "dog") else None
            place = dice.choice([None, None, *self.places[:-1]])
        visit = Visit(
            household_id=self.household.pk,
            camera_id=place.camera_id if place else dice.choice(self.cameras).pk,
            source="detector",
            label="cat" if is_old else label,
            pet=pet,
            pet_by=Visit.PetBy.LOOK if pet else "",
            place=place,
            best_score=round(dice.triangular(0.4, 1.0, 0.75), 3),
            best_box=[round(dice.random() / 2, 4), 0.4, 0.2, 0.3],
            is_starred=dice.random() < 0.005,
            is_refuted=dice.random() < 0.01,
            look=b"\1" * 256,
            path=_PATH,
        )
        row = {column.attname: getattr(visit, column.attname) for column in _columns()}
        return row | {"best_box": json.dumps(visit.best_box)}, dice.choice((5, 30, 90, 600))

    def _count(self, counts: Counter[tuple[object, ...]]) -> None:
        names = ("day", "camera_id", "label", "pet_id", "place_id")
        rows: dict[tuple[object, ...], DayCount] = {}
        for (day, seconds, *what), visits in counts.items():
            key = tuple(value or 0 for value in (day, *what))
            new = DayCount(household=self.household, **dict(zip(names, key, strict=True)))
            row = rows.setdefault(key, new)
            row.visits += visits
            row.seconds += visits * seconds
        DayCount.objects.bulk_create(rows.values(), batch_size=500)

    def _make_new_to(self, reader: int) -> None:
        unreviewed, visits = (
            connection.ops.quote_name(model._meta.db_table) for model in (Unreviewed, Visit)
        )
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {unreviewed} (visit_id, user_id, started_at)"
                f" SELECT id, %s, started_at FROM {visits}"
                " WHERE household_id = %s AND NOT is_refuted",
                [reader, self.household.pk],
            )

    @staticmethod
    def _copy(columns: list[str], rows: Iterator[tuple[object, ...]]) -> None:
        table = connection.ops.quote_name(Visit._meta.db_table)
        names = ", ".join(map(connection.ops.quote_name, columns))
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


def _columns() -> list[Field]:
    return [column for column in Visit._meta.concrete_fields if not column.primary_key]


def _as_kept(at: datetime) -> object:
    """As the database's own driver takes it."""
    is_sqlite = connection.vendor == "sqlite"
    return connection.ops.adapt_datetimefield_value(at) if is_sqlite else at
