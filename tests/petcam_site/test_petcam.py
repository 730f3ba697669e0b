"""The whole portal, as an owner's own machine starts it."""

import os
import re
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path
from urllib.request import urlopen

from petcam_site.paths import run_dir_for
from tests.e2e import processes
from tests.e2e.portal import free_port

ROOT = Path(__file__).resolve().parents[2]
FIRST_RUN = re.compile(r"Petcam is ready: (http://127\.0\.0\.1:\d+/)first-run/\?token=[\w-]{20,}")


class PetcamTests(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.data_dir = Path(directory.name, "data")
        run_dir = run_dir_for(self.data_dir)
        self.addCleanup(lambda: [path.unlink() for path in run_dir.glob("*")] and run_dir.rmdir())
        self.port = free_port()

    def start(self) -> subprocess.Popen[str]:
        petcam = subprocess.Popen(
            [sys.executable, "manage.py", "petcam"],
            cwd=ROOT,
            env=os.environ
            | {
                "DJANGO_SETTINGS_MODULE": "petcam_site.settings",
                "PETCAM_DATA_DIR": str(self.data_dir),
                "PETCAM_PORT": str(self.port),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.addCleanup(petcam.stdout.close)
        self.addCleanup(petcam.wait, 30)
        self.addCleanup(petcam.kill)
        too_late = threading.Timer(60, petcam.kill)
        too_late.start()
        self.addCleanup(too_late.cancel)
        self.said = petcam.stdout.readline().rstrip()
        too_late.cancel()
        return petcam

    def running(self) -> set[int]:
        return processes.carrying("PETCAM_DATA_DIR", str(self.data_dir))

    def test_an_empty_install_starts_at_the_first_run_page_and_stops_clean(self):
        petcam = self.start()
        address = FIRST_RUN.fullmatch(self.said)
        self.assertIsNotNone(address, self.said)
        with urlopen(f"{address[1]}healthz", timeout=10) as answer:
            self.assertEqual((answer.status, answer.read()), (200, b"ok"))

        petcam.terminate()
        code = petcam.wait(30)

        self.assertEqual((code, petcam.stdout.read()), (0, ""))
        self.assertEqual(self.running(), set())
        self.assertEqual(sorted(run_dir_for(self.data_dir).glob("camera-*")), [])
        kept = [path for path in self.data_dir.iterdir() if path.stat().st_mode & 0o077]
        self.assertEqual(kept, [])

    def test_nothing_is_left_of_a_killed_one_and_the_next_one_starts_at_once(self):
        killed = self.start()
        family = processes.descendants(killed.pid)
        killed.kill()

        self.start()

        self.assertRegex(self.said, FIRST_RUN)
        self.assertGreater(len(family), 5)
        self.assertEqual([pid for pid in family if processes.is_alive(pid)], [])
