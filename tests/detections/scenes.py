"""What sources might tell: animals that come and go, told in pieces."""

import random
from collections.abc import Iterator
from math import sin

from detections.models import Visit
from detections.vision.boxes import Box
from detections.vision.seen import Seen, SeenFrame

SECOND_90K = 90_000


def frames_of(
    box: Box,
    *,
    start_s: float,
    seconds: float,
    fps: float = 3,
    label: str = "cat",
    score: float = 0.8,
    speed: tuple[float, float] = (0.0, 0.0),
) -> Iterator[SeenFrame]:
    """One animal alone, moving evenly: `speed` in shares of the picture per second."""
    for n in range(int(seconds * fps) + 1):
        after_s = n / fps
        moved = box._replace(x=box.x + speed[0] * after_s, y=box.y + speed[1] * after_s)
        t_90k = round((start_s + after_s) * SECOND_90K)
        yield SeenFrame(t_90k, (Seen(label, score, moved),))


def household_day(count: int, *, seed: int, start_s: float = 100.0) -> list[SeenFrame]:
    """`count` messages of a busy home: two cats that come, eat, cross, sleep and leave, somebody
    who walks by, boxes that tremble, scores that vary and pictures that are missed."""
    dice = random.Random(seed)
    frames: list[SeenFrame] = []
    t_s = start_s
    until = {"miso": t_s, "tama": t_s, "person": t_s}
    here = dict.fromkeys(until, False)
    while len(frames) < count:
        t_s += dice.choice((1 / 5, 1 / 3, 1 / 3, 1 / 3, 1.0))
        if dice.random() < 0.002:
            t_s += dice.uniform(40, 400)
        seen = []
        for number, who in enumerate(until):
            if t_s >= until[who]:
                here[who] = not here[who]
                until[who] = t_s + dice.uniform(2, 90)
            if here[who] and dice.random() > 0.05:
                seen.append(_seen(who, number, t_s, dice))
        if seen:
            frames.append(SeenFrame(round(t_s * SECOND_90K), tuple(seen)))
    return frames


def _seen(who: str, number: int, t_s: float, dice: random.Random) -> Seen:
    x = 0.4 + 0.35 * sin(t_s / (17 + 9 * number))
    size = (0.12, 0.16) if who != "person" else (0.2, 0.6)
    box = Box(x + dice.gauss(0, 0.003), 0.3 + 0.1 * number + dice.gauss(0, 0.003), *size)
    label = "person" if who == "person" else dice.choice(("cat",) * 9 + ("dog",))
    return Seen(label, round(dice.uniform(0.35, 0.95), 3), box)


def visit_rows() -> list[tuple[object, ...]]:
    """All that a visit says, apart from its number."""
    visits = Visit.objects.order_by("key").values_list(
        "key", "label", "place", "started_at", "ended_at", "start_90k", "end_90k", "is_open",
        "best_score", "best_90k", "best_box", "path", "is_starred",
    )  # fmt: skip
    return [(*visit[:10], tuple(visit[10]), bytes(visit[11]), visit[12]) for visit in visits]
