import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from collections.abc import Callable
from pathlib import Path

SUPERVISED = Path(__file__).with_name("supervised.py")
WAITS = "echo ready; exec sleep 60"


Fields = dict[str, object]


def program(name: str, script: str, **fields: object) -> Fields:
    return {"name": name, "command": ["sh", "-c", script], **fields}


class Running:
    """A supervisor with its programs; its log is a file."""

    def __init__(self, directory: Path, stages: list[list[Fields]]) -> None:
        self.directory = directory
        with (directory / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(SUPERVISED), json.dumps(stages)],
                cwd=directory,
                stderr=log,
                start_new_session=True,
            )

    def log(self) -> list[str]:
        return (self.directory / "log").read_text().splitlines()

    def wait_for(self, line: str) -> None:
        wait_until(lambda: any(line in each for each in self.log()), f"{line!r}", self.log)

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)

    def number_in(self, name: str) -> int:
        """The process id that a program has written into a file."""
        path, text = self.directory / name, ""

        def is_written() -> bool:
            # Read once: a program that begins anew empties it first.
            nonlocal text
            text = path.read_text() if path.exists() else ""
            return text.endswith("\n")

        wait_until(is_written, name, self.log)
        return int(text)


def wait_until(is_so: Callable[[], bool], what: str, log: Callable[[], object] = str) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        if time.monotonic() > deadline:
            raise AssertionError(f"no {what}: {log()}")
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class SupervisorTests(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def start(self, *programs: Fields, first: Fields | None = None) -> Running:
        """Supervises `programs`, after `first` when there is one."""
        stages = [[first], list(programs)] if first else [list(programs)]
        running = Running(self.directory, stages)
        self.addCleanup(running.process.wait, 30)
        self.addCleanup(running.process.kill)
        return running

    def test_it_says_once_that_everything_is_ready(self):
        running = self.start(program("web", WAITS), program("streamer", WAITS))

        running.wait_for("all ready")
        code = running.stop()

        self.assertEqual((code, running.log()), (0, ["petcam   | all ready"]))

    def test_the_second_stage_starts_when_the_first_is_ready_and_all_is_prepared(self):
        running = self.start(
            program("web", "ls prepared; " + WAITS),
            first=program("broker", "sleep 0.1; ls prepared; " + WAITS),
        )

        running.wait_for("all ready")

        self.assertEqual(
            [line.split(": ")[0] for line in running.log()],
            ["broker   | ls", "web      | prepared", "petcam   | all ready"],
        )

    def test_what_cannot_be_prepared_stops_everything(self):
        (self.directory / "unprepared").touch()
        running = self.start(
            program("web", WAITS),
            first=program("broker", "echo $$ > pid; " + WAITS),
        )

        code = running.process.wait(30)

        self.assertEqual(code, 1)
        self.assertEqual(running.log()[-1], "RuntimeError: cannot be prepared")
        self.assertFalse(is_alive(running.number_in("pid")))

    def test_output_is_told_with_the_programs_name(self):
        running = self.start(program("web", "echo hello; echo trouble >&2; " + WAITS))

        running.wait_for("all ready")

        self.assertEqual(
            running.log(), ["web      | hello", "web      | trouble", "petcam   | all ready"]
        )

    def test_a_line_without_end_comes_in_pieces(self):
        endless = "head -c 100000 /dev/zero | tr '\\0' x; echo; " + WAITS
        running = self.start(program("web", endless))

        running.wait_for("all ready")

        self.assertLess(max(map(len, running.log())), 20_000)
        self.assertEqual(sum(line.count("x") for line in running.log()), 100_000)

    def test_a_log_that_nobody_reads_holds_up_nobody(self):
        noisy = "yes noise | head -n 200000; echo $$ > pid; echo ready; exec sleep 60"
        supervisor = subprocess.Popen(
            [sys.executable, str(SUPERVISED), json.dumps([[program("web", noisy)]])],
            cwd=self.directory,
            stderr=subprocess.PIPE,
        )
        self.addCleanup(supervisor.stderr.close)
        self.addCleanup(supervisor.kill)

        wait_until((self.directory / "pid").exists, "end of the noise")
        supervisor.terminate()

        self.assertEqual(supervisor.wait(30), 0)

    def test_a_program_that_ends_is_started_again_with_growing_waits(self):
        running = self.start(program("web", "exit 3"), program("streamer", WAITS))

        running.wait_for("starting again in 2 s")

        self.assertEqual(
            running.log()[:3],
            [
                f"web      | ended with code 3; starting again in {delay} s"
                for delay in ("0.2", "1", "2")
            ],
        )

    def test_a_killed_program_is_ready_again_within_a_second(self):
        running = self.start(program("web", "echo $$ > pid; echo ready; exec sleep 60"))
        running.wait_for("all ready")
        first = running.number_in("pid")

        began = time.monotonic()
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: running.number_in("pid") != first, "second life", running.log)

        self.assertLess(time.monotonic() - began, 1)
        self.assertIn("was ended by SIGKILL; starting again in 0.2 s", running.log()[-1])

    def test_what_a_killed_program_has_started_ends_with_it(self):
        running = self.start(program("web", "sleep 60 & echo $! > helper; echo ready; wait"))
        running.wait_for("all ready")
        helper = running.number_in("helper")
        shell = int(Path(f"/proc/{helper}/stat").read_text().rpartition(")")[2].split()[1])

        os.kill(shell, signal.SIGKILL)

        wait_until(lambda: not is_alive(helper), "end of the helper", running.log)

    def test_a_program_that_does_not_get_ready_is_killed_and_started_again(self):
        running = self.start(program("web", "exec sleep 60", ready_within_s=0.2))

        running.wait_for("web      | was not ready in time; starting again in 1 s")

    def test_a_program_that_does_not_exist_is_named_and_tried_again(self):
        running = self.start({"name": "web", "command": ["/nowhere/web"]})

        running.wait_for("cannot be started")
        running.wait_for("starting again in 1 s")

        self.assertEqual(running.stop(), 0)

    def test_sigterm_stops_the_second_stage_first(self):
        says = "trap 'echo {0} >> order; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
        running = self.start(
            program("web", says.format("web")), first=program("broker", says.format("broker"))
        )
        running.wait_for("all ready")

        code = running.stop(signal.SIGTERM)

        order = (running.directory / "order").read_text().split()
        self.assertEqual((code, order), (0, ["web", "broker"]))

    def test_it_stops_while_something_still_starts(self):
        running = self.start(program("web", "echo starting; exec sleep 60"))
        running.wait_for("starting")

        self.assertEqual(running.stop(signal.SIGINT), 0)

    def test_a_program_that_does_not_stop_is_killed(self):
        stubborn = "trap '' TERM; echo $$ > pid; echo ready; while :; do sleep 0.05; done"
        running = self.start(program("web", stubborn, stop_within_s=0.3))
        running.wait_for("all ready")

        code = running.stop()

        self.assertEqual(code, 0)
        self.assertFalse(is_alive(running.number_in("pid")))
        self.assertIn("did not stop within 0.3 s", running.log()[-1])

    def test_nothing_outlives_a_killed_supervisor_not_even_grandchildren(self):
        stubborn = "trap '' TERM HUP; echo $$ > {0}; while :; do sleep 0.05; done"
        child = f"({stubborn.format('grandchild')}) & echo ready; {stubborn.format('child')}"
        running = self.start(program("web", child))
        running.wait_for("all ready")
        # $$ in a subshell is the shell's own number, so the grandchild is found by its parent.
        child_pid = running.number_in("child")
        children = Path(f"/proc/{child_pid}/task/{child_pid}/children").read_text().split()
        family = [child_pid, *map(int, children)]

        running.process.kill()

        for pid in family:
            wait_until(lambda pid=pid: not is_alive(pid), f"end of {pid}", running.log)

    def test_nothing_outlives_a_supervisor_whose_keeper_is_killed_with_it(self):
        running = self.start(program("web", "echo $$ > pid; echo ready; exec sleep 60"))
        running.wait_for("all ready")
        web = running.number_in("pid")
        supervisor = running.process.pid
        children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
        keeper = next(pid for pid in map(int, children) if pid != web)

        os.kill(keeper, signal.SIGKILL)
        running.process.kill()

        wait_until(lambda: not is_alive(web), "end of the program", running.log)

    def test_a_lost_keeper_does_not_stop_anything(self):
        running = self.start(program("web", "echo $$ > pid; echo ready; exec sleep 60"))
        running.wait_for("all ready")
        web = running.number_in("pid")
        supervisor = running.process.pid
        children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()

        os.kill(next(pid for pid in map(int, children) if pid != web), signal.SIGKILL)
        os.kill(web, signal.SIGKILL)
        wait_until(lambda: running.number_in("pid") != web, "second life", running.log)

        self.assertEqual(
            running.log(),
            ["petcam   | all ready", "web      | was ended by SIGKILL; starting again in 0.2 s"],
        )
        self.assertEqual(running.stop(), 0)
