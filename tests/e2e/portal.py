"""A whole portal as a person starts it: own data, own port, watched, and nothing left behind."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from petcam_site.paths import run_dir_for
from tests.e2e import processes
from tests.e2e.waiting import TooLate, until

CHECKOUT = Path(__file__).resolve().parents[2]
READY = re.compile(
    r"^Petcam is ready: (\S+)(?: user (\S+) password (\S+))?[ \t\r]*\n", re.MULTILINE
)
# What each supervised process has in its command line.
ROLES = {
    "broker": re.compile(r"valkey-server"),
    "web": re.compile(r"-m \S*daphne"),
    "bridge": re.compile(r"run_cameras"),
    "streamer": re.compile(r"run_streamer$"),
    "streamer-2": re.compile(r"run_streamer --number 2$"),
    "detector": re.compile(r"run_detector"),
    "recorder": re.compile(r"run_recorder"),
}
# Petcam's own settings never leak from the caller's shell into a test portal.
FOREIGN = ("PETCAM_", "DJANGO_", "VIRTUAL_ENV", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")


def free_port(address: str = "127.0.0.1") -> int:
    """A TCP port that nobody listens on just now."""
    with socket.create_server((address, 0)) as listener:
        return int(listener.getsockname()[1])


class Portal:
    """A running portal; a context manager that starts it and stops all of it.

    `command` is run in `checkout` with PETCAM_DATA_DIR and PETCAM_PORT of its own. Its output
    goes to `log_path`, which `failure_report` quotes. `data_dir` is kept when it was given,
    removed when it was made here. `prefix` goes before the command (`ip netns exec ...`).
    """

    def __init__(
        self,
        *,
        checkout: Path = CHECKOUT,
        command: tuple[str, ...] = (sys.executable, "manage.py", "petcam", "--demo"),
        data_dir: Path | None = None,
        environment: dict[str, str] | None = None,
        prefix: tuple[str, ...] = (),
        ready_within_s: float = 40,
    ) -> None:
        self.checkout = checkout
        self.port = free_port()
        self._command = (*prefix, *command)
        self._ready_within_s = ready_within_s
        self._made = Path(tempfile.mkdtemp(prefix="petcam-e2e-")) if data_dir is None else None
        self.data_dir = data_dir or self._made / "data"
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.log_path = self.data_dir.with_name(f"{self.data_dir.name}.log")
        kept = {name: v for name, v in os.environ.items() if not name.startswith(FOREIGN)}
        self.environment = kept | {
            "PETCAM_DATA_DIR": str(self.data_dir),
            "PETCAM_PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
            **(environment or {}),
        }
        # What the ready line says; an empty install's address carries its one-time token.
        self.url = self.greeting_url = self.user = self.password = ""
        self.started_in_s = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            error.add_note(self.failure_report())
        try:
            self.stop()
        finally:
            self._clean_up()

    def _clean_up(self) -> None:
        shutil.rmtree(run_dir_for(self.data_dir), ignore_errors=True)
        if self._made is not None:
            shutil.rmtree(self._made, ignore_errors=True)

    def start(self) -> None:
        """Start the portal and wait for its ready line; raises TooLate with the log's end."""
        began = time.monotonic()
        with self.log_path.open("ab") as log:
            already = log.tell()
            self._process = subprocess.Popen(
                self._command,
                cwd=self.checkout,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            match = until(
                lambda: self._ready(already), "the ready line", within_s=self._ready_within_s
            )
        except BaseException as error:
            error.add_note(self.failure_report())
            self.stop(check=False)
            self._clean_up()
            raise
        self.started_in_s = time.monotonic() - began
        address, user, password = match.groups()
        self.greeting_url = address
        self.url = "/".join(address.split("/")[:3]) + "/"
        self.user, self.password = user or "", password or ""

    def _ready(self, from_byte: int) -> re.Match[str] | None:
        if self._process is not None and self._process.poll() is not None:
            raise AssertionError(f"the portal ended with code {self._process.returncode}")
        text = self.log_path.read_bytes()[from_byte:].decode("utf-8", "replace")
        return READY.search(text)

    def log_text(self) -> str:
        """Everything the portal printed so far."""
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def failure_report(self, lines: int = 60) -> str:
        """The end of the log, for whoever has to find out what happened."""
        tail = "\n".join(self.log_text().splitlines()[-lines:])
        return f"--- last lines of {self.log_path} ---\n{tail}\n---"

    def pids(self) -> set[int]:
        """All living processes of this portal, orphans too.

        They carry its data directory in their environment; the broker overwrites that with its
        title, which names the run directory.
        """
        mine = processes.carrying("PETCAM_DATA_DIR", str(self.data_dir))
        mine |= processes.mentioning(str(run_dir_for(self.data_dir)))
        family = processes.descendants(self._process.pid) if self._process else set()
        return (mine | family) - {os.getpid()}

    def pid(self, role: str) -> int:
        """The process that plays `role` (see ROLES); raises TooLate when there is none."""
        return until(lambda: self._find(role), f"the {role} process", within_s=10)

    def _find(self, role: str) -> int | None:
        found = [pid for pid in self.pids() if ROLES[role].search(processes.command_line(pid))]
        leaders = [pid for pid in found if not self._is_wrapper(pid)]
        return min(leaders, default=None)

    @staticmethod
    def _is_wrapper(pid: int) -> bool:
        return processes.command_line(pid).startswith(("make", "sh ", "/bin/sh", "ip "))

    def kill(self, role: str) -> int:
        """kill -9 the process that plays `role`; returns its pid."""
        pid = self.pid(role)
        os.kill(pid, signal.SIGKILL)
        return pid

    def kill_supervisor(self, *, within_s: float = 10) -> None:
        """kill -9 `manage.py petcam`; raises TooLate when anything of it lives on."""
        assert self._process is not None
        watched = self.pids()
        pid = self.supervisor()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        until(lambda: not self._living(watched), "nothing left", within_s=within_s)

    def supervisor(self) -> int | None:
        """The pid of `manage.py petcam`."""
        found = [
            pid
            for pid in self.pids()
            if re.search(r"manage\.py petcam", processes.command_line(pid))
            and not self._is_wrapper(pid)
        ]
        return min(found, default=None)

    def stop(self, *, within_s: float = 20, check: bool = True) -> None:
        """SIGTERM to the supervisor and wait; what is left then is killed.

        With `check`, raises AssertionError when the stop was not clean: a process survived or
        the deadline passed.
        """
        if self._process is None:
            return
        watched = self.pids()
        processes.end(self.supervisor() or self._process.pid)
        try:
            until(lambda: not self._living(watched), "all processes ended", within_s=within_s)
            left: set[int] = set()
        except TooLate:
            left = self._living(watched)
        names = [f"{pid} {processes.command_line(pid)}" for pid in left]
        for pid in left:
            processes.end(pid, signal.SIGKILL)
        self._process.wait(timeout=10)
        self._process = None
        if check and names:
            raise AssertionError(f"left behind after SIGTERM and {within_s:g} s: {names}")

    def _living(self, watched: set[int]) -> set[int]:
        if self._process is not None:
            self._process.poll()
        return {pid for pid in watched | self.pids() if processes.is_alive(pid)}

    def django(self, code: str, *, within_s: float = 30) -> object:
        """Run `code` in this portal's `manage.py shell`; what it puts into `answer`, by JSON."""
        program = (
            f"answer = None\n{textwrap.dedent(code)}\nimport json\nprint(json.dumps(answer))\n"
        )
        done = subprocess.run(
            [self.python(), "manage.py", "shell", "--no-imports", "-c", program],
            cwd=self.checkout,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
        )
        if done.returncode:
            raise AssertionError(f"manage.py shell failed:\n{done.stdout}\n{done.stderr}")
        return json.loads(done.stdout.splitlines()[-1])

    def python(self) -> str:
        """The interpreter of the checkout's own virtual environment, else ours."""
        own = self.checkout / ".venv" / "bin" / "python"
        return str(own) if own.exists() else sys.executable

    def health(self, slug: str) -> dict[str, dict[str, object]]:
        """What bridge and streamer say of the camera now: {"source": {...}, "stream": {...}}."""
        answer = self.django(
            f"""
            from streaming.models import Camera
            from streaming.services import health_of
            answer = health_of(Camera.objects.get(slug={slug!r}).pk)
            """
        )
        assert isinstance(answer, dict)
        return answer
