"""Asks a portal's history for its first page under every filter, and times the answers.

Run by tools.show.detections_history as a program of its own, so that settings and database are
those of a real portal: `python -m tools.show.history_filters COUNT ROUNDS` prints JSON.
"""

import json
import logging
import os
import re
import sys
import time
from collections.abc import Iterator
from itertools import combinations

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "petcam_site.settings")
django.setup()

from django.contrib.auth.models import User  # noqa: E402  (needs Django to be set up)
from django.core.management import call_command  # noqa: E402
from django.db import connection, reset_queries  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from detections.models import Unreviewed, Visit  # noqa: E402
from petcam_site.prepare import collect_static  # noqa: E402
from tests.builders import make_camera, make_pet, make_place  # noqa: E402
from tests.cast import Cast, make_cast  # noqa: E402
from tests.detections.crowd import Crowd  # noqa: E402

FIRST_PAGES = 50


def crowd_of(cast: Cast, count: int) -> Crowd:
    """A home of four cameras, four pets and six places with `count` visits.

    alice has looked at all but a few, all of them old; everything is new to bob.
    """
    cameras = [make_camera(cast.home, slug=f"camera-{n}") for n in range(4)]
    crowd = Crowd(
        cast.home,
        cameras,
        [make_pet(cast.home) for _ in range(4)],
        [make_place(cameras[n % 3]) for n in range(6)],
        [cast.bob.pk],
    )
    crowd.fill(count)
    oldest = Visit.objects.filter(household=cast.home).order_by("started_at")[:200]
    Unreviewed.objects.bulk_create(
        Unreviewed(visit=visit, user=cast.alice, started_at=visit.started_at) for visit in oldest
    )
    return crowd


def filters_of(crowd: Crowd) -> dict[str, str]:
    """Each filter that a page has, common and rare ones."""
    return {
        "camera": "camera=camera-1",
        "empty camera": "camera=camera-3",
        "cat": "label=cat",
        "fox": "label=fox",
        "never seen": "label=walrus",
        "pet": f"pet={crowd.pets[0].pk}",
        "rare pet": f"pet={crowd.pets[-1].pk}",
        "unknown pet": "pet=0",
        "place": f"place={crowd.places[0].pk}",
        "rare place": f"place={crowd.places[-1].pk}",
        "no place": "place=0",
        "score 50": "score=50",
        "score 90": "score=90",
        "starred": "starred=on",
        "new": "new=on",
        "refuted": "refuted=on",
        "since": f"since={crowd.newest:%Y-%m-%d}",
        "until": "until=2022-05-05",
    }


def queries_of(crowd: Crowd) -> Iterator[tuple[str, str]]:
    """No filter, each alone, every two that can be together, some of three and more."""
    single = filters_of(crowd)
    yield "first page", ""
    yield from single.items()
    for some in (2, 3):
        for number, names in enumerate(combinations(single, some)):
            query = "&".join(single[name] for name in names)
            parts = [part.partition("=")[0] for part in query.split("&")]
            if len(set(parts)) == len(parts) and (some == 2 or number % 9 == 0):
                yield " + ".join(names), query


def measure(crowd: Crowd, people: list[User], rounds: int) -> list[dict[str, object]]:
    """Milliseconds and query counts for every query, as two people."""
    found = []
    for user in people:
        browser = Client(SERVER_NAME="localhost")
        browser.force_login(user)
        browser.get("/history/")
        for what, query in queries_of(crowd):
            times_ms = []
            for _ in range(rounds if query else FIRST_PAGES):
                began = time.perf_counter()
                answer = browser.get(f"/history/?{query}")
                times_ms.append(1000 * (time.perf_counter() - began))
                assert answer.status_code == 200, (what, answer.status_code)
            with CaptureQueriesContext(connection) as asked:
                browser.get(f"/history/?{query}")
            found.append(
                {"who": user.username, "what": what, "ms": times_ms, "queries": len(asked)}
            )
            reset_queries()
    return found


def scroll(user: User, pages: int) -> list[float]:
    """Milliseconds for each further page, as scrolling asks for them."""
    browser = Client(SERVER_NAME="localhost")
    browser.force_login(user)
    times_ms, before = [], ""
    for _ in range(pages):
        began = time.perf_counter()
        answer = browser.get(f"/history/?part=on{before and f'&before={before}'}")
        times_ms.append(1000 * (time.perf_counter() - began))
        before = re.search(r"before=([\d-]+)", answer.content.decode())[1]
    return times_ms


def main(count: int, rounds: int) -> None:
    """Fill the empty database that the environment names, and measure."""
    logging.disable()  # nobody listens for news here, and each of them would say so
    call_command("migrate", verbosity=0)
    collect_static()
    began = time.monotonic()
    cast = make_cast()
    crowd = crowd_of(cast, count)
    filled_s = time.monotonic() - began
    told = {
        "vendor": connection.vendor,
        "visits": Visit.objects.count(),
        "filled_s": round(filled_s, 1),
        "filters": measure(crowd, [cast.alice, cast.bob], rounds),
        "scrolling_ms": scroll(cast.bob, 30),
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
