"""How much may be on its way to a viewer: daphne itself would queue without end."""

from collections import deque

CREDIT_LIMIT = 64
IN_FLIGHT_BYTES = 256 * 1024
# A viewer may collect this many messages before it gives credit for them.
FREE_MESSAGES = 8


class CreditWindow:
    """Counts messages sent against the viewer's credit, and their bytes until it gives new credit.

    Open while there is credit, and IN_FLIGHT_BYTES or FREE_MESSAGES wait to be acknowledged at
    most. Each credit given acknowledges the oldest message still on its way.
    """

    def __init__(self, credit: int = 0) -> None:
        self._credit = 0
        self._on_the_way: deque[int] = deque()
        self._bytes = 0
        self.grant(credit)

    @property
    def is_open(self) -> bool:
        is_short = len(self._on_the_way) < FREE_MESSAGES or self._bytes < IN_FLIGHT_BYTES
        return self._credit > 0 and is_short

    def grant(self, messages: int) -> None:
        """The viewer can take so many more messages."""
        self._credit = min(CREDIT_LIMIT, self._credit + messages)
        for _ in range(min(messages, len(self._on_the_way))):
            self._bytes -= self._on_the_way.popleft()

    def spend(self, size_bytes: int) -> None:
        """A message of this size was sent."""
        self._credit -= 1
        self._on_the_way.append(size_bytes)
        self._bytes += size_bytes
