"""A disk that fills up under a recorder while somebody watches, and a quota over a week."""

import errno
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from recordings.troubles import DISK_FULL
from tests.e2e.browser import Browser, Person, Viewer, percentile
from tests.e2e.killing import NEVER_STOPS_GAP_S
from tests.e2e.pages import DEMO_SLUG
from tests.e2e.portal import FOREIGN, Portal
from tests.e2e.waiting import until
from tests.recordings.loop_disks import LoopDisk, NoLoopDisk
from tools.show.stage import MAKE_RUN, Stage, open_tabs
from tools.show.table import Table, say

ALERT_S, AGAIN_S = 5, 10
FRAME_MS, WAIT_MS = 33, 100
DISK_MB = 64
SETTLES_S, FULL_FOR_S = 5, 15
MB = 1_000_000


def full_disk(on: Stage) -> None:
    """The disk of recordings alone is full: who watches live notices nothing but the alert."""
    folder = on.folder / "full"
    folder.mkdir()
    try:
        with LoopDisk(folder, megabytes=DISK_MB) as disk, _portal_on(on, disk) as portal:
            _fill(on.table, portal, disk)
    except NoLoopDisk as error:
        on.table.add("disk full: an alert on pages", f"<= {ALERT_S} s", str(error), False)


def _portal_on(on: Stage, disk: LoopDisk) -> Portal:
    on.stop_portals()
    return Portal(
        checkout=on.checkout,
        command=MAKE_RUN,
        environment={"PETCAM_RECORDINGS_DIR": str(disk.root / "recordings")},
        ready_within_s=300,
    )


def _fill(table: Table, portal: Portal, disk: LoopDisk) -> None:
    until(lambda: _recorded_90k(portal), "something recorded", within_s=20)
    with Browser() as browser:
        person = browser.person(portal)
        person.log_in().close()
        [viewer] = open_tabs(person, DEMO_SLUG, 1)
        # Who has just come is not yet shown every picture in time.
        viewer.look_on(SETTLES_S)
        viewer.forget()
        roomy = time.time()
        viewer.look_on(FULL_FOR_S)
        before_gap_s = viewer.longest_gap_s(roomy)
        before_ms = _latency_ms(viewer)
        viewer.forget()
        with _filler(disk.root / "filler") as full_at_s:
            alert_s = until(lambda: _is_told(person), "the alert", within_s=30, every_s=0.3)
            table.at_most("disk full: an alert on pages", alert_s - full_at_s, ALERT_S, "s")
            viewer.look_on(FULL_FOR_S)
            while_ms = _latency_ms(viewer)
            full_at = time.time() - (time.monotonic() - full_at_s)
            gap_s = viewer.longest_gap_s(full_at)
        _goes_on(table, portal, person)
    table.at_most("disk full: longest gap for who watches", gap_s, NEVER_STOPS_GAP_S, "s")
    what = "disk full: live view's latency, p95, more than before"
    table.at_most(what, while_ms - before_ms, FRAME_MS, "ms")
    say(
        f"      before: longest gap {before_gap_s:.2f} s, p95 {before_ms:.0f} ms; "
        f"with a full disk {gap_s:.2f} s, {while_ms:.0f} ms"
    )


