"""Whose live box is whose: what visits that are going on say of who is there."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from detections.models import Visit
from streaming.messages import BoxesSeen, PetMark

# A visit that goes on says so every few seconds.
_HOLDS_S = 15.0


class _Known(NamedTuple):
    where: tuple[int, str, str]
    pet_id: int
    mark: PetMark
    until_s: float


class LivePets:
    """Puts names and colours of pets to live boxes. Any thread.

    Only where nobody can be taken for somebody else: one box of its kind is to be seen, and the
    visits that are going on know one pet.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        # By visit.
        self._known: dict[int, _Known] = {}

    def on_visit(self, visit: Visit, is_new: bool = False) -> None:
        """A visit began, went on or ended. In the database's thread."""
        pet = visit.pet if visit.is_open and not visit.is_refuted else None
        now_s = self._clock()
        with self._lock:
            self._known = {pk: one for pk, one in self._known.items() if one.until_s > now_s}
            self._known.pop(visit.pk, None)
            if pet is not None:
                self._known[visit.pk] = _Known(
                    (visit.camera_id, visit.source, visit.label),
                    pet.pk,
                    {"name": pet.name, "colour": pet.colour},
                    now_s + _HOLDS_S,
                )

    def mark(self, messages: Iterable[BoxesSeen]) -> None:
        """Says in each message which pets its boxes are."""
        with self._lock:
            known = list(self._known.values())
        now_s = self._clock()
        for message in messages:
            counts = Counter(track["label"] for track in message["tracks"])
            for track in message["tracks"]:
                where = (message["camera_id"], message["source"], track["label"])
                marks = {
                    one.pet_id: one.mark
                    for one in known
                    if one.where == where and one.until_s > now_s
                }
                if counts[track["label"]] == 1 and len(marks) == 1:
                    track["pet"] = next(iter(marks.values()))
