"""The built-in detector on the demo camera: `make show-detections` measures it at length."""

from datetime import UTC, datetime

import pytest

from detections.vision.eyes import Eyes
from detections.vision.plug_in import load_detector
from streaming.media.demo.story import CYCLE_S
from tools.show.truth import Score, demo_film


@pytest.mark.parametrize("hour", [13, 1])
def test_the_cat_is_found_by_day_and_at_night_whatever_she_does(hour):
    eyes, score = Eyes(load_detector("")), Score()
    at_s = datetime(2026, 6, 1, hour, tzinfo=UTC).timestamp() // CYCLE_S * CYCLE_S

    for unit, cat in demo_film(at_s, CYCLE_S, fps=1):
        glimpse = eyes.see([unit])
        assert glimpse is not None
        score.add(glimpse.frame, cat)

    assert min(score.precision, score.recall) >= 0.9, score.trouble
