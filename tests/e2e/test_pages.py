"""Every page is quiet: no console errors, no broken CSP rules, nothing from outside."""

import pytest

from tests.e2e.browser import Person
from tests.e2e.histories import live_through
from tests.e2e.pages import all_pages, is_expected

pytestmark = pytest.mark.browser


def test_every_page_loads_without_complaints_and_asks_nobody_outside(person: Person):
    camera = "from streaming.models import Camera; answer = Camera.objects.get(slug='living-room')"
    pk = person.portal.django(f"{camera}.pk")
    page = person.context.pages[0]
    violations = []
    for shot in all_pages(pk, live_through(person.portal)):
        page.goto(f"{person.portal.url}{shot.path}", wait_until="load")
        shot.settle(page)
        violations += person.viewer(page).probe("p => p.violations")

    assert [text for text in person.complaints if not is_expected(text)] == []
    assert violations == []
    assert person.foreign_requests() == []
