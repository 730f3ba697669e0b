"""A TURN server for tests: coturn on loopback, with a secret and files of its own."""

import contextlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

SECRET = "known to coturn and to Petcam"
STARTS_WITHIN_S = 10
# A STUN binding request (RFC 8489 section 5): type, length, magic cookie, transaction.
BINDING_REQUEST = bytes.fromhex("000100002112a442") + b"petcam tests"


class TurnServer:
    """A context manager that starts coturn and ends it."""

    def __init__(self) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="petcam-turn-"))
        self._log_path = self._directory / "log"
        self.port = _free_port()
        self.url = f"turn:127.0.0.1:{self.port}?transport=udp"
        self.tcp_url = f"turn:127.0.0.1:{self.port}?transport=tcp"
        self.stun_url = f"stun:127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        program = shutil.which("turnserver")
        assert program, "coturn is needed: sh tools/system_packages.sh"
        options = {
            "listening-ip": "127.0.0.1",
            "listening-port": self.port,
            "relay-ip": "127.0.0.1",
            # As docs/operations.md has it: no way to anything but other relays of this server.
            "denied-peer-ip": "0.0.0.0-255.255.255.255",
            "allowed-peer-ip": "127.0.0.1",
            "relay-threads": 1,
            "realm": "petcam.test",
            "static-auth-secret": SECRET,
            "userdb": self._directory / "users",
            "pidfile": self._directory / "pid",
            "log-file": self._log_path,
        }
        flags = "-n -v --simple-log --use-auth-secret --allow-loopback-peers --no-cli"
        self._process = subprocess.Popen(
            [
                # Ends with us, however we end.
                *("setpriv", "--pdeathsig", "KILL", program),
                *flags.split(),
                *("--no-tls", "--no-dtls"),
                *(f"--{name}={value}" for name, value in options.items()),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self._wait_for_answer()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._directory)

    def _wait_for_answer(self) -> None:
        deadline = time.monotonic() + STARTS_WITHIN_S
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(0.05)
            client.connect(("127.0.0.1", self.port))
            while time.monotonic() < deadline and self._process.poll() is None:
                # Refused or silent until it listens.
                with contextlib.suppress(OSError):
                    client.send(BINDING_REQUEST)
                    client.recv(1024)
                    return
                time.sleep(0.02)
        raise AssertionError(f"coturn does not answer:\n{self._log()}")

    @contextlib.contextmanager
    def halted(self):
        """It stands still meanwhile: neither reads nor answers."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    # What the server itself has seen

    def users(self) -> set[str]:
        """The names that got a relay."""
        return set(re.findall(r"user <(\S+)>: incoming packet ALLOCATE proc", self._log()))

    def bytes_for_peers(self, user: str) -> int:
        """What `user` sent to others through a relay that has been given back."""
        pattern = rf"peer usage: .*username=<{re.escape(user)}>.* sb=(\d+)"
        return sum(map(int, re.findall(pattern, self._log())))

    def _log(self) -> str:
        return self._log_path.read_text(errors="replace") if self._log_path.exists() else ""


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
