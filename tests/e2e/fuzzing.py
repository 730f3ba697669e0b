"""Hostile bytes for a running portal: slots, NAL units and offers, seeded and bounded."""

import json
import os
import random
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from playwright.sync_api import BrowserContext
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from streaming.media.access_unit import AccessUnit
from streaming.media.ring import RingWriter
from tests.e2e.pictures import Film
from tests.e2e.portal import Portal

SHARED_MEMORY = Path("/dev/shm")
# Layout A: u32 write index, u32 interval, then 30 slots of a 48-byte header and the data.
SEED_SLOTS, SEED_STRIDE, SEED_FIRST, SEED_HEADER = 30, 3_110_448, 8, struct.Struct("<QqqiiiiQ")
SEED_BYTES = SEED_FIRST + SEED_SLOTS * SEED_STRIDE
H264 = 3
OFFERS_PER_SOCKET = 20
# One person may make four offers a second; faster ones are turned away unread.
OFFER_PAUSE_S = 0.26
EMPTY_NAL = b"\0\0\1\0\0\1"


def ring_name(mark: str) -> str:
    """A name in shared memory that nobody else uses."""
    return f"petcam-e2e-{os.getpid()}-{mark}"


def broken_unit(data: bytes, dice: random.Random) -> bytes:
    """An access unit spoilt in one of the ways in which memory, networks and cameras spoil it."""
    cut = dice.randrange(1, len(data)) if len(data) > 1 else 1
    return dice.choice(
        [
            lambda: EMPTY_NAL + data,
            lambda: data + EMPTY_NAL,
            lambda: data[:cut],
            lambda: data[cut:],
            lambda: b"",
            lambda: b"\0\0\0\1",
            lambda: data[:cut] + EMPTY_NAL + data[cut:],
            lambda: dice.randbytes(dice.randrange(1, 4000)),
            lambda: b"\0\0\1" + bytes([dice.randrange(256)]) + dice.randbytes(300),
            lambda: b"\0\0\1\x67" + dice.randbytes(dice.randrange(0, 30)) + data,
            lambda: b"\0\0\1\x68" + dice.randbytes(dice.randrange(0, 12)) + data,
            lambda: b"\0\0\1\x65" + dice.randbytes(200_000),
            lambda: bytes(b ^ (dice.random() < 0.01) * dice.randrange(256) for b in data),
        ]
    )()


class _Noisy:
    """A thread that writes a film at its own pace until closed, noisily while `is_noisy`."""

    def __init__(self, name: str) -> None:
        self.path = SHARED_MEMORY / name
        self.is_noisy = False
        self.written = self.broken = 0
        self._dice = random.Random(20)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"noisy {name}", daemon=True)

    def __enter__(self) -> Self:
        self.open()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=10)
        self.path.unlink(missing_ok=True)

    def _run(self) -> None:
        film = Film()
        due = time.monotonic()
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            due += 1 / film.fps
            data, is_keyframe = next(film)
            self.write(film.frame_number, data, is_keyframe)
            self.written += 1

    def open(self) -> None:
        raise NotImplementedError

    def write(self, number: int, data: bytes, is_keyframe: bool) -> None:
        raise NotImplementedError


