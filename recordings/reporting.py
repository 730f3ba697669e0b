"""Lets the alerts that people see say what troubles the recorder has, and had."""

import time
from collections.abc import Mapping

from recordings.alerts import end_alert, raise_alert
from recordings.models import Alert
from recordings.troubles import CODES
from streaming.media.problems import Problem

# A camera's number, or None for all, and the problem's code.
Key = tuple[int | None, str]

# Where rows cannot be written, alerts are forgotten soon.
_AGAIN_S = 10.0


class Reporting:
    """Remembers what was told, so that nothing is told for nothing. One thread at a time."""

    def __init__(self) -> None:
        self._told_at_s: dict[Key, float] | None = None

    def has_news(self, troubles: Mapping[Key, Problem]) -> bool:
        """Whether `alert` has something to do."""
        told = self._told_at_s
        if told is None or told.keys() != troubles.keys():
            return True
        return any(time.monotonic() - at_s > _AGAIN_S for at_s in told.values())

    def alert(self, troubles: Mapping[Key, Problem]) -> None:
        """Tells these troubles, and that all others are over. In a thread that may use the
        database; raises what that raises, and the rest is told the next time."""
        now_s = time.monotonic()
        if self._told_at_s is None:
            # Of the recorder before this one.
            known = Alert.objects.filter(ended=None, code__in=CODES)
            self._told_at_s = dict.fromkeys(known.values_list("camera", "code"), 0.0)
        told = self._told_at_s
        for key, problem in troubles.items():
            camera_id, code = key
            raise_alert(code, f"{problem.text} {problem.hint}".strip(), camera_id=camera_id)
            told[key] = now_s
        for camera_id, code in told.keys() - troubles.keys():
            end_alert(code, camera_id=camera_id)
            del told[camera_id, code]
