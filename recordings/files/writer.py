"""Writes one segment file so that a crash at any instant costs the last moments of it alone."""

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from recordings.files.disk import OS_FILES, DiskProblem, Files, problem_of
from recordings.files.faultpoints import faultpoint
from recordings.files.layout import FragmentEntry, SegmentStart, fragment_parts
from streaming.media.access_unit import AccessUnit
from streaming.media.clock import VIDEO_CLOCK_RATE
from streaming.media.fmp4 import TrackSample, nals_to_keep, sample_of

DIGEST_BYTES = 32
Digest = bytes
LONGEST_FRAGMENT_90K = VIDEO_CLOCK_RATE // 2
LARGEST_FRAGMENT = 256 * 1024
# Where keyframes come faster, not each begins a fragment.
_SHORTEST_FRAGMENT_90K = VIDEO_CLOCK_RATE // 4
# As many as one writev takes, with room for the head.
_MOST_SAMPLES = 512
_FIRST_INTERVAL = VIDEO_CLOCK_RATE // 30


@dataclass(frozen=True, slots=True)
class Written:
    """What a segment holds: whole fragments only. `digest` is the BLAKE2b of all but the samples,
    which the checks of their fragments stand for.

    Times are media times (90 kHz). Without frames both are the segment's origin.
    """

    bytes: int
    first_90k: int
    end_90k: int
    frames: int
    digest: Digest