class NoisyRing(_Noisy):
    """Our own layout: broken access units, and random bytes thrown over header and slots."""

    def open(self) -> None:
        self._writer = RingWriter(self.path, payload_bytes=4 * 1024 * 1024)
        self._spoilt = False

    def write(self, number: int, data: bytes, is_keyframe: bool) -> None:
        if self.is_noisy:
            self._throw_bytes()
            if self._dice.random() < 0.5:
                data = broken_unit(data, self._dice)
                is_keyframe = is_keyframe ^ (self._dice.random() < 0.2)
            for _ in range(2):
                self._write(broken_unit(data or b"\0", self._dice), False)
        elif is_keyframe and self._spoilt:
            # What a restarted producer does: a new file, because the old header is rubbish.
            self._writer.close()
            self.open()
        self._write(data, is_keyframe)

    def _write(self, data: bytes, is_keyframe: bool) -> None:
        now = time.monotonic_ns()
        unit = AccessUnit(data, now, now * 9 // 100_000, is_keyframe, 640, 480)
        try:
            self._writer.write(unit)
        except ValueError:
            return  # the writer refuses what cannot be a unit: nothing to read then
        finally:
            self.broken += self.is_noisy

    def _throw_bytes(self) -> None:
        """Random bytes anywhere in the file, more often where header and slot table are."""
        self._spoilt = True
        size = self.path.stat().st_size
        with self.path.open("r+b") as file:
            for end in (64, 256, 70_000, size):
                if self._dice.random() < 0.2:
                    file.seek(self._dice.randrange(min(end, size)))
                    file.write(self._dice.randbytes(self._dice.randrange(1, 64)))
                    self.broken += 1


class NoisySeedRing(_Noisy):
    """Layout A: headers with random numbers in them, sizes beyond the slot, jumping indices."""

    def open(self) -> None:
        with self.path.open("wb") as file:
            file.truncate(SEED_BYTES)
        self._index = 0

    def write(self, number: int, data: bytes, is_keyframe: bool) -> None:
        seconds, nanoseconds = divmod(time.monotonic_ns(), 1_000_000_000)
        fields = [number, seconds, nanoseconds, 0, 640, 480, H264, len(data)]
        if self.is_noisy and self._dice.random() < 0.7:
            self.broken += 1
            spoilt = self._dice.randrange(len(fields))
            fields[spoilt] = self._dice.choice([0, 1, 2**31 - 1, self._dice.randrange(2**31)])
            data = broken_unit(data, self._dice)
        slot = SEED_FIRST + self._index % SEED_SLOTS * SEED_STRIDE
        jump = self._dice.choice([-5, 2, 31, 2**31]) if self.is_noisy and number % 20 == 0 else 1
        self._index = max(0, self._index + jump) % 2**32
        with self.path.open("r+b") as file:
            file.seek(slot)
            file.write(SEED_HEADER.pack(*fields) + data[: SEED_STRIDE - SEED_HEADER.size])
            file.seek(0)
            file.write(struct.pack("<I", self._index))


def broken_offer(offer: str, dice: random.Random) -> object:
    """An offer spoilt in one of many ways; may be no text at all."""
    lines = offer.split("\r\n")
    at = dice.randrange(len(lines))
    return dice.choice(
        [
            lambda: "\r\n".join(lines[:at]),
            lambda: "\r\n".join(lines[:at] + lines[at + 1 :]),
            lambda: "\r\n".join([*lines[:at], lines[at], *lines[at:]]),
            lambda: "\r\n".join(dice.sample(lines, len(lines))),
            lambda: offer.replace("H264", "VP8"),
            lambda: offer.replace("m=video", "m=application"),
            lambda: offer + "a=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n" * 100,
            lambda: offer.replace("fingerprint:sha-256 ", "fingerprint:sha-256 ZZ:"),
            lambda: "".join(chr(dice.randrange(1, 0x2FF)) for _ in range(2000)),
            lambda: offer[:at] + chr(dice.randrange(1, 0x10FF)) + offer[at + 1 :],
            lambda: {"sdp": offer},
            lambda: dice.randrange(2**40),
            lambda: None,
            lambda: offer * 40,
        ]
    )()


def send_noisy_offers(
    portal: Portal, context: BrowserContext, slug: str, count: int
) -> dict[str, int]:
    """Open sessions with broken offers over the person's own socket; counts the answers.

    Reconnects when it is turned out (too many, bad message). Raises what
    websockets raises when the portal does not answer any more.
    """
    dice = random.Random(21)
    offer = _an_offer(context)
    answers: Counter[str] = Counter()
    while (left := count - answers.total()) > 0:
        with _open(portal, context, slug) as socket:
            for _ in range(min(left, OFFERS_PER_SOCKET)):
                answer = _offer(socket, broken_offer(offer, dice), f"{dice.getrandbits(128):032x}")
                answers[answer] += 1
                time.sleep(OFFER_PAUSE_S)
                if answer.startswith("closed"):
                    break
    return dict(answers)


def _offer(socket: ClientConnection, sdp: object, session: str) -> str:
    """Send one offer and end the session at once; the answer in short."""
    try:
        socket.send(json.dumps({"type": "session.open", "session": session, "sdp": sdp}))
        answer = _answer(socket)
        socket.send(json.dumps({"type": "session.close", "session": session}))
        return answer
    except ConnectionClosed as closed:
        return f"closed {closed.rcvd.code if closed.rcvd else 'without a code'}"


def _an_offer(context: BrowserContext) -> str:
    page = context.pages[0]
    offer: str = page.evaluate(
        """async () => {
            const peer = new RTCPeerConnection();
            peer.addTransceiver("video", { direction: "recvonly" });
            const offer = await peer.createOffer();
            peer.close();
            return offer.sdp;
        }"""
    )
    return offer


@contextmanager
def _open(portal: Portal, context: BrowserContext, slug: str) -> Iterator[ClientConnection]:
    """The camera's live socket with the person's cookies."""
    cookies = "; ".join(f"{c['name']}={c['value']}" for c in context.cookies())
    opening = connect(
        f"ws{portal.url.removeprefix('http')}ws/cameras/{slug}/live/",
        additional_headers={"Cookie": cookies},
        origin=portal.url.rstrip("/"),
        open_timeout=5,
        compression=None,
    )
    with opening as socket:
        socket.recv(timeout=5)
        yield socket


def _answer(socket: ClientConnection) -> str:
    """The next answer to an offer, in short; news of the camera are passed over."""
    deadline = time.monotonic() + 5
    while (left := deadline - time.monotonic()) > 0:
        try:
            message = json.loads(socket.recv(timeout=left))
        except TimeoutError:
            break
        if message["type"].startswith("session."):
            return f"{message['type']} {message.get('code', '')}".strip()
    return "no answer"
