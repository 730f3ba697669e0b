"""A recorder that is killed: what it had taken is there but for the last moment, and plays."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import av
import pytest

from recordings.files.names import Store
from recordings.files.scan import scan
from streaming.media.clock import media_time_90k
from streaming.media.ring import RingWriter
from tests.streaming.media.moving_picture import encoded_units

CHECKOUT = Path(__file__).resolve().parents[2]
DEADLINE_S = 60
MOST_LOST_90K = 90_000
UNITS = encoded_units(60, width=160, height=120, gop=30)


class Home:
    """A household's folder, and a camera that writes 30 pictures a second until it is closed."""

    def __init__(self, folder: Path) -> None:
        kept = {name: v for name, v in os.environ.items() if not name.startswith("PETCAM_")}
        self.environment = kept | {
            "PETCAM_DATA_DIR": str(folder / "data"),
            "PETCAM_RUN_DIR": str(folder / "run"),
            # Nobody is there: the recorder does without.
            "PETCAM_REDIS_URL": f"unix://{folder}/no-broker.sock",
            "DJANGO_SETTINGS_MODULE": "petcam_site.settings",
        }
        made = self.ask("set-up")
        self.store = Store(folder / "data" / "recordings")
        self.written_90k: list[int] = []
        self._ring = RingWriter(Path(made["ring"]), payload_bytes=4 * 1024 * 1024)
        self._stop = threading.Event()
        self._camera = threading.Thread(target=self._film, name="camera")
        self._camera.start()

    def close(self) -> None:
        self._stop.set()
        self._camera.join()
        self._ring.close()

    def ask(self, what: str) -> object:
        asked = subprocess.run(
            [sys.executable, "-m", "tests.recordings.recorder_home", what],
            cwd=CHECKOUT,
            env=self.environment,
            capture_output=True,
            timeout=DEADLINE_S,
            check=True,
        )
        return json.loads(asked.stdout)

    @contextmanager
    def recorder(self, **environment: str) -> Iterator[subprocess.Popen]:
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

    def newest_90k(self) -> int:
        """Up to where files hold whole fragments, whatever rows say."""
        if not self.store.root.exists():
            return 0
        found = [scan(one.path).fragments for one in self.store.found()]
        return max((entry.end_90k for entries in found for entry in entries), default=0)

    def wait_until_recorded(self) -> None:
        """Something that is taken from now on, which the last picture of before may reach into."""
        since_90k = media_time_90k(time.monotonic_ns()) + MOST_LOST_90K // 2
        deadline_s = time.monotonic() + DEADLINE_S
        while self.newest_90k() <= since_90k:
            assert time.monotonic() < deadline_s, "nothing was recorded"
            time.sleep(0.05)

    def _film(self) -> None:
        number = 0
        while not self._stop.wait(1 / 30):
            now_ns = time.monotonic_ns()
            unit = UNITS[number % len(UNITS)]
            pts = media_time_90k(now_ns)
            self._ring.write(replace(unit, pts_90k=pts, capture_ns=now_ns))
            self.written_90k.append(pts)
            number += 1


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        yield home
        home.close()


def check(home: Home) -> list[dict[str, object]]:
    """That rows and files agree, do not overlap, and all that they hold decodes."""
    rows = home.ask("tell")
    files = {str(one.segment): one.path for one in home.store.found()}
    with_files = [row for row in rows if row["state"] != "lost"]
    assert {row["uuid"] for row in with_files} == files.keys()
    for row in with_files:
        assert row["state"] == "complete"
        assert files[row["uuid"]].stat().st_size == row["bytes"]
        with av.open(str(files[row["uuid"]])) as file:
            assert sum(1 for _ in file.decode(video=0)) == row["frames"]
    for before, after in zip(rows, rows[1:], strict=False):
        assert before["end_90k"] <= after["start_90k"]
    return rows


def test_killed_at_any_moment_it_loses_at_most_a_second(home):
    lost = []
    for run in range(4):
        with home.recorder() as recorder:
            home.wait_until_recorded()
            time.sleep(run * 0.3)
            recorder.kill()
            taken_90k = home.written_90k[-1]
            recorder.wait()
        lost.append(taken_90k - home.newest_90k())
    with home.recorder() as recorder:
        home.wait_until_recorded()
        recorder.send_signal(signal.SIGTERM)
        ended = recorder.wait(DEADLINE_S)

    assert max(lost) <= MOST_LOST_90K
    assert ended == 0
    rows = check(home)
    assert len([row for row in rows if row["state"] == "complete"]) >= 5
    assert all(UUID(row["uuid"]) for row in rows)


@pytest.mark.parametrize("point", ["after_row_insert", "after_init_write", "after_row_complete"])
def test_killed_where_a_segment_begins_or_ends_rows_and_files_agree_afterwards(home, point):
    with home.recorder(PETCAM_FAULTPOINT=point) as recorder:
        if point == "after_row_complete":
            home.wait_until_recorded()
            recorder.send_signal(signal.SIGTERM)
        assert recorder.wait(DEADLINE_S) == -signal.SIGKILL
    with home.recorder() as recorder:
        home.wait_until_recorded()
        recorder.send_signal(signal.SIGTERM)
        assert recorder.wait(DEADLINE_S) == 0

    check(home)
