"""A program that takes and prints lines; every wait for one is bounded."""

import json
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from typing import Any, Self

from bench.folder import CHECKOUT

STOP_S = 5.0


class Child:
    """A child process; a context manager that ends it. Not thread-safe."""

    def __init__(self, command: Sequence[object]) -> None:
        self._command = [str(word) for word in command]
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the process)
        self._process = subprocess.Popen(
            self._command,
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        self._pending = b""

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_S)
        self._process.stdin.close()
        self._process.stdout.close()
        if error is not None:
            error.add_note(f"{self._command} said:\n{self.complaints()[-2000:]}")
        self._errors.close()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def complaints(self) -> str:
        """What it wrote on stderr so far."""
        self._errors.seek(0)
        return self._errors.read().decode("utf-8", "replace")

    def send(self, **message: Any) -> None:
        """One JSON object."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        self._process.stdin.flush()

    def line(self, *, within_s: float = 20.0) -> str:
        """The next line; raises TimeoutError or EOFError."""
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        deadline = time.monotonic() + within_s
        while b"\n" not in self._pending:
            readable, _, _ = select.select(
                [descriptor], [], [], max(0, deadline - time.monotonic())
            )
            if not readable:
                raise TimeoutError(f"{self._command[0]} said nothing for {within_s:g} s")
            data = os.read(descriptor, 1 << 20)
            if not data:
                raise EOFError(f"{self._command[0]} ended")
            self._pending += data
        line, _, self._pending = self._pending.partition(b"\n")
        return line.decode()

    def message(self, *, within_s: float = 20.0) -> dict[str, Any]:
        """The next line as JSON."""
        message: dict[str, Any] = json.loads(self.line(within_s=within_s))
        return message