class SegmentFailed(Exception):
    """The disk failed, and the segment ended with what it holds (`kept`).

    With `is_suspect` the disk did not say that what it had taken is lasting: whether it is can only
    be known by reading it again after the disk was away.
    """

    def __init__(
        self, reason: DiskProblem, kept: Written, *, is_suspect: bool, detail: str
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.kept = kept
        self.is_suspect = is_suspect

    @property
    def kept_bytes(self) -> int:
        return self.kept.bytes


@dataclass(frozen=True, slots=True)
class _Sample:
    data: bytes
    pts_90k: int
    is_keyframe: bool


class SegmentWriter:
    """One growing segment file. Every method may block on the disk; one thread at a time.

    After SegmentFailed, `close` or `abandon` it is over. Nothing of it is ever synced again after a
    sync has failed: the kernel may have thrown away what it could not write, and would say so once.
    """

    def __init__(
        self, folder: Path, name: str, start: SegmentStart, *, files: Files = OS_FILES
    ) -> None:
        """Make the file, which must not exist, and write its head.

        Raises SegmentFailed(kept_bytes=0); then there is no such file.
        """
        self.head = start.head
        self.path = folder / name
        self.bytes = self.synced_bytes = self.frames = 0
        self.first_90k = self.end_90k = start.head.pts_origin
        self._parameter_sets = start.parameter_sets
        self._files = files
        self._digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
        self._fragments = 0
        self._pending: list[_Sample] = []
        self._pending_bytes = 0
        self._interval = _FIRST_INTERVAL
        self._fd = -1
        try:
            self._fd = files.create(self.path)
            faultpoint("after_file_create")
            files.fsync_dir(folder)
            faultpoint("after_folder_sync")
            self._append([start.init])
        except OSError as error:
            raise self._never_was(error) from error
        faultpoint("after_init_write")

    def add(self, unit: AccessUnit) -> FragmentEntry | None:
        """Take the next unit; the fragment that was written before it, if one was.

        Raises SegmentFailed, and CameraProblem(B_FRAMES) for a unit that cannot be recorded (the
        segment lives on). A unit without a picture is left out.
        """
        # Players that read several files as one (ffmpeg, by HLS) know the first one's head alone.
        known = self._parameter_sets if self.frames or self._pending else ()
        sample = sample_of(nals_to_keep(unit), known)
        if not sample:
            return None
        entry = self._write_pending(unit.pts_90k) if self._is_due(unit, len(sample)) else None
        if self._pending:
            self._interval = unit.pts_90k - self._pending[-1].pts_90k
        self._pending.append(_Sample(sample, unit.pts_90k, unit.is_keyframe))
        self._pending_bytes += len(sample)
        return entry

    def flush(self, next_90k: int | None = None) -> FragmentEntry | None:
        """Write what waits, as when no unit has come for half a second; None if nothing waits.

        The last picture lasts until `next_90k`, the next one's media time, if that is known, else
        for the usual interval. Raises SegmentFailed.
        """
        return self._write_pending(next_90k) if self._pending else None

    def flush_known(self) -> FragmentEntry | None:
        """Write what waits but for the newest picture: how long that lasts is not known yet.

        None when that would be too short for a fragment. Raises SegmentFailed.
        """
        if not self._pending:
            return None
        newest = self._pending[-1]
        if newest.pts_90k - self._pending[0].pts_90k < _SHORTEST_FRAGMENT_90K:
            return None
        entry = self._write(self._pending[:-1], newest.pts_90k)
        self._pending, self._pending_bytes = [newest], len(newest.data)
        return entry

    def sync(self) -> None:
        """Make lasting what was written; call it once a second. Raises SegmentFailed."""
        if self.synced_bytes == self.bytes:
            return
        try:
            self._files.fdatasync(self._fd)
        except OSError as error:
            raise self._over(error, is_suspect=True) from error
        self.synced_bytes = self.bytes
        faultpoint("after_data_sync")

    def close(self, next_90k: int | None = None, *, is_gap: bool = False) -> Written:
        """End the segment lastingly; what it holds. Raises SegmentFailed.

        `next_90k` is the media time of the picture that begins the next segment, if there is one,
        and `is_gap` whether pictures are missing before it.
        """
        if is_gap and next_90k is not None and self._pending:
            next_90k = min(next_90k, self._pending[-1].pts_90k + self._interval)
        self.flush(next_90k)
        faultpoint("before_last_sync")
        try:
            self._files.fsync(self._fd)
        except OSError as error:
            raise self._over(error, is_suspect=True) from error
        faultpoint("after_last_sync")
        self.synced_bytes = self.bytes
        self.abandon()
        return self._written()

    def abandon(self) -> None:
        """Let go of the file as it is. Harmless when it is over."""
        if self._fd >= 0:
            # What it would say has been said by the sync before.
            with suppress(OSError):
                self._files.close(self._fd)
            self._fd = -1

    def _is_due(self, unit: AccessUnit, size: int) -> bool:
        """Whether what waits is written before this unit joins it.

        A keyframe begins a fragment, so that players can begin with it, but not more often than
        needed where all or most are keyframes.
        """
        if not self._pending:
            return False
        first = self._pending[0]
        lasts_90k = unit.pts_90k - first.pts_90k
        if unit.is_keyframe and not (first.is_keyframe and lasts_90k < _SHORTEST_FRAGMENT_90K):
            return True
        is_long = lasts_90k + self._interval > LONGEST_FRAGMENT_90K
        is_large = self._pending_bytes + size > LARGEST_FRAGMENT
        return is_long or is_large or len(self._pending) >= _MOST_SAMPLES

    def _write_pending(self, next_90k: int | None) -> FragmentEntry:
        pending, self._pending, self._pending_bytes = self._pending, [], 0
        if next_90k is not None:
            self._interval = max(1, next_90k - pending[-1].pts_90k)
        return self._write(pending, pending[-1].pts_90k + self._interval)

    def _write(self, samples: Sequence[_Sample], end_90k: int) -> FragmentEntry:
        """A fragment that lasts until then."""
        ends = [sample.pts_90k for sample in samples[1:]] + [end_90k]
        track = [
            TrackSample(end - sample.pts_90k, len(sample.data), sample.is_keyframe)
            for sample, end in zip(samples, ends, strict=True)
        ]
        first = samples[0]
        decode_time = first.pts_90k - self.head.pts_origin
        data = [sample.data for sample in samples]
        parts = fragment_parts(self._fragments + 1, decode_time, track, data)
        offset = self.bytes
        faultpoint("before_fragment_write")
        try:
            self._append(parts)
        except OSError as error:
            raise self._over(error, is_suspect=False) from error
        faultpoint("after_fragment_write")
        self._fragments += 1
        self.frames += len(samples)
        self.end_90k = end_90k
        size = self.bytes - offset
        return FragmentEntry(offset, size, first.pts_90k, end_90k, len(samples), first.is_keyframe)

    def _append(self, parts: Sequence[bytes]) -> None:
        """Write all of it, however few bytes go in at a time; then it counts."""
        total = sum(map(len, parts))
        rest: Sequence[bytes | memoryview] = parts
        left = total
        while left:
            written = self._files.write(self._fd, rest)
            left -= written
            if left:
                rest = _without(rest, written)
        # The head has a check of the samples: so they need not be read twice.
        self._digest.update(parts[0])
        self.bytes += total

    def _over(self, error: OSError, *, is_suspect: bool) -> SegmentFailed:
        """End with the whole fragments. What a full disk took before is synced, once."""
        try:
            self._files.truncate(self._fd, self.bytes)
            if not is_suspect:
                self._files.fdatasync(self._fd)
                self.synced_bytes = self.bytes
        except OSError:
            is_suspect = True
        self.abandon()
        detail = f"{os.strerror(error.errno or 0)}: {self.path.name}"
        return SegmentFailed(
            problem_of(error), self._written(), is_suspect=is_suspect, detail=detail
        )

    def _never_was(self, error: OSError) -> SegmentFailed:
        """Take away a file that this writer has made, but not one that was there."""
        if self._fd >= 0:
            self.abandon()
            with suppress(OSError):
                self._files.unlink(self.path)
        self.bytes = 0
        detail = f"{os.strerror(error.errno or 0)}: {self.path.name}"
        return SegmentFailed(problem_of(error), self._written(), is_suspect=False, detail=detail)

    def _written(self) -> Written:
        return Written(self.bytes, self.first_90k, self.end_90k, self.frames, self._digest.digest())


def _without(parts: Sequence[bytes | memoryview], count: int) -> list[bytes | memoryview]:
    """The parts without their first `count` bytes; nothing is copied."""
    for index, part in enumerate(parts):
        if count < len(part):
            return [memoryview(part)[count:], *parts[index + 1 :]]
        count -= len(part)
    return []
