"""A household with a camera that films, for recorders that are processes and die."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, Self
from uuid import UUID, uuid4

import av

from recordings.files.names import Store
from recordings.files.scan import scan
from streaming.media.access_unit import AccessUnit
from streaming.media.clock import media_time_90k
from streaming.media.ring import RingWriter
from tests.streaming.media.moving_picture import encoded_units
from tests.streaming.media.seed_writer import SeedWriter

CHECKOUT = Path(__file__).resolve().parents[2]
DEADLINE_S = 60
MOST_LOST_90K = 90_000
FPS = 30
UNITS = encoded_units(60, width=160, height=120, gop=30)
# Two seconds of this, then two seconds of that: each change begins another segment.
CHANGING_UNITS = [*UNITS, *encoded_units(60, width=176, height=144, gop=30)]


class Row(NamedTuple):
    """A segment as the database has it."""

    uuid: UUID
    state: str
    start_90k: int
    end_90k: int
    bytes: int
    frames: int
    digest: bytes


class SeedRing:
    """The earlier pet camera's shared memory; its file goes with `close`."""

    def __init__(self, path: Path, layout: str) -> None:
        self._path, self._writer = path, SeedWriter(path, layout)
        # Pictures of each camera, by width.
        self._counts: dict[int, int] = {}

    def write(self, unit: AccessUnit) -> None:
        """Each camera counts its pictures."""
        number = self._counts.get(unit.width, 0)
        self._counts[unit.width] = number + 1
        camera = list(self._counts).index(unit.width)
        size = unit.width, unit.height
        self._writer.write(unit.data, number, camera=camera, stamp_ns=unit.capture_ns, size=size)

    def close(self) -> None:
        self._writer.close()
        self._path.unlink()


