"""A program tells a running portal what it saw, quickly; nothing is lost, nothing is doubled."""

import statistics

import pytest

from tests.e2e.pages import DEMO_SLUG
from tests.e2e.portal import Portal
from tests.e2e.telling import DETECTIONS, REQUESTS_PER_S, tell_for

pytestmark = pytest.mark.browser
SECONDS = 4


def test_a_thousand_detections_a_second_are_kept_once_each(portal: Portal):
    told = tell_for(portal, DEMO_SLUG, SECONDS)

    assert set(told.answers) == {202}
    assert told.sent == SECONDS * REQUESTS_PER_S * DETECTIONS
    assert (told.lost, told.doubled, told.new) == (0, 0, told.sent)
    assert statistics.median(told.waits_ms) < 250
