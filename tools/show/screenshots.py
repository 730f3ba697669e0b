"""Pictures of every page, on a phone and on a desktop, light and dark: `make screenshots`."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page

from tests.e2e.browser import Browser, Person, Viewer
from tests.e2e.pages import DEMO_SLUG, Shot, all_pages, is_expected, live
from tests.e2e.portal import CHECKOUT, Portal
from tools.show.stage import Stage
from tools.show.table import Table, say

README_PICTURE = CHECKOUT / "docs" / "images" / "camera.png"
DEVICES = {
    "phone": {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2},
    "desktop": {"viewport": {"width": 1440, "height": 900}, "device_scale_factor": 1},
}
SCHEMES = ("light", "dark")


def take_all(on: Stage) -> None:
    """All pictures, into the kept folder; counts what the pages complained of."""
    portal = on.portal("demo")
    taken, complaints, foreign = photograph(portal, on.keep / "screenshots")
    on.table.add("screenshots taken", "every page x 2 devices x 2 schemes", f"{taken}", taken > 0)
    no_complaints(on.table, complaints, foreign)


def no_complaints(table: Table, complaints: list[str], foreign: list[str]) -> None:
    """The pages are quiet and ask nobody outside for anything."""
    first = complaints[0][:120] if complaints else "none"
    table.add("console errors and broken CSP rules", "none", first, not complaints)
    first = foreign[0][:120] if foreign else "none"
    table.add("requests to anywhere else", "none", first, not foreign)


def photograph(portal: Portal, folder: Path) -> tuple[int, list[str], list[str]]:
    """Take all pictures; returns how many, what the pages complained of, foreign requests."""
    folder.mkdir(parents=True, exist_ok=True)
    pk = portal.django(
        f"from streaming.models import Camera; answer = Camera.objects.get(slug={DEMO_SLUG!r}).pk"
    )
    assert isinstance(pk, int)
    taken, complaints, foreign = 0, [], []
    with Browser() as browser:
        for device, options in DEVICES.items():
            for scheme in SCHEMES:
                person = browser.person(portal, color_scheme=scheme, **options)
                pages = all_pages(pk)
                taken += visit(person, pages, folder, f"{device}-{scheme}", complaints)
                foreign += person.foreign_requests()
                complaints += person.complaints
                person.close()
    return taken, [text for text in complaints if not is_expected(text)], foreign


def visit(
    person: Person, pages: list[Shot], folder: Path, suffix: str, complaints: list[str]
) -> int:
    """One person goes through all pages; the public ones come before the login."""
    stranger = person.context.new_page()
    for shot in (page for page in pages if page.is_public):
        take(stranger, person.portal, shot, folder, suffix, complaints)
    stranger.close()
    page = person.log_in()
    private = [shot for shot in pages if not shot.is_public]
    for shot in private:
        take(page, person.portal, shot, folder, suffix, complaints)
    return len(pages)


def take(
    page: Page, portal: Portal, shot: Shot, folder: Path, suffix: str, complaints: list[str]
) -> None:
    """One picture; the whole page on a phone as well, since people scroll there."""
    page.goto(f"{portal.url}{shot.path}", wait_until="load")
    shot.settle(page)
    complaints += [f"{shot.name}: CSP {rule}" for rule in Viewer(page).probe("p => p.violations")]
    page.screenshot(path=folder / f"{shot.name}-{suffix}.png", full_page="phone" in suffix)


def main() -> int:
    """Take all pictures into show/screenshots and the README's into docs/images."""
    folder = CHECKOUT / "show" / "screenshots"
    with Portal() as portal:
        taken, complaints, foreign = photograph(portal, folder)
        with Browser() as browser:
            person = browser.person(portal, color_scheme="light", **DEVICES["desktop"])
            page = person.log_in()
            readme = Shot("camera", f"cameras/{DEMO_SLUG}/", live)
            take(page, portal, readme, folder, "readme", complaints)
    README_PICTURE.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(folder / "camera-readme.png", README_PICTURE)
    for line in [*complaints, *foreign]:
        say(line)
    say(f"{taken} pictures in {folder}")
    return 1 if complaints or foreign else 0


if __name__ == "__main__":
    sys.exit(main())
