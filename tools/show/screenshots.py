"""Pictures of every page, on a phone and on a desktop, light and dark: `make screenshots`."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page

from tests.e2e.browser import Browser, Person, Viewer
from tests.e2e.histories import keep_clips, live_through
from tests.e2e.pages import DEMO_SLUG, Shot, all_pages, boxes, complete, is_expected, live
from tests.e2e.portal import CHECKOUT, Portal
from tools.show.stage import Stage
from tools.show.table import Table, say

README_PICTURE = CHECKOUT / "docs" / "images" / "camera.png"
DEVICES = {
    "phone": {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2},
    "desktop": {"viewport": {"width": 1440, "height": 900}, "device_scale_factor": 1},
}
SCHEMES = ("light", "dark")


@dataclass
class Album:
    """The pictures taken, and what the pages complained of meanwhile."""

    folder: Path
    taken: int = 0
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def take(self, page: Page, base: str, shot: Shot, suffix: str) -> None:
        """One picture; on a phone the whole page, since people scroll there."""
        page.goto(f"{base}{shot.path}", wait_until="load")
        shot.settle(page)
        broken = Viewer(page).probe("p => p.violations")
        self.complaints += [f"{shot.name}: CSP {rule}" for rule in broken]
        self.folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=self.folder / f"{shot.name}-{suffix}.png", full_page="phone" in suffix)
        self.taken += 1


def take_all(on: Stage) -> None:
    """All pictures, into the kept folder; counts what the pages complained of."""
    portal = on.portal("demo")
    album = Album(on.keep / "screenshots")
    photograph(portal, album)
    with Portal(checkout=on.checkout, command=(portal.python(), "manage.py", "petcam")) as empty:
        photograph_first_run(empty, album)
    figure = f"{album.taken} in {album.folder}"
    on.table.add("screenshots taken", "every page x 2 devices x 2 schemes", figure, True)
    no_complaints(on.table, album)


def no_complaints(table: Table, album: Album) -> None:
    """The pages are quiet and ask nobody outside for anything."""
    first = album.complaints[0][:120] if album.complaints else "none"
    table.add("console errors and broken CSP rules", "none", first, not album.complaints)
    first = album.foreign[0][:120] if album.foreign else "none"
    table.add("requests to anywhere else", "none", first, not album.foreign)


def photograph(portal: Portal, album: Album) -> None:
    """Every page of a portal with a demo household."""
    pk = portal.django(
        f"from streaming.models import Camera; answer = Camera.objects.get(slug={DEMO_SLUG!r}).pk"
    )
    assert isinstance(pk, int)
    visit_pk = live_through(portal)
    keep_clips(portal)
    for person, suffix in visitors(portal, album):
        stranger = person.context.new_page()
        pages = [*all_pages(pk, visit_pk), boxes()]
        for shot in (page for page in pages if page.is_public):
            album.take(stranger, portal.url, shot, suffix)
        stranger.close()
        page = person.log_in()
        for shot in (page for page in pages if not page.is_public):
            album.take(page, portal.url, shot, suffix)


def photograph_first_run(portal: Portal, album: Album) -> None:
    """The page at which a new install starts."""
    path = portal.greeting_url.removeprefix(portal.url)
    for person, suffix in visitors(portal, album):
        page = person.context.new_page()
        album.take(page, portal.url, Shot("first-run", path, complete), suffix)


def visitors(portal: Portal, album: Album) -> Iterator[tuple[Person, str]]:
    """A new person for each device and colour scheme; the album hears what she complains of."""
    with Browser() as browser:
        for device, options in DEVICES.items():
            for scheme in SCHEMES:
                person = browser.person(portal, color_scheme=scheme, **options)
                yield person, f"{device}-{scheme}"
                album.foreign += person.foreign_requests()
                album.complaints += [c for c in person.complaints if not is_expected(c)]
                person.close()


def main() -> int:
    """Take all pictures into show/screenshots, and the README's into docs/images."""
    album = Album(CHECKOUT / "show" / "screenshots")
    with Portal() as portal:
        photograph(portal, album)
        with Browser() as browser:
            person = browser.person(portal, color_scheme="light", **DEVICES["desktop"])
            readme = Shot("camera", f"cameras/{DEMO_SLUG}/", live)
            album.take(person.log_in(), portal.url, readme, "readme")
    with Portal(command=(sys.executable, "manage.py", "petcam")) as empty:
        photograph_first_run(empty, album)
    README_PICTURE.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(album.folder / "camera-readme.png", README_PICTURE)
    for line in [*album.complaints, *album.foreign]:
        say(line)
    say(f"{album.taken} pictures in {album.folder}")
    return 1 if album.complaints or album.foreign else 0


if __name__ == "__main__":
    sys.exit(main())
