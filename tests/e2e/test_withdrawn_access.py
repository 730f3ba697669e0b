"""Somebody watches, and meanwhile may not any more."""

import time
from collections.abc import Iterator

import pytest

from tests.e2e.browser import Person, Viewer
from tests.e2e.pages import DEMO_SLUG
from tests.e2e.portal import Portal
from tests.e2e.waiting import until

pytestmark = pytest.mark.browser
STOPS_WITHIN_S = 2
PASSWORD = "correct horse battery"


@pytest.fixture
def guest(portal: Portal, person: Person) -> Iterator[str]:
    """A viewer of the demo household, made for one test; her name."""
    name = f"guest{time.monotonic_ns()}"
    portal.django(
        f"""
        from households.models import Household, Member
        from households.services import add_member, create_person
        guest = create_person({name!r}, {PASSWORD!r})
        add_member(Household.objects.first(), guest, role=Member.Role.VIEWER)
        """
    )
    yield name
    portal.django(
        f"""
        from django.contrib.auth.models import User
        User.objects.filter(username={name!r}).delete()
        """
    )


def watch_as_guest(person: Person, guest: str) -> Viewer:
    """The guest's own browser window, playing."""
    person.context.clear_cookies()
    person.log_in(guest, PASSWORD)
    viewer = person.watch(DEMO_SLUG)
    viewer.wait_for_picture(transport="webrtc")
    return viewer


def stopped_after_s(viewer: Viewer, since: float) -> float:
    """How long after `since` the last frame was shown; raises TooLate when it never stops."""

    def still() -> bool:
        return bool(viewer.probe("p => p.shown.length && Date.now() - p.shown.at(-1) > 2000"))

    until(still, "no more frames", within_s=20, every_s=0.2)
    return float(viewer.probe("p => p.shown.at(-1)")) / 1000 - since


def test_the_picture_stops_when_the_membership_is_taken_away(person: Person, guest: str):
    viewer = watch_as_guest(person, guest)

    removed_at = person.portal.django(
        f"""
        from households.models import Member
        from households.services import remove_member
        import time
        remove_member(Member.objects.get(user__username={guest!r}))
        answer = time.time()
        """
    )

    assert stopped_after_s(viewer, removed_at) < STOPS_WITHIN_S
    viewer.look_on(6)
    assert viewer.state == "failed", viewer.history()


def test_the_picture_stops_after_a_logout_in_another_tab(person: Person, guest: str):
    viewer = watch_as_guest(person, guest)
    other = person.context.new_page()
    other.goto(f"{person.portal.url}account/logout/")
    out_at = time.time()
    with other.expect_navigation():
        other.locator("main button[type=submit], form button[type=submit]").last.click()

    assert stopped_after_s(viewer, out_at) < STOPS_WITHIN_S


def test_the_picture_stops_when_the_camera_is_disabled_and_returns_when_enabled(person: Person):
    viewer = person.watch(DEMO_SLUG)
    viewer.wait_for_picture(transport="webrtc")
    save = """
        from streaming.models import Camera
        from streaming.services import save_camera
        camera = Camera.objects.get(slug="living-room")
        camera.is_enabled = {}
        save_camera(camera)
    """
    disabled_at = time.time()
    person.portal.django(save.format(False))
    try:
        stopped_s = stopped_after_s(viewer, disabled_at)
        words = viewer.words()
    finally:
        person.portal.django(save.format(True))
    until(viewer.is_fresh, lambda: f"a fresh picture; {viewer.history()}", within_s=20)

    assert stopped_s < 5
    assert words


def test_a_stranger_sees_the_same_as_for_a_missing_camera(portal: Portal, person: Person):
    portal.django(
        f"""
        from django.contrib.auth.models import User
        from households.services import create_household, create_person
        User.objects.filter(username="stranger").delete()
        create_household("Elsewhere", owner=create_person("stranger", {PASSWORD!r}))
        """
    )
    person.context.clear_cookies()
    page = person.log_in("stranger", PASSWORD)
    answers = []
    for slug in (DEMO_SLUG, "no-such-camera"):
        response = page.goto(f"{portal.url}cameras/{slug}/")
        assert response is not None
        answers.append((response.status, page.inner_text("main")))

    assert answers[0] == answers[1]
    assert answers[0][0] == 404


def test_a_wrong_password_is_answered_in_words_and_opens_nothing(portal: Portal, person: Person):
    person.context.clear_cookies()
    page = person.context.new_page()
    page.goto(f"{portal.url}account/login/")
    page.fill("input[name=login]", portal.user)
    page.fill("input[name=password]", "not the password")
    with page.expect_navigation():
        page.press("input[name=password]", "Enter")

    assert "/account/login/" in page.url
    assert "password" in page.inner_text("main").lower()
    page.goto(f"{portal.url}cameras/{DEMO_SLUG}/")
    assert "/account/login/" in page.url