class Home:
    """A folder with a database, and a camera that writes 30 pictures a second until `close`.

    `data_dir` holds database and recordings; the ring is elsewhere. With `quota_mb` the oldest
    recordings go when they take more. With `layout` the ring is the earlier pet camera's, of that
    name, and pictures of each width come from a camera of their own.
    """

    def __init__(
        self,
        folder: Path,
        *,
        data_dir: Path | None = None,
        pictures: Sequence[AccessUnit] = UNITS,
        quota_mb: int = 0,
        layout: str = "",
        **environment: str,
    ) -> None:
        self.data_dir = data_dir or folder / "data"
        kept = {name: v for name, v in os.environ.items() if not name.startswith("PETCAM_")}
        self.environment = kept | {
            "PETCAM_DATA_DIR": str(self.data_dir),
            "PETCAM_RUN_DIR": str(folder / "run"),
            # Nobody is there: the recorder does without.
            "PETCAM_REDIS_URL": f"unix://{folder}/no-broker.sock",
            "DJANGO_SETTINGS_MODULE": "petcam_site.settings",
            **environment,
        }
        made = self._set_up(quota_mb, f"petcam-test-{uuid4()}" if layout else "")
        recordings = self.environment.get("PETCAM_RECORDINGS_DIR", self.data_dir / "recordings")
        self.store = Store(Path(recordings))
        self.camera_id = int(made["camera"])
        self.written_90k: list[int] = []
        self._pictures = pictures
        ring = Path(made["ring"])
        self._ring: RingWriter | SeedRing
        if layout:
            self._ring = SeedRing(ring, layout)
        else:
            self._ring = RingWriter(ring, payload_bytes=4 * 1024 * 1024)
        self._stop = threading.Event()
        self._camera = threading.Thread(target=self._film, name="camera")
        self._camera.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """The camera stops."""
        self._stop.set()
        self._camera.join()
        self._ring.close()

    def _set_up(self, quota_mb: int, shared_memory: str) -> dict[str, str]:
        program = [sys.executable, "-m", "tests.recordings.recorder_home"]
        asked = subprocess.run(
            [*program, str(quota_mb), shared_memory],
            cwd=CHECKOUT,
            env=self.environment,
            capture_output=True,
            timeout=DEADLINE_S,
            check=True,
        )
        return json.loads(asked.stdout)

    @contextmanager
    def recorder(self, **environment: str) -> Iterator[subprocess.Popen]:
        """A recorder, killed in the end if it lives."""
        process = subprocess.Popen(
            [sys.executable, "manage.py", "run_recorder"],
            cwd=CHECKOUT,
            env=self.environment | environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    @property
    def database(self) -> Path:
        """The file."""
        return self.data_dir / "petcam.sqlite3"

    def rows(self, path: Path | None = None) -> list[Row]:
        """Every segment's row, in order; of the database at `path`. Changes nothing there."""
        address = f"file:{path or self.database}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=DEADLINE_S)) as database:
            found = database.execute(
                "SELECT uuid, state, start_90k, end_90k, bytes, frames, digest "
                "FROM recordings_segment ORDER BY start_90k"
            ).fetchall()
        return [Row(UUID(hex=row[0]), *row[1:]) for row in found]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else can write rows meanwhile."""
        connection = sqlite3.connect(self.database, timeout=DEADLINE_S, isolation_level=None)
        with closing(connection) as database:
            database.execute("BEGIN IMMEDIATE")
            yield
            database.execute("ROLLBACK")

    def path(self, row: Row) -> Path:
        """Where its file is or should be."""
        return self.store.segment(self.camera_id, row.uuid)

    def newest_90k(self) -> int:
        """Up to where files hold whole fragments, whatever rows say."""
        if not self.store.root.exists():
            return 0
        newest = 0
        for one in self.store.found():
            try:
                newest = max([newest, *(entry.end_90k for entry in scan(one.path).fragments)])
            except FileNotFoundError:
                continue  # it was let go meanwhile
        return newest

    def wait_until_recorded(self) -> None:
        """Something that is taken from now on, which the last picture of before may reach into."""
        since_90k = media_time_90k(time.monotonic_ns()) + MOST_LOST_90K // 2
        deadline_s = time.monotonic() + DEADLINE_S
        while self.newest_90k() <= since_90k:
            assert time.monotonic() < deadline_s, "nothing was recorded"
            time.sleep(0.05)

    def disagreements(self) -> list[str]:
        """Where rows and files do not say the same. What grows and what goes may differ."""
        is_made = self.store.root.exists()
        names = {one.path.name for one in self.store.found()} if is_made else set()
        rows = {f"{row.uuid}.mp4": row for row in self.rows()}
        found = [f"{name} has no row" for name in names - rows.keys()]
        for name, row in rows.items():
            path = self.path(row)
            if row.state == "complete":
                size = path.stat().st_size if path.exists() else "nothing"
                if size != row.bytes:
                    found.append(f"{name} has {size} of {row.bytes} bytes")
            elif row.state in ("lost", "missing") and path.exists():
                found.append(f"{name} is {row.state}, and there")
            elif row.state == "suspect":
                found.append(f"{name} is suspect")
        ordered = [row for row in rows.values() if row.state != "lost"]
        for before, after in zip(ordered, ordered[1:], strict=False):
            if before.end_90k > after.start_90k:
                found.append(f"{before.uuid} and {after.uuid} overlap")
        return found

    def flaws(self, row: Row) -> list[str]:
        """What is wrong with a complete segment: each of its pictures decodes, and these are all
        that the camera wrote from the first to the last one."""
        path = self.path(row)
        scanned = scan(path, is_checked=True)
        with av.open(str(path)) as file:
            times = [row.start_90k + frame.pts for frame in file.decode(video=0)]
        begin, end = (
            find(self.written_90k, at)
            for find, at in ((bisect_left, times[0]), (bisect_right, times[-1]))
        )
        checks = {
            f"{path.name}: {scanned.problem}": not scanned.problem,
            f"{path.name}: another digest": scanned.digest == row.digest,
            f"{path.name}: {len(times)} of {row.frames} frames decode": len(times) == row.frames,
            f"{path.name}: not what the camera wrote": times == self.written_90k[begin:end],
        }
        return [flaw for flaw, is_well in checks.items() if not is_well]

    def _film(self) -> None:
        number = 0
        while not self._stop.wait(1 / FPS):
            now_ns = time.monotonic_ns()
            unit = self._pictures[number % len(self._pictures)]
            pts = media_time_90k(now_ns)
            self._ring.write(replace(unit, pts_90k=pts, capture_ns=now_ns))
            self.written_90k.append(pts)
            number += 1
