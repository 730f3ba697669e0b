"""One portal for all end-to-end tests; each test brings its own browser."""

from collections.abc import Iterator

import pytest

from tests.e2e.browser import Browser, Person
from tests.e2e.portal import Portal


@pytest.fixture(scope="session")
def portal() -> Iterator[Portal]:
    """A running portal with the demo household; what it detects is up to the tests."""
    with Portal(environment={"PETCAM_DETECTOR": "off"}) as running:
        yield running


@pytest.fixture
def person(portal: Portal) -> Iterator[Person]:
    """Somebody of the demo household, logged in, in a Chromium of her own."""
    with Browser() as browser:
        somebody = browser.person(portal)
        somebody.log_in()
        yield somebody


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[pytest.TestReport]:
    """A failed test quotes the end of the portal's log."""
    report = yield
    portal = getattr(item, "funcargs", {}).get("portal")
    if report.failed and portal is not None and portal.log_path.exists():
        report.sections.append(("portal log", portal.failure_report()))
    return report
