"""How long the way to the browser and back is now: ICE connectivity checks, with no retries."""

from collections.abc import Callable
from typing import Any

from aioice import stun

_MOST_WAITING = 32


class _Check:
    """In the place of an aioice transaction."""

    def __init__(self, key: bytes, on_answer: Callable[[], None]) -> None:
        self._key = key
        self._on_answer = on_answer

    def response_received(self, message: stun.Message, address: tuple[str, int]) -> None:
        if message.message_class == stun.Class.RESPONSE and message.check_message_integrity(
            self._key
        ):
            self._on_answer()


class Pings:
    """STUN binding requests (RFC 8445 section 7.2.2) on the pair that ICE has nominated."""

    def __init__(self, ice: Any) -> None:
        self._ice = ice
        self._waiting: dict[bytes, dict[bytes, Any]] = {}

    def send(self, on_answer: Callable[[], None]) -> None:
        """Calls `on_answer` when the answer comes; never, if it or the request gets lost."""
        pair, password = self._ice._nominated.get(1), self._ice.remote_password
        if pair is None or not password:
            return
        key = password.encode()
        request = self._ice.build_request(pair, nominate=False)
        request.add_message_integrity(key)
        number = request.transaction_id

        def answered() -> None:
            self._forget(number)
            on_answer()

        while len(self._waiting) >= _MOST_WAITING:
            self._forget(next(iter(self._waiting)))
        self._waiting[number] = pair.protocol.transactions
        pair.protocol.transactions[number] = _Check(key, answered)
        pair.protocol.send_stun(request, pair.remote_addr)

    def close(self) -> None:
        while self._waiting:
            self._forget(next(iter(self._waiting)))

    def _forget(self, number: bytes) -> None:
        transactions = self._waiting.pop(number, None)
        if transactions is not None:
            transactions.pop(number, None)
