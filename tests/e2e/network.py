"""Two hosts on one machine: network namespaces joined by a line that a test can make bad.

Needs root, iproute2 and /dev/net/tun. Traffic cannot leave the two namespaces: each has its
loopback and one TUN device, and no route to anywhere else.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.e2e.forwarder import Conditions
from tests.e2e.portal import CHECKOUT

SERVER_ADDRESS, VIEWER_ADDRESS = "10.77.0.1", "10.77.0.2"


def unavailable() -> str:
    """Why two hosts cannot be made here; empty when they can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None:
        return "iproute2 is not installed"
    return "" if Path("/dev/net/tun").exists() else "there is no /dev/net/tun"


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=10)


class TwoHosts:
    """A server and a viewer host; a context manager that removes all it made.

    `on_server` and `on_viewer` are command prefixes. Names carry this process's id, so two runs
    do not meet.
    """

    def __init__(self) -> None:
        mark = os.getpid()
        self._hosts = (f"petcam-s{mark}", f"petcam-v{mark}")
        self._tuns = (f"pcs{mark}", f"pcv{mark}")
        self.on_server = ("ip", "netns", "exec", self._hosts[0])
        self.on_viewer = ("ip", "netns", "exec", self._hosts[1])
        self._undo: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        try:
            self._start_forwarder()
            addresses = (SERVER_ADDRESS, VIEWER_ADDRESS)
            for host, tun, own, other in zip(
                self._hosts, self._tuns, addresses, reversed(addresses), strict=True
            ):
                self._make_host(host, tun, own, other)
        except BaseException:
            self._clean_up()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._clean_up()

    def _clean_up(self) -> None:
        """In the order of making: the forwarder must not read from devices that are gone."""
        while self._undo:
            self._undo.pop(0)()

    def _start_forwarder(self) -> None:
        self._forwarder = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.forwarder", *self._tuns],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._undo.append(self._end_forwarder)
        if self._answer() != "ready":
            raise AssertionError("the packet forwarder did not start")

    def _end_forwarder(self) -> None:
        self._forwarder.communicate(timeout=10)

    def _answer(self) -> str:
        assert self._forwarder.stdout is not None
        return self._forwarder.stdout.readline().strip()

    def _make_host(self, host: str, tun: str, own: str, other: str) -> None:
        _ip("netns", "add", host)
        self._undo.append(lambda: _ip("netns", "del", host))
        _ip("link", "set", tun, "netns", host)
        _ip("-n", host, "addr", "add", own, "peer", other, "dev", tun)
        _ip("-n", host, "link", "set", tun, "up")
        _ip("-n", host, "link", "set", "lo", "up")

    def line_is(self, conditions: Conditions) -> dict[str, int]:
        """Change the line; returns the packet counters so far."""
        assert self._forwarder.stdin is not None
        self._forwarder.stdin.write(json.dumps(asdict(conditions)) + "\n")
        self._forwarder.stdin.flush()
        counters: dict[str, int] = json.loads(self._answer())
        return counters
