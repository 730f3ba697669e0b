"""Recorders that are killed and disks that lose power: what is lost, and what is right after it."""

import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from uuid import UUID

from recordings.files.faultpoints import FAULT_POINTS
from tests.e2e.waiting import TooLate, until
from tests.recordings.homes import CHANGING_UNITS, FPS, Home, Row
from tests.recordings.loop_disks import LoopDisk, NoLoopDisk
from tests.streaming.media.seed_writer import SIZES
from tools.show.stage import Stage
from tools.show.table import Table, say

KILLS, CUTS = 200, 60
KILL_LOST_S, CUT_LOST_S, AGREE_S = 1.0, 2.0, 5.0
LOCKED_S, RECONCILED_S = 30, 10
SECOND_90K = 90_000
# From the start of a recorder on, which takes more than a second: some die while they repair.
KILLED_WITHIN_S = (0.5, 3.2)
CUT_WITHIN_S = (0.1, 2.5)
DIES_WITHIN_S = 30
# Recordings go soon, so that some die while they delete.
QUOTA_MB = 1
DISK_MB = 256


class Observer:
    """Looks after each death what was lost, and when rows and files agree again."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.lost_s: list[float] = []
        self.agreed_after_s: list[float] = []
        self.checked: set[UUID] = set()
        self.frames = 0
        self.flaws: list[str] = []
        self._left_open: set[UUID] = set()
        self._had_frames: set[UUID] = set()
        self._newest_90k = 0

    def died(self, taken_90k: int) -> None:
        """It died when the camera's newest picture was `taken_90k`."""
        newest_90k = self.home.newest_90k()
        # One that died before it had recorded anything lost nothing that it had taken.
        if newest_90k > self._newest_90k:
            self.lost(taken_90k - newest_90k)
            self._newest_90k = newest_90k
        self.note_open()

    def lost(self, lost_90k: int) -> None:
        """So much of what was taken is not there."""
        self.lost_s.append(max(0, lost_90k) / SECOND_90K)

    def note_open(self) -> None:
        """What was not over is what the next recorder has to finish."""
        rows = self.home.rows()
        self._left_open |= {row.uuid for row in rows if row.state in ("writing", "deleting")}
        self._had_frames |= {row.uuid for row in rows if row.frames}

    def is_settled(self) -> bool:
        """Whether what the dead left is finished, and all rows and files agree."""
        still = {row.uuid for row in self.home.rows() if row.state in ("writing", "deleting")}
        return not (still & self._left_open) and not self.home.disagreements()

    def wait_until_settled(self, began_s: float) -> None:
        """By the recorder that was started at `began_s`; raises TooLate."""
        until(
            self.is_settled,
            lambda: f"rows and files agree: {self.home.disagreements()}",
            within_s=30,
            every_s=0.02,
        )
        self.agreed_after_s.append(time.monotonic() - began_s)
        self._left_open.clear()
        self.check()

    def check(self) -> None:
        """Reads and decodes what is complete and was not looked at yet."""
        for row in self.home.rows():
            if row.state in ("lost", "missing") and row.uuid in self._had_frames:
                self._had_frames.remove(row.uuid)
                self.flaws.append(f"{row.uuid} had frames and is {row.state}")
            if row.state != "complete" or row.uuid in self.checked:
                continue
            try:
                flaws = self.home.flaws(row)
            except FileNotFoundError:
                continue  # it was let go meanwhile
            self.checked.add(row.uuid)
            self.frames += row.frames
            self.flaws += flaws

    def tell(self, table: Table, what: str, *, most_lost_s: float) -> None:
        """The rows of the table that each kind of death has."""
        table.at_most(f"{what}: most of the video lost", max(self.lost_s), most_lost_s, "s")
        slowest_s = max(self.agreed_after_s)
        table.at_most(
            f"{what}: rows and files agree after the restart; slowest", slowest_s, AGREE_S, "s"
        )
        figure = f"{len(self.flaws)} in {len(self.checked)} segments, {self.frames} frames"
        all_well = not self.flaws and self.frames > 0
        table.add(f"{what}: segments with a frame missing or not decoding", "0", figure, all_well)
        for flaw in self.flaws[:10]:
            say(f"      {flaw}")


