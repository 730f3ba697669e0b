"""Proofs by numbers: races, hostile bytes, and the table of who may do what."""

import json
import re
import subprocess
import sys
import time

from tests.e2e.browser import Viewer
from tests.e2e.cameras import add_camera
from tests.e2e.fuzzing import NoisyRing, NoisySeedRing, ring_name, send_noisy_offers
from tests.e2e.killing import ROLES
from tests.e2e.pages import DEMO_SLUG
from tests.e2e.portal import Portal
from tests.e2e.waiting import until
from tools.show.stage import Stage, watching

READS = 1_000_000
QUIET_S, NOISE_S = 8, 25
OFFERS = 120
LOOP_FREE_S = 0.5
TROUBLE = re.compile(r"Traceback|never retrieved|Segmentation|ResourceWarning")


def ring_race(on: Stage) -> None:
    """A million reads race a writer, ours and the C program; none may deliver torn bytes."""
    for writer in ("python", "c"):
        done = run_here(on, "-m", "tests.streaming.media.ring_race", f"--reads={READS}",
                        f"--writer={writer}")  # fmt: skip
        result = json.loads(done.stdout or "{}")
        figure = f"{result['torn_given_out']} torn of {result['reads']:,} reads" if result else ""
        what = f"reads of the ring racing the {writer} writer"
        is_ok = done.returncode == 0 and result["reads"] >= READS
        on.table.add(what, f"0 torn of {READS:,}", figure or done.stderr[-120:], is_ok)


def run_here(on: Stage, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python in the checkout under test."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=on.checkout,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def access_table(on: Stage) -> None:
    """Every route and socket message, tried as everybody."""
    done = run_here(on, "-m", "pytest", "-q", "tests/test_access_table.py")
    tests = (done.stdout.strip().splitlines() or ["nothing ran"])[-1].strip("= ")
    figure = f"{counted_cells(on)}; {tests}"
    on.table.add("access table: routes and messages x everybody", "all as expected", figure,
                 done.returncode == 0)  # fmt: skip


def counted_cells(on: Stage) -> str:
    """How large the table is."""
    code = (
        "from tests.access_table import *; pages, sockets = [*rows(PAGES)], [*rows(SOCKETS)]; "
        "print(len(pages), 'page rows,', len(sockets), 'socket rows,', "
        "sum(len(row.answers) for row in pages + sockets), 'answers')"
    )
    done = run_here(on, "-c", code)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def fuzz(on: Stage) -> None:
    """Hostile bytes in slots, NAL units and offers while somebody watches another camera."""
    portal = on.portal("demo")
    ours, seed = ring_name("ours"), ring_name("seed")
    with NoisyRing(ours) as ring, NoisySeedRing(seed) as seed_ring:
        slug = add_camera(portal, name="Noisy", source_kind="shared_memory", source_address=ours)
        add_camera(portal, name="Noisy seed", source_kind="shared_memory", source_address=seed)
        with watching(portal) as [steady]:
            noisy = Viewer(steady.page.context.new_page())
            noisy.page.goto(f"{portal.url}cameras/{slug}/")
            noisy.wait_for_picture(within_s=20)
            before = {role: portal.pid(role) for role in ROLES}
            logged = len(portal.log_text())
            # Chromium shows a tab in the background only once a second.
            steady.page.bring_to_front()
            steady.look_on(1)
            quiet_at = time.time()
            steady.look_on(QUIET_S)
            quiet_gap_s = steady.longest_gap_s(quiet_at)
            began = time.time()
            ring.is_noisy = seed_ring.is_noisy = True
            refused = send_noisy_offers(portal, steady.page.context, DEMO_SLUG, OFFERS)
            steady.look_on(max(1.0, began + NOISE_S - time.time()))
            ring.is_noisy = seed_ring.is_noisy = False
            gap_s = steady.longest_gap_s(began)
            noisy.page.bring_to_front()
            over_at = time.time()
            until(noisy.is_fresh, lambda: f"a picture; {noisy.history()}", within_s=30)
            back_s = time.time() - over_at
    figure = f"{ring.written} units, {ring.broken} broken; {seed_ring.broken} slots"
    on.table.add("hostile slots and NAL units written", "> 500", figure, ring.broken > 500)
    counts = ", ".join(f"{count} {answer}" for answer, count in refused.items())
    on.table.add("hostile offers", f"{OFFERS} answered or refused", counts, True)
    figure = f"{gap_s:.3g} s (before the noise {quiet_gap_s:.3g} s)"
    on.table.add("fuzz: longest gap of a viewer of another camera", f"<= {LOOP_FREE_S:g} s", figure,
                 gap_s <= LOOP_FREE_S)  # fmt: skip
    on.table.at_most("fuzz: the noisy camera plays after the noise, same page", back_s, 6, "s")
    same_processes(on, portal, before, logged)


def same_processes(on: Stage, portal: Portal, before: dict[str, int], logged: int) -> None:
    """No process ended, nothing unexpected was logged."""
    ended = [role for role, pid in before.items() if portal.pid(role) != pid]
    on.table.add("fuzz: processes that ended", "none", ", ".join(ended) or "none", not ended)
    trouble = [line for line in portal.log_text()[logged:].splitlines() if TROUBLE.search(line)]
    figure = f"{len(trouble)}: {trouble[0][:60]}" if trouble else "none"
    on.table.add("fuzz: tracebacks in the log", "none", figure, not trouble)
