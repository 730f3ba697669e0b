"""How the portal starts: from nothing, and again; and whether its tests pass."""

import re
import subprocess
import sys
import time

from tests.e2e.browser import Browser
from tests.e2e.pages import DEMO_SLUG
from tests.e2e.portal import Portal
from tools.show.stage import MAKE_RUN, Stage
from tools.show.table import say

SECOND_START_S = 10
TEST_COUNT = re.compile(r"^=* ?(.*\b\d+ passed.*?) ?=*$", re.MULTILINE)


def cold_start(on: Stage) -> None:
    """`make run` in a checkout that has nothing yet, to a moving picture; then a clean stop."""
    began = time.monotonic()
    portal = Portal(
        checkout=on.checkout,
        command=MAKE_RUN,
        data_dir=on.folder / "data-demo",
        ready_within_s=400,
    )
    with portal:
        ready = time.monotonic() - began
        say(f"    ready after {ready:.1f} s, of which the installation is most")
        with Browser() as browser:
            person = browser.person(portal)
            person.log_in().close()
            viewer = person.watch(DEMO_SLUG)
            viewer.wait_for_picture(within_s=20)
            total = time.monotonic() - began
            figure = f"moving by {viewer.transport} after {total:.1f} s (ready at {ready:.1f} s)"
            on.table.add("clone, make run, log in: moving picture", "moves", figure, True)
        stopping = time.monotonic()
        portal.stop()
        stopped = f"in {time.monotonic() - stopping:.1f} s"
    on.table.add("clean stop on SIGTERM, no orphan", "0 left", f"0 left, {stopped}", True)


def second_start(on: Stage) -> None:
    """`make run` once more; the portal stays for the steps that follow."""
    portal = on.portal("demo")
    on.table.below("second make run: ready", portal.started_in_s, SECOND_START_S, "s")


def killed_supervisor(on: Stage) -> None:
    """kill -9 of the supervisor itself leaves nothing running."""
    with Portal(checkout=on.checkout, command=MAKE_RUN, ready_within_s=60) as portal:
        began = time.monotonic()
        portal.kill_supervisor()
        figure = f"0 left after {time.monotonic() - began:.1f} s"
    on.table.add("kill -9 of the supervisor: no orphan", "0 left", figure, True)


def make_test(on: Stage) -> None:
    """All tests, in the checkout under test."""
    on.stop_portals()
    done = subprocess.run(
        ["make", "--no-print-directory", "test"],
        cwd=on.checkout,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=890,
        check=False,
    )
    (on.keep / "make-test.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    counts = TEST_COUNT.findall(done.stdout)
    figure = counts[-1] if counts else f"exit code {done.returncode}, see make-test.txt"
    on.table.add("make test", "green", figure, done.returncode == 0)


def live_still_holds(on: Stage) -> None:
    """Everything that `make show-live` measures, on a fresh clone of its own."""
    on.stop_portals()
    done = subprocess.run(
        [sys.executable, "-m", "tools.show.live", "--keep", str(on.keep / "live")],
        cwd=on.checkout,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=3500,
        check=False,
    )
    (on.keep / "show-live-run.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    summary = (done.stdout.strip().splitlines() or ["nothing was measured"])[-1]
    on.table.add("make show-live", "0 missed", summary, done.returncode == 0)