@contextmanager
def _begun(observer: Observer) -> Iterator[subprocess.Popen]:
    """A recorder that has finished what was left, and records."""
    began_s = time.monotonic()
    with observer.home.recorder() as recorder:
        observer.wait_until_settled(began_s)
        observer.home.wait_until_recorded()
        yield recorder


def kills(on: Stage) -> None:
    """kill -9 at random instants and at each fault point of a recorder whose segments last two
    seconds and are deleted within a minute."""
    count = 12 if on.is_short else KILLS
    folder = on.folder / "killed"
    folder.mkdir()
    with Home(folder, pictures=CHANGING_UNITS, quota_mb=QUOTA_MB) as home:
        observer = Observer(home)
        starting = _kill_at_random(observer, count)
        what = f"{count} kills at random instants"
        observer.tell(on.table, what, most_lost_s=KILL_LOST_S)
        say(f"      {len(observer.lost_s)} while it recorded, {starting} while it started")
        at_points = Observer(home)
        at_points.checked = observer.checked
        reached = [point for point in FAULT_POINTS if _dies_at(at_points, point)]
        missed = sorted(set(FAULT_POINTS) - set(reached))
        figure = f"{len(reached)} of {len(FAULT_POINTS)}"
        on.table.add("fault points at which it died", "each", figure, not missed)
        at_points.tell(on.table, "died at each fault point", most_lost_s=KILL_LOST_S)
        say(f"      not reached: {missed}" if missed else "      each was reached")


def _kill_at_random(observer: Observer, count: int) -> int:
    """How many died before they recorded anything."""
    dice, home = Random(5), observer.home
    starting = 0
    for _ in range(count):
        began_s = time.monotonic()
        dies_at_s = began_s + dice.uniform(*KILLED_WITHIN_S)
        with home.recorder() as recorder:
            try:
                left_s = max(0.05, dies_at_s - time.monotonic())
                until(observer.is_settled, "settled", within_s=left_s, every_s=0.02)
                observer.agreed_after_s.append(time.monotonic() - began_s)
                observer.check()
            except TooLate:
                starting += 1
            time.sleep(max(0.0, dies_at_s - time.monotonic()))
            recorder.kill()
            taken_90k = home.written_90k[-1]
            recorder.wait()
        observer.died(taken_90k)
    with _begun(observer):
        observer.check()
    return starting


def _dies_at(observer: Observer, point: str) -> bool:
    """Whether a recorder died there; then another one has put all of it right."""
    home = observer.home
    with _begun(observer) as recorder:
        recorder.kill()
        taken_90k = home.written_90k[-1]
    observer.died(taken_90k)
    _damage(home)
    with home.recorder(PETCAM_FAULTPOINT=point) as recorder:
        try:
            ended = recorder.wait(DIES_WITHIN_S)
            taken_90k = home.written_90k[-1]
        except subprocess.TimeoutExpired:
            ended = 0
    if ended != -signal.SIGKILL:
        return False
    observer.died(taken_90k)
    with _begun(observer):
        return True


def _damage(home: Home) -> None:
    """What is to be repaired: the last write was cut, and there is a file that nobody knows."""
    for row in home.rows():
        if row.state == "writing" and home.path(row).exists():
            with home.path(row).open("ab") as file:
                file.write(b"\0\0\x10\0moof half of a fragment")
    camera_folder = home.store.camera_folder(home.camera_id)
    (camera_folder / "holidays.mp4").write_bytes(b"of another program")


def layouts(on: Stage) -> None:
    """The earlier pet camera's stream, by day and by night in turns, in each of its layouts."""
    lasts_s = 4 if on.is_short else 20
    for names in SIZES:
        folder = on.folder / f"layout-{names[0]}-{len(names)}"
        folder.mkdir()
        with Home(folder, pictures=CHANGING_UNITS, layout=names) as home:
            with home.recorder() as recorder:
                home.wait_until_recorded()
                time.sleep(lasts_s)
                recorder.send_signal(signal.SIGTERM)
                recorder.wait(DIES_WITHIN_S)
            rows = home.rows()
            flaws = [flaw for row in rows for flaw in home.flaws(row)]
            # When the last one ends is a guess, right to less than half a picture.
            first, last = rows[0].start_90k, rows[-1].end_90k - SECOND_90K // FPS // 2
            written = sum(first <= at < last for at in home.written_90k)
        frames = sum(row.frames for row in rows)
        what = f"layout {names}, day and night in turns: frames recorded"
        figure = f"{frames} of {written} in {len(rows)} segments"
        on.table.add(what, "all", figure, 0 < frames == written and not flaws)
        for flaw in flaws[:5]:
            say(f"      {flaw}")


