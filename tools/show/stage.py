"""What the steps of a show share: the checkout under test, its portals, and the table."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.browser import Browser, Person, Viewer
from tests.e2e.pages import DEMO_SLUG
from tests.e2e.portal import CHECKOUT, Portal
from tools.show.table import Table, say

MAKE_RUN = ("make", "--no-print-directory", "run")


@dataclass
class Stage:
    """Owns everything that a show starts; `close` stops all of it."""

    folder: Path
    checkout: Path
    keep: Path  # screenshots and the table go here
    is_short: bool = False  # shorter runs, rougher figures
    table: Table = field(default_factory=Table)
    exits: ExitStack = field(default_factory=ExitStack)
    _portals: dict[str, Portal] = field(default_factory=dict)

    def portal(self, name: str, prepare: Callable[[Portal], None] | None = None) -> Portal:
        """The portal of that name, started at its first use with `make run`, then kept.

        `prepare` is called once, after the start.
        """
        if name not in self._portals:
            say(f"    starting a portal ({name})")
            portal = Portal(
                checkout=self.checkout,
                command=MAKE_RUN,
                data_dir=self.folder / f"data-{name}",
                ready_within_s=300,
            )
            self.exits.enter_context(portal)
            self._portals[name] = portal
            if prepare is not None:
                prepare(portal)
        return self._portals[name]

    def stop_portals(self) -> None:
        """Stop all kept portals now, so that they do not share the machine with what follows."""
        while self._portals:
            self._portals.popitem()[1].stop()

    def close(self) -> None:
        """Stop and remove everything; the portals' logs are kept."""
        try:
            self.exits.close()
        finally:
            for log in self.folder.glob("data-*.log"):
                shutil.copy(log, self.keep)


@contextmanager
def watching(portal: Portal, slug: str = DEMO_SLUG, *, viewers: int = 1) -> Iterator[list[Viewer]]:
    """A logged-in person in Chromium with `viewers` tabs of the camera's page, all playing."""
    with Browser() as browser:
        person = browser.person(portal)
        person.log_in().close()
        yield open_tabs(person, slug, viewers)


def open_tabs(person: Person, slug: str, count: int) -> list[Viewer]:
    """`count` tabs on the camera's page, each with a moving picture by WebRTC.

    On a busy machine a tab may start by MSE; it climbs to WebRTC by itself.
    """
    tabs = [person.watch(slug) for _ in range(count)]
    for tab in tabs:
        tab.wait_for_picture(within_s=45, transport="webrtc")
    return tabs


@contextmanager
def stage(*, here: bool, keep: Path) -> Iterator[Stage]:
    """A stage on a fresh clone of this checkout's commits, or on the checkout itself."""
    with tempfile.TemporaryDirectory(prefix="petcam-show-") as name:
        folder = Path(name)
        checkout = CHECKOUT if here else folder / "petcam"
        if not here:
            _clone(checkout)
        made = Stage(folder, checkout, keep)
        try:
            yield made
        finally:
            made.close()


def _clone(target: Path) -> None:
    changed = _git("status", "--porcelain", "--untracked-files=no")
    if changed:
        say(f"not committed, so not measured: {len(changed.splitlines())} changed files")
    _git("clone", "--quiet", f"file://{CHECKOUT}", str(target))
    say(f"cloned {_git('rev-parse', '--short', 'HEAD').strip()} into {target}")


def _git(*words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(CHECKOUT), *words],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout
