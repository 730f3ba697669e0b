"""Chromium as a person would have it: logs in, watches cameras, and tells what was seen."""

import math
import os
import shlex
import stat
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, sync_playwright

from tests.e2e.portal import Portal
from tests.e2e.waiting import until

CHROMIUM = "/usr/bin/chromium"
PROBE = (Path(__file__).with_name("probe.js")).read_text(encoding="utf-8")
# Nothing but the portal's pages: no updates, no reports, no QUIC, no first-run pages.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


class Browser:
    """One Chromium; a context manager. `prefix` runs it elsewhere (`ip netns exec viewer`)."""

    def __init__(self, *, prefix: tuple[str, ...] = (), flags: tuple[str, ...] = ()) -> None:
        self._prefix = prefix
        self._flags = [*FLAGS, *flags]
        self._folder = tempfile.TemporaryDirectory(prefix="petcam-browser-")

    def __enter__(self) -> Self:
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(
            executable_path=self._program(), args=self._flags, headless=True
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._browser.close()
        finally:
            self._playwright.stop()
            self._folder.cleanup()

    def _program(self) -> str:
        if not self._prefix:
            return CHROMIUM
        script = Path(self._folder.name) / "chromium"
        script.write_text(f'#!/bin/sh\nexec {shlex.join(self._prefix)} {CHROMIUM} "$@"\n')
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        return os.fspath(script)

    def page(self) -> Page:
        """An empty page, without a portal."""
        return self._browser.new_page()

    def person(self, portal: Portal, *, is_measured: bool = False, **context: Any) -> "Person":
        """A new person (own cookies) at this portal, not logged in yet."""
        return Person(self._browser.new_context(**context), portal, is_measured=is_measured)


class Person:
    """Somebody with a browser window; remembers what went wrong on her pages.

    Not what a page asks for, when it `is_measured`: to hear of each of sixty modules takes the
    processor from the page itself, and half of its time.
    """

    def __init__(
        self, context: BrowserContext, portal: Portal, *, is_measured: bool = False
    ) -> None:
        self.context = context
        self.portal = portal
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self._is_measured = is_measured
        context.add_init_script(PROBE)
        context.on("page", self._listen)

    def _listen(self, page: Page) -> None:
        def on_console(message: Any) -> None:
            if message.type == "error":
                source = message.location.get("url", "")
                self.complaints.append(f"{page.url}: console: {message.text} {source}")

        page.on("console", on_console)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        if self._is_measured:
            return
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda socket: self.requests.append(socket.url))

    def foreign_requests(self) -> list[str]:
        """Addresses asked for that are not the portal's own."""
        own = urlsplit(self.portal.url).netloc
        local = ("data", "blob", "about", "chrome-error")
        return [
            address
            for address in self.requests
            if (parts := urlsplit(address)).netloc != own and parts.scheme not in local
        ]

    def log_in(self, user: str | None = None, password: str | None = None) -> Page:
        """Fill in the login form; returns the page that follows."""
        page = self.context.new_page()
        page.goto(f"{self.portal.url}account/login/")
        page.fill("input[name=login]", user or self.portal.user)
        page.fill("input[name=password]", password or self.portal.password)
        with page.expect_navigation():
            page.press("input[name=password]", "Enter")
        return page

    def watch(self, slug: str, *, page: Page | None = None, query: str = "") -> "Viewer":
        """Open the camera's page in a new tab (or `page`)."""
        page = page or self.context.new_page()
        page.goto(f"{self.portal.url}cameras/{slug}/{query}", wait_until="commit")
        return Viewer(page)

    @staticmethod
    def viewer(page: Page) -> "Viewer":
        """The player on a page that is open already."""
        return Viewer(page)

    def close(self) -> None:
        """Close all her tabs and forget her cookies."""
        self.context.close()


class Viewer:
    """A tab with a player in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.opened_at = time.time()

    def probe(self, expression: str, argument: Any = None) -> Any:
        """Evaluate `probe => ...` in the page; see probe.js."""
        return self.page.evaluate(
            f"(argument) => ({expression})(window.petcamProbe, argument)", argument
        )

    @property
    def state(self) -> str:
        return str(self.probe("p => p.player()?.dataset.state ?? ''"))

    @property
    def transport(self) -> str:
        return str(self.probe("p => p.player()?.dataset.transport ?? ''"))

    def wait_for_picture(self, *, within_s: float = 10, transport: str | None = None) -> float:
        """Wait until the player is live (over `transport`) and shows new frames.

        Returns the Unix time of the first frame shown (of the video) or, for pictures that are
        no video, of the moment when the strip was first seen to advance.
        """
        until(
            lambda: self.state == "live" and transport in (None, self.transport),
            lambda: f"a live player ({transport or 'any transport'}); so far {self.history()}",
            within_s=within_s,
        )
        if self.transport in ("webrtc", "mse"):
            until(lambda: self.probe("p => p.shown.length >= 3"), "three frames", within_s=within_s)
            return float(self.probe("p => p.shown[0]")) / 1000
        first = until(self.strip, "a picture with a strip", within_s=within_s)
        until(lambda: self._advanced(first["frame"]), "a newer picture", within_s=within_s)
        return time.time()

    def _advanced(self, frame: int) -> bool:
        strip = self.strip()
        return strip is not None and strip["frame"] > frame

    def strip(self) -> dict[str, Any] | None:
        """The strip in what is shown now, None when there is none."""
        found: dict[str, Any] | None = self.probe("p => p.stripNow()")
        return found

    def is_fresh(self) -> bool:
        """Whether what is shown was captured within a second and the player says it is live."""
        strip = self.strip()
        return strip is not None and strip["latencyMs"] < 1000 and self.state == "live"

    def look_on(self, seconds: float) -> None:
        """Let the browser work for a while."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.page.wait_for_timeout(min(left, 1) * 1000)

    def words(self) -> str:
        """What the player says to a person now."""
        return " ".join(str(self.probe("p => p.words()")).split())

    def history(self) -> str:
        """The player's states so far, for messages."""
        return str(self.probe("p => p.states"))

    def latencies_ms(self) -> list[float]:
        """Capture-to-screen latency of every strip read so far."""
        return [float(value) for value in self.probe("p => p.strips.map((s) => s.latencyMs)")]

    def forget(self) -> None:
        """Start counting anew."""
        self.probe("p => { p.strips.length = 0; p.shown.length = 0; p.unreadable = 0; }")

    def longest_gap_s(self, since: float) -> float:
        """The longest time without a new frame since `since` (Unix time), until now."""
        return float(self.probe("(p, at) => p.longestGap(at)", since * 1000)) / 1000

    def loaded_at(self) -> float:
        """When this document was made (Unix ms); a reload changes it."""
        return float(self.page.evaluate("performance.timeOrigin"))


def percentile(values: list[float], share: float) -> float:
    """The value that `share` (0..1) of the values do not exceed (nearest rank)."""
    rank = math.ceil(len(values) * share)
    return sorted(values)[max(rank, 1) - 1]