def locked(on: Stage) -> None:
    """Somebody else holds the database: recording goes on, and rows come when it is free."""
    locked_s = 8 if on.is_short else LOCKED_S
    folder = on.folder / "locked"
    folder.mkdir()
    with Home(folder, pictures=CHANGING_UNITS) as home:
        observer = Observer(home)
        with _begun(observer):
            with home.locked():
                time.sleep(locked_s)
                newest_90k = home.newest_90k()
                behind_s = (home.written_90k[-1] - newest_90k) / SECOND_90K
            freed_s = time.monotonic()
            until(
                lambda: home.rows()[-1].end_90k >= newest_90k and not home.disagreements(),
                lambda: f"rows of all files: {home.disagreements()}",
                within_s=60,
            )
            told_s = time.monotonic() - freed_s
        rows = home.rows()
        gaps = sum(a.end_90k != b.start_90k for a, b in zip(rows, rows[1:], strict=False))
    what = f"database locked for {locked_s} s"
    on.table.at_most(f"{what}: recording behind at its end", behind_s, KILL_LOST_S, "s")
    on.table.at_most(f"{what}: rows agree with files again", told_s, RECONCILED_S, "s")
    figure = f"{gaps} in {len(rows)} segments"
    on.table.add(f"{what}: gaps", "0", figure, not gaps and len(rows) > 1)


def power(on: Stage) -> None:
    """Power cuts of a disk of its own that holds database and recordings."""
    count = 4 if on.is_short else CUTS
    what = f"{count} power cuts on ext4"
    folder = on.folder / "power"
    folder.mkdir()
    try:
        with LoopDisk(folder, megabytes=DISK_MB) as disk:
            _cut_again_and_again(on, disk, folder, what, count)
    except NoLoopDisk as error:
        on.table.add(what, f"<= {CUT_LOST_S:g} s", str(error), False)


def _cut_again_and_again(on: Stage, disk: LoopDisk, folder: Path, what: str, count: int) -> None:
    dice = Random(6)
    broken: list[str] = []
    with Home(folder, data_dir=disk.root / "data", pictures=CHANGING_UNITS) as home:
        observer = Observer(home)
        taken_90k = None
        for _ in range(count + 1):
            with _begun(observer) as recorder:
                if taken_90k is not None:
                    observer.lost(taken_90k - _kept_90k(home, taken_90k))
                time.sleep(dice.uniform(*CUT_WITHIN_S))
                told = _complete(home.rows())
                disk.cut_power()
                taken_90k = home.written_90k[-1]
                recorder.kill()
                recorder.wait()
            disk.unmount()
            disk.mount()
            broken += _broken(home, folder / "copy", told)
            observer.note_open()
        observer.tell(on.table, what, most_lost_s=CUT_LOST_S)
    figure = f"{len(broken)} of {count}"
    on.table.add(f"{what}: databases damaged, or without what was told", "0", figure, not broken)


def _kept_90k(home: Home, taken_90k: int) -> int:
    """Up to where there is something of what was taken until then."""
    ends = (row.end_90k for row in home.rows() if row.start_90k <= taken_90k and row.bytes)
    return max(ends)


def _complete(rows: list[Row]) -> dict[UUID, int]:
    return {row.uuid: row.bytes for row in rows if row.state == "complete"}


def _broken(home: Home, copies: Path, told: dict[UUID, int]) -> list[str]:
    """What is wrong with the database as the power cut left it; looks at a copy."""
    copies.mkdir()
    for path in home.data_dir.glob(f"{home.database.name}*"):
        shutil.copy(path, copies)
    copy = copies / home.database.name
    with closing(sqlite3.connect(copy)) as database:
        [said] = database.execute("PRAGMA integrity_check").fetchone()
    missing = told.items() - _complete(home.rows(copy)).items()
    shutil.rmtree(copies)
    return [said] * (said != "ok") + [f"{len(missing)} rows are gone"] * bool(missing)
