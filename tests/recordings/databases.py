"""Threads that rows are written in: at once, not at all, or only when somebody lets them."""

from collections.abc import Callable
from concurrent.futures import Executor, Future

from django.db import OperationalError


class AtOnce(Executor):
    """Does everything in the caller's thread, where a test case's transaction is.

    While `is_away` the database is away, or while `is_stuck` it does not answer: what was asked
    for then is in `stuck`.
    """

    def __init__(self) -> None:
        self.is_away = self.is_stuck = False
        self.asked = 0
        self.stuck: list[Future] = []

    def submit(self, work: Callable, /, *args: object, **named: object) -> Future:
        self.asked += 1
        future: Future = Future()
        if self.is_stuck:
            self.stuck.append(future)
            return future
        try:
            if self.is_away:
                raise OperationalError("database is locked")
            future.set_result(work(*args, **named))
        except Exception as error:  # noqa: BLE001  (as executors do)
            future.set_exception(error)
        return future
