"""Who goes first where processes and threads share a machine. On Linux; nothing elsewhere."""

import contextlib
import os
import threading


def step_back(niceness: int) -> None:
    """Gives this thread only what nobody else wants; `niceness` counts where that is not known."""
    # On Linux both are each thread's own, whatever POSIX says of processes.
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)
    if hasattr(os, "SCHED_IDLE"):
        with contextlib.suppress(OSError):
            # To whoever wakes up, a core that does only this is free.
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def let_others_wake_first() -> None:
    """Lets everybody who wakes up for a picture go before this thread, and those it begins.

    It loses nothing of its share: what it does can wait, but must not fall behind.
    """
    if hasattr(os, "SCHED_BATCH"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
