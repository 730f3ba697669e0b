"""One camera at work: its source, its thread, its frame ring, its health."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from traceback import format_exc

from streaming.media.access_unit import AccessUnit
from streaming.media.annexb import Sanitiser, is_keyframe
from streaming.media.backoff import Backoff
from streaming.media.config import CameraConfig
from streaming.media.problems import (
    CRASHED,
    ENDED,
    NO_KEYFRAME,
    RING_BUSY,
    RING_UNWRITABLE,
    STALLED,
    STARTING,
    CameraProblem,
    Problem,
)
from streaming.media.redact import redact
from streaming.media.ring import RingBusy, RingWriter, UnitTooBig
from streaming.media.sources import Source, source_for

log = logging.getLogger(__name__)

# Without a picture for so long, the camera is not live.
SILENCE_NS = 3_000_000_000
# Pictures, but no keyframe among them for so long, is a problem of its own.
NO_KEYFRAME_NS = 10_000_000_000


@dataclass(frozen=True, slots=True)
class Counts:
    """What has come from the source since the runner was made."""

    units: int = 0
    bytes: int = 0
    dropped: int = 0
    runs: int = 0


@dataclass(frozen=True, slots=True)
class RunnerState:
    """What a camera's thread is doing; `problem` is None while pictures come."""

    problem: Problem | None
    counts: Counts
    width: int
    height: int


class CameraRunner:
    """Runs one camera's source in a thread and writes what it delivers to the frame ring.

    A source that fails is run again after a while (Backoff), whatever it failed of. All methods
    but `stop` return at once; any thread may call them.
    """

    def __init__(
        self, config: CameraConfig, *, make_source: Callable[[CameraConfig], Source] = source_for
    ) -> None:
        self.config = config
        self._make_source = make_source
        self._stop, self._keyframe_wanted = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._writer: RingWriter | None = None
        self._sanitiser = Sanitiser()
        self._counts = Counts()
        self._problem: Problem | None = STARTING
        self._size = (0, 0)
        self._run_started_ns = self._last_unit_ns = time.monotonic_ns()
        self._thread = threading.Thread(
            target=self._run, name=f"camera-{config.camera_id}", daemon=True
        )

    def start(self) -> None:
        """Begin; the ring's file exists from soon after until `stop`."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Tell the thread to end; `stop` waits for it."""
        self._stop.set()

    def stop(self, timeout_s: float = 3.0) -> bool:
        """End the thread and remove the ring. False if the thread hangs: it is left behind.

        A thread left behind can write no more.
        """
        self._stop.set()
        self._thread.join(timeout_s)
        self._close_writer()
        return not self._thread.is_alive()

    def heartbeat(self) -> None:
        """Tell readers that the writer is alive."""
        with self._lock:
            if self._writer is not None:
                self._writer.heartbeat()

    def want_keyframe(self) -> None:
        """Have the source make a keyframe soon, if it can."""
        self._keyframe_wanted.set()

    def state(self) -> RunnerState:
        """What is known now."""
        with self._lock:
            return RunnerState(self._problem_now(time.monotonic_ns()), self._counts, *self._size)

    def _problem_now(self, now_ns: int) -> Problem | None:
        if self._problem is not None:
            starved = self._counts.dropped and now_ns - self._run_started_ns > NO_KEYFRAME_NS
            return NO_KEYFRAME if self._problem is STARTING and starved else self._problem
        return STALLED if now_ns - self._last_unit_ns > SILENCE_NS else None

    def _run(self) -> None:
        backoff = Backoff()
        try:
            while not self._stop.is_set():
                started = time.monotonic()
                problem = self._run_once()
                if self._stop.is_set():
                    break
                delay_s = backoff.delay_s(time.monotonic() - started)
                log.warning("%s: trying again in %d s", self.config.slug, delay_s)
                self._note(problem)
                self._stop.wait(delay_s)
        except Exception:  # noqa: BLE001  (the end of this camera's thread, not of the others)
            log.error("%s: the camera's thread ended: %s", self.config.slug, redact(format_exc()))
            self._note(CRASHED)
        finally:
            self._close_writer()

    def _run_once(self) -> Problem:
        """Run the source to its end; what it ended of."""
        with self._lock:
            self._sanitiser = Sanitiser()
            self._counts = replace(self._counts, runs=self._counts.runs + 1)
            self._run_started_ns = time.monotonic_ns()
        try:
            self._open_writer()
            self._make_source(self.config).run(self._on_unit, self._stop)
        except CameraProblem as error:
            log.warning("%s: %s", self.config.slug, redact(str(error)))
            return error.problem
        except Exception:  # noqa: BLE001  (a source's fault must not end the camera)
            # Whatever it is, its words may quote the camera's address.
            log.error("%s: the source failed: %s", self.config.slug, redact(format_exc()))
            return CRASHED
        return ENDED

    def _on_unit(self, unit: AccessUnit) -> bool:
        self._write(unit)
        is_wanted = self._keyframe_wanted.is_set()
        self._keyframe_wanted.clear()
        return is_wanted

    def _write(self, unit: AccessUnit) -> None:
        data = self._sanitiser.clean(unit.data)
        if data is None:
            self._drop()
            return
        sps = self._sanitiser.sps
        width, height = (sps.width, sps.height) if sps else (unit.width, unit.height)
        clean = replace(unit, data=data, is_keyframe=is_keyframe(data), width=width, height=height)
        with self._lock:
            if self._writer is None or self._stop.is_set():
                return
            try:
                self._writer.write(clean)
            except UnitTooBig as error:
                log.warning("%s: a picture left out: %s", self.config.slug, error)
                self._sanitiser.lost()
                self._counts = replace(self._counts, dropped=self._counts.dropped + 1)
                return
            self._problem = None
            self._last_unit_ns = time.monotonic_ns()
            self._size = (width, height)
            self._counts = replace(
                self._counts, units=self._counts.units + 1, bytes=self._counts.bytes + len(data)
            )

    def _drop(self) -> None:
        with self._lock:
            self._counts = replace(self._counts, dropped=self._counts.dropped + 1)

    def _note(self, problem: Problem) -> None:
        with self._lock:
            self._problem = problem

    def _open_writer(self) -> None:
        """Make the ring unless there is one. Raises CameraProblem."""
        if self._writer is not None:
            return
        try:
            writer = RingWriter(
                self.config.ring_path,
                payload_bytes=self.config.ring_bytes,
                camera_number=self.config.camera_id,
            )
        except RingBusy as error:
            raise CameraProblem(RING_BUSY) from error
        except OSError as error:
            raise CameraProblem(RING_UNWRITABLE, error.strerror or "") from error
        with self._lock:
            self._writer = writer

    def _close_writer(self) -> None:
        with self._lock:
            writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
