"""Tells a portal's database the same messages in many orders, and compares the visits.

Run by tools.show.detections_visits as a program of its own, so that settings and database are those
of a real portal: `python -m tools.show.visits_figures MESSAGES ORDERS` prints JSON.
"""

import json
import logging
import os
import random
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "petcam_site.settings")
django.setup()

from django.core.management import call_command  # noqa: E402  (needs Django to be set up)
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from detections.building import Builder  # noqa: E402
from detections.clocks import MachineClock  # noqa: E402
from detections.counts import kept_counts, recount  # noqa: E402
from detections.models import DayCount, DeletedVisit, Place, Sighting, Visit  # noqa: E402
from detections.services import correct_visit, delete_visits, take_sightings  # noqa: E402
from detections.vision.boxes import Box  # noqa: E402
from detections.vision.episodes import Episode  # noqa: E402
from detections.vision.rules import CLOCK_RATE, VisitRules  # noqa: E402
from detections.vision.seen import Seen, SeenFrame  # noqa: E402
from tests.builders import make_camera  # noqa: E402
from tests.cast import Cast, make_cast  # noqa: E402
from tests.detections.scenes import household_day, visit_rows  # noqa: E402

BATCH = 100
SPEAKS_PER_ORDER = 40
HOURS, LOOKS_PER_S = 11, 3


class Home:
    """A household that is told the same day again and again."""

    def __init__(self, messages: int) -> None:
        self.cast: Cast = make_cast()
        self.camera = make_camera(self.cast.home)
        outline = [[0.0, 0.4], [0.45, 0.4], [0.45, 1.0], [0.0, 1.0]]
        Place.objects.create(camera=self.camera, name="Bowl", outline=outline)
        self.day = household_day(messages, seed=11)
        now_90k = self.day[-1].t_90k + 600 * CLOCK_RATE
        self.clock = MachineClock("show", now_90k, timezone.now())
        self.takes_ms: list[float] = []

    def forget_all(self) -> None:
        """As if nothing had been told."""
        for model in (Visit, DeletedVisit, Sighting, DayCount):
            model.objects.all().delete()

    def tell(self, frames: list[SeenFrame]) -> None:
        """In batches."""
        for start in range(0, len(frames), BATCH):
            began = time.perf_counter()
            part = frames[start : start + BATCH]
            take_sightings(self.camera, source="show", frames=part, clock=self.clock)
            self.takes_ms.append(1000 * (time.perf_counter() - began))

    def build(self, builder: Builder) -> float:
        """Seconds that it took."""
        began = time.perf_counter()
        builder.run_once(self.clock.now)
        return time.perf_counter() - began

    @property
    def counts_are_right(self) -> bool:
        """Whether the daily counts say what counting again says."""
        home = self.cast.home
        return kept_counts(home.pk) == recount(Visit.objects.filter(household=home))

    def tell_in_order(self, seed: int) -> None:
        """Shuffled, a third of them again, built at moments that differ."""
        dice = random.Random(seed)
        told = self.day + dice.sample(self.day, len(self.day) // 3)
        dice.shuffle(told)
        builder = Builder()
        cuts = sorted(dice.sample(range(0, len(told), BATCH), 4))
        for start, end in zip([0, *cuts], [*cuts, len(told)], strict=True):
            self.tell(told[start:end])
            self.build(builder)

    def let_people_speak(self, seed: int) -> None:
        """Corrections and deletions of all kinds."""
        dice = random.Random(seed)
        miso, _ = self.cast.home.pets.get_or_create(name="Miso")
        for visit in dice.sample(list(Visit.objects.order_by("key")), SPEAKS_PER_ORDER):
            say = dice.choice(({"pet": miso}, {"label": "bird"}, {"refuted": True}, None))
            if say is None:
                delete_visits([visit])
            else:
                correct_visit(visit, by=self.cast.bob, **say)


def hours_of_one() -> dict[str, float]:
    """Somebody is always there: microseconds per picture in the first hour and in the last."""
    episode = Episode(VisitRules(), 0)
    hours_us = []
    dice = random.Random(1)
    for hour in range(HOURS):
        began = time.perf_counter()
        for n in range(3600 * LOOKS_PER_S):
            t_90k = hour * 3600 * CLOCK_RATE + n * CLOCK_RATE // LOOKS_PER_S
            box = Box(0.4 + dice.gauss(0, 0.02), 0.5, 0.1, 0.1)
            episode.add(t_90k, [Seen("cat", 0.8, box)])
            if n % (30 * LOOKS_PER_S) == 0:
                episode.drafts(t_90k)
                episode.settle()
        hours_us.append(1e6 * (time.perf_counter() - began) / (3600 * LOOKS_PER_S))
    return {"first_us": min(hours_us[:3]), "last_us": min(hours_us[-3:])}


def main(messages: int, orders: int) -> dict[str, object]:
    """All figures."""
    call_command("migrate", verbosity=0)
    home = Home(messages)
    home.tell(home.day)
    built_s = home.build(Builder())
    expected, visits = visit_rows(), Visit.objects.count()
    takes_ms = list(home.takes_ms)
    differ, counts_wrong = 0, 0 if home.counts_are_right else 1
    for seed in range(orders):
        home.forget_all()
        home.tell_in_order(seed)
        differ += visit_rows() != expected
        counts_wrong += not home.counts_are_right
        home.let_people_speak(seed)
        counts_wrong += not home.counts_are_right
        # One late message more: its episode is built again.
        frame = home.day[len(home.day) // 2]
        late = SeenFrame(frame.t_90k + 1, frame.seen)
        take_sightings(home.camera, source="show", frames=[late], clock=home.clock)
        home.build(Builder())
        counts_wrong += not home.counts_are_right
    return {
        "database": connection.vendor,
        "messages": messages,
        "orders": orders,
        "visits": visits,
        "differ": differ,
        "counts_wrong": counts_wrong,
        "built_s": built_s,
        "takes_ms": takes_ms,
        **hours_of_one(),
    }


if __name__ == "__main__":
    # There is no broker here.
    logging.disable(logging.INFO)
    json.dump(main(int(sys.argv[1]), int(sys.argv[2])), sys.stdout)
