"""A program that tells a portal what it saw, at a steady pace, and how long each answer took."""

import http.client
import json
import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from threading import local

from tests.e2e.portal import Portal

REQUESTS_PER_S = 10
# Each in a message of its own, as a detector with 1000 pictures a second would tell.
DETECTIONS = 100
# One request in so many is sent a second time, in another order.
AGAIN = 10
_CONNECTIONS = 8


@dataclass
class Told:
    """What came of it. `waits_ms` are counted from when a request was due, not from when a
    connection was free for it."""

    waits_ms: list[float] = field(default_factory=list)
    answers: dict[int, int] = field(default_factory=dict)
    new: int = 0
    sent: int = 0
    kept: int = 0
    distinct: int = 0

    @property
    def lost(self) -> int:
        return self.sent - self.distinct

    @property
    def doubled(self) -> int:
        return self.kept - self.distinct


def make_token(portal: Portal, slug: str) -> tuple[str, str]:
    """A token for the camera, and the name of its source."""
    secret, source = portal.django(
        f"""
        from detections.tokens import make_token
        from streaming.models import Camera
        camera = Camera.objects.get(slug={slug!r})
        token, secret = make_token(camera.household, name="A busy program", camera=camera)
        answer = [secret, f"token-{{token.pk}}"]
        """
    )
    return secret, source


def batch(now_90k: int) -> list[dict]:
    """DETECTIONS messages about the tenth of a second before."""
    step = 90_000 // REQUESTS_PER_S // DETECTIONS
    return [
        {
            "t": now_90k - number * step,
            "detections": [
                {
                    "class_name": "cat",
                    "confidence": 0.9,
                    "bbox": {"x": 100 + number, "y": 100, "w": 200, "h": 150},
                }
            ],
        }
        for number in range(DETECTIONS)
    ]


class Teller:
    """Sends batches from several connections; any thread."""

    def __init__(self, portal: Portal, slug: str, secret: str) -> None:
        self._address = "127.0.0.1", portal.port
        self._path = f"/api/v1/cameras/{slug}/detections"
        self._headers = {
            "Authorization": f"Bearer {secret}",
            "Content-Type": "application/json",
        }
        self._own = local()
        self._opened: list[http.client.HTTPConnection] = []

    def close(self) -> None:
        """Closes every connection; when no thread sends any more."""
        for connection in self._opened:
            connection.close()

    def tell(self, messages: Sequence[dict]) -> tuple[int, dict]:
        """The answer's status and what it says."""
        body = json.dumps(messages)
        try:
            return self._answer_to(body)
        except (http.client.HTTPException, OSError):
            # Kept open by us, closed by the other side; the same again changes nothing.
            self._own.connection = None
            return self._answer_to(body)

    def _answer_to(self, body: str) -> tuple[int, dict]:
        connection = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = http.client.HTTPConnection(
                *self._address, timeout=30
            )
            self._opened.append(connection)
        connection.request("POST", self._path, body, self._headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def tell_for(portal: Portal, slug: str, seconds: float) -> Told:
    """REQUESTS_PER_S requests a second; every AGAIN-th comes twice, the second time shuffled."""
    secret, source = make_token(portal, slug)
    teller, told, chance = Teller(portal, slug, secret), Told(), random.Random(7)
    count = round(seconds * REQUESTS_PER_S)
    start_s, start_90k = time.monotonic(), time.monotonic_ns() * 9 // 100_000

    def send(due_s: float, messages: list[dict]) -> tuple[float, int, dict]:
        status, answer = teller.tell(messages)
        return (time.monotonic() - due_s) * 1000, status, answer

    with closing(teller), ThreadPoolExecutor(_CONNECTIONS, "teller") as threads:
        sending = []
        for number in range(count):
            due_s = start_s + number / REQUESTS_PER_S
            time.sleep(max(0.0, due_s - time.monotonic()))
            # Of its own time, however late it is: no two batches tell of the same picture.
            messages = batch(start_90k + number * 90_000 // REQUESTS_PER_S)
            told.sent += len(messages)
            sending.append(threads.submit(send, due_s, messages))
            if number % AGAIN == 0:
                again = chance.sample(messages, len(messages))
                sending.append(threads.submit(send, due_s, again))
        for one in sending:
            wait_ms, status, answer = one.result()
            told.waits_ms.append(wait_ms)
            told.answers[status] = told.answers.get(status, 0) + 1
            told.new += answer.get("new", 0)
    told.kept, told.distinct = portal.django(
        f"""
        from detections.models import Sighting
        rows = Sighting.objects.filter(source={source!r})
        answer = [rows.count(), rows.values("camera", "t_90k").distinct().count()]
        """
    )
    return told
