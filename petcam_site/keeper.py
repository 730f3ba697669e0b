"""No process of Petcam outlives its supervisor, however the supervisor ends."""

import ctypes
import os
import signal
from contextlib import suppress

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with(parent_pid: int) -> None:
    """To be called between fork and exec: SIGKILL comes when the thread that forked is gone."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:  # it died before prctl
        os._exit(1)


def kill_group(group: int) -> None:
    """SIGKILL for every process that is left in the process group."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


class Keeper:
    """A forked process that kills process groups once the supervisor is gone.

    The kernel's parent-death signal reaches children only; the keeper reaches what they have
    started, too. It also keeps the supervisor's locks until nothing of it runs any more. Make it
    while the supervisor has one thread.
    """

    def __init__(self) -> None:
        wanted, self._orders = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._orders)
            _keep(wanted)
        os.close(wanted)

    def watch(self, group: int) -> None:
        """From now on the group must not outlive this process."""
        self._order(b"+%d\n" % group)

    def forget(self, group: int) -> None:
        """The group has ended."""
        self._order(b"-%d\n" % group)

    def _order(self, order: bytes) -> None:
        with suppress(BrokenPipeError):  # a lost keeper stops nobody: children still die with us
            os.write(self._orders, order)

    def close(self) -> None:
        """Ends the keeper; what it still watches is killed."""
        os.close(self._orders)
        os.waitpid(self._pid, 0)


def _keep(orders: int) -> None:
    """The keeper's life: ends when the supervisor's end of the pipe closes, by whatever cause."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    with open(orders, "rb") as lines:
        for line in lines:
            if line.startswith(b"+"):
                groups.add(int(line))
            else:
                groups.discard(-int(line))
    for group in groups:
        kill_group(group)
    os._exit(0)