def _goes_on(table: Table, portal: Portal, person: Person) -> None:
    """There is room again: from now on."""
    roomy_s, until_90k = time.monotonic(), _recorded_90k(portal)
    until(lambda: _recorded_90k(portal) > until_90k, "recording again", within_s=60)
    table.at_most("room again: recording goes on", time.monotonic() - roomy_s, AGAIN_S, "s")
    until(lambda: not _is_told(person), "the alert's end", within_s=30, every_s=0.3)
    table.at_most("room again: no alert on pages", time.monotonic() - roomy_s, AGAIN_S, "s")
    checked = subprocess.run(
        [portal.python(), "manage.py", "check_recordings"],
        cwd=portal.checkout,
        env=portal.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = checked.stdout.splitlines()[-1] if checked.stdout else checked.stderr[-100:]
    table.add("after a full disk: check_recordings", "0 differences", said, not checked.returncode)


def _latency_ms(viewer: Viewer) -> float:
    return percentile(viewer.latencies_ms(), 0.95)


def _is_told(person: Person) -> float:
    """When a page said that the disk is full; 0.0 if it does not."""
    body = person.context.request.get(person.portal.url).text()
    return time.monotonic() if DISK_FULL.text in body else 0.0


def _recorded_90k(portal: Portal) -> int:
    """Up to which media time rows say that something is recorded."""
    with closing(_database(portal)) as database:
        rows = database.execute("SELECT MAX(end_90k) FROM recordings_segment WHERE bytes > 0")
        [newest] = rows.fetchone()
    return newest or 0


def _database(portal: Portal) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{portal.data_dir}/petcam.sqlite3?mode=ro", uri=True, timeout=10)


@contextmanager
def _filler(path: Path) -> Iterator[float]:
    """Another program that takes all there is, and all that becomes free; since when."""
    stop = threading.Event()
    fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    _take_all(fd)
    full_at_s = time.monotonic()

    def go_on() -> None:
        while not stop.wait(0.05):
            _take_all(fd)

    thread = threading.Thread(target=go_on, name="filler")
    thread.start()
    try:
        yield full_at_s
    finally:
        stop.set()
        thread.join()
        os.close(fd)
        path.unlink()


def _take_all(fd: int) -> None:
    for size in (1 << 20, 4096):
        try:
            while os.write(fd, bytes(size)):
                """There was room."""
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise


def clock(on: Stage) -> None:
    """The clock is set when there is a month of recordings: how long another program waits."""
    minutes = 1440 if on.is_short else 30 * 1440
    folder = on.folder / "clock"
    folder.mkdir()
    program = [sys.executable, "-m", "tools.show.recordings_clock", str(minutes)]
    with subprocess.Popen(
        program, cwd=on.checkout, env=_environment(folder), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        until(lambda: process.stdout.readline() == "ready\n", "rows", within_s=300)
        waited_ms = _waits_ms(folder / "data" / "petcam.sqlite3", process)
        told = json.loads(process.stdout.read())
    name = f"the clock is set with {told['rows']:,} segments"
    table = on.table
    table.p95_at_most(f"{name}: another program waits to write", waited_ms, WAIT_MS, "ms")
    table.at_most(f"{name}: it waits at most", max(waited_ms), WAIT_MS, "ms")
    figure = f"{told['left']}, after {told['took_s']:.1f} s"
    is_whole = told["followed"] == told["rows"] and not told["left"]
    table.add(f"{name}: with wrong times afterwards", "0", figure, is_whole)


def _waits_ms(path: Path, process: subprocess.Popen[str]) -> list[float]:
    """Writes a row 40 times a second until the other one ends; how long each had to wait."""
    waits = []
    with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as database:
        database.execute("CREATE TABLE show_waits (number)")
        while process.poll() is None:
            asked_s = time.perf_counter()
            database.execute("BEGIN IMMEDIATE")
            waits.append(1000 * (time.perf_counter() - asked_s))
            database.execute("INSERT INTO show_waits VALUES (1)")
            database.execute("COMMIT")
            time.sleep(0.02)
    return waits


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: v for name, v in os.environ.items() if not name.startswith(FOREIGN)}
    (folder / "data").mkdir(mode=0o700)
    return kept | {"PETCAM_DATA_DIR": f"{folder}/data", "PETCAM_RUN_DIR": f"{folder}/run"}


def quota(on: Stage) -> None:
    """Two cameras under 200 MB for a week that passes in minutes."""
    days = 0.5 if on.is_short else 7
    with tempfile.TemporaryDirectory(prefix="petcam-week-", dir=_quick_folder()) as folder:
        done = subprocess.run(
            [sys.executable, "-m", "tools.show.recordings_week", str(days)],
            cwd=on.checkout,
            env=_environment(Path(folder)),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    told = json.loads(done.stdout.splitlines()[-1])
    most_mb, limit_mb = (
        bytes_ / MB for bytes_ in (told["most_bytes"], told["quota_bytes"] + told["segment_bytes"])
    )
    name = f"{days:g} days under {told['quota_bytes'] // MB} MB"
    written = f"{told['written_bytes'] / MB / 1000:.3g} GB written, {told['looks']} looks"
    say(f"      {written}")
    table = on.table
    table.add(
        f"{name}: most that was taken at any time",
        f"<= {limit_mb:.1f} MB: one segment more",
        f"{most_mb:.1f} MB",
        told["quota_bytes"] * 0.9 < told["most_bytes"] and most_mb <= limit_mb,
    )
    figure = f"{told['kept']} of {told['starred']}"
    is_kept = 0 < told["starred"] == told["kept"]
    table.add(f"{name}: starred visits with all their video", "all", figure, is_kept)
    count = len(told["differences"])
    table.add(f"{name}: rows and files differ", "0", f"{count}", not count)


def _quick_folder() -> str | None:
    """Memory, if there is enough: a week is many gigabytes."""
    with suppress(OSError):
        memory = os.statvfs("/dev/shm")
        if memory.f_bavail * memory.f_frsize > 1000 * MB:
            return "/dev/shm"
    return None
