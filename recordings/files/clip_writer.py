"""Makes one ordinary MP4 of some time out of segments: a file that plays everywhere.

Without encoding, it begins with the keyframe at or before the first frame that was asked for. With
encoding, it has exactly those frames. Where nothing was recorded it goes on at once with what was
recorded next.
"""

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
from av.container import OutputContainer
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from recordings.files.disk import OS_FILES
from recordings.files.frames import Format, Reading, SegmentUnreadable, open_segment
from recordings.files.jobs import Piece
from streaming.media.clock import VIDEO_CLOCK_RATE

PART_SUFFIX = ".part"
# A longer pause is a gap even by one clock, and is cut out.
_LONGEST_PAUSE_90K = 2 * VIDEO_CLOCK_RATE
_FIRST_INTERVAL = VIDEO_CLOCK_RATE // 30
_TIME_BASE = Fraction(1, VIDEO_CLOCK_RATE)
# Chroma is half as wide and high in both; the second has full-range colours.
_PIXEL_FORMATS = ("yuv420p", "yuvj420p")

# Is told the share that is done, 0 to 1, with every frame. It may raise to stop.
OnProgress = Callable[[float], None]


class ClipRefused(Exception):
    """There can be no such clip; the text says why, for people."""


@dataclass(frozen=True, slots=True)
class Made:
    """A file that was made. `skipped` of the segments that were wanted could not be read, or not
    all of them."""

    bytes: int
    frames: int
    duration_90k: int
    skipped: int = 0


@contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """A new file beside `target`, which becomes `target`, whole and lasting, at the end.

    If the block raises, nothing is left. Raises OSError as the disk does.
    """
    path = target.with_name(f"{target.name}.{secrets.token_hex(4)}{PART_SUFFIX}")
    OS_FILES.close(OS_FILES.create(path))
    try:
        yield path
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            OS_FILES.fsync(fd)
        finally:
            OS_FILES.close(fd)
        OS_FILES.rename(path, target)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    OS_FILES.fsync_dir(target.parent)


class Mp4File:
    """An MP4 with one H.264 track, its index in front. A context manager; not thread-safe.

    Begins with the first packet or picture; `frames` and `duration_90k` say what is in it.
    """

    def __init__(self, path: Path, *, began_at: datetime | None = None) -> None:
        """`path` is a file that may be written over. Raises OSError and av.FFmpegError."""
        self.frames = self.duration_90k = 0
        self._file: OutputContainer = av.open(
            str(path), "w", format="mp4", options={"movflags": "faststart"}
        )
        if began_at is not None:
            self._file.metadata["creation_time"] = began_at.isoformat()
        self._copies: VideoStream | None = None
        self._encodes: VideoStream | None = None

    def __enter__(self) -> "Mp4File":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if kind is not None:
            # It is thrown away; what closing has to say of it would hide the reason.
            with suppress(OSError, av.FFmpegError):
                self._file.close()
            return
        if self._encodes is not None:
            self._mux(self._encodes.encode(None))
        self._file.close()

    def copy(
        self, packet: "av.Packet[VideoStream]", at_90k: int, lasts_90k: int, *, like: VideoStream
    ) -> None:
        """Add a frame as it is, from a stream whose parameter sets all frames here have."""
        if self._copies is None:
            self._copies = self._file.add_stream_from_template(like)
        packet.stream = self._copies
        packet.time_base = _TIME_BASE
        packet.pts = packet.dts = at_90k
        packet.duration = lasts_90k
        self._mux([packet])
        self._count(at_90k, lasts_90k)

    def encode(self, picture: VideoFrame, at_90k: int, lasts_90k: int, *, width_px: int) -> None:
        """Add a picture. The first one decides the size, at most `width_px` wide."""
        stream = self._encodes or self._encoder(picture, width_px)
        context = stream.codec_context
        picture = picture.reformat(context.width, context.height, context.pix_fmt)
        picture.pict_type = PictureType.NONE
        picture.pts, picture.time_base, picture.duration = at_90k, _TIME_BASE, lasts_90k
        self._mux(stream.encode(picture))
        self._count(at_90k, lasts_90k)

    def _count(self, at_90k: int, lasts_90k: int) -> None:
        self.frames += 1
        self.duration_90k = at_90k + lasts_90k

    def _mux(self, packets: Sequence["av.Packet[VideoStream]"]) -> None:
        for packet in packets:
            self._file.mux(packet)

    def _encoder(self, first: VideoFrame, width_px: int) -> VideoStream:
        stream = self._file.add_stream("libx264", rate=30)
        assert isinstance(stream, VideoStream)
        context = stream.codec_context
        context.width, context.height = _even_size(first, width_px)
        is_known = first.format.name in _PIXEL_FORMATS
        context.pix_fmt = first.format.name if is_known else _PIXEL_FORMATS[0]
        context.time_base = stream.time_base = _TIME_BASE
        context.color_range, context.colorspace = first.color_range, first.colorspace
        context.color_primaries, context.color_trc = first.color_primaries, first.color_trc
        context.thread_count = 1
        # Without B-frames a frame is where its media time says, in every player.
        context.options = {"preset": "veryfast", "crf": "20", "profile": "high", "bf": "0"}
        self._encodes = stream
        return stream


def copy_clip(
    pieces: Sequence[Piece],
    target: Path,
    *,
    on_progress: OnProgress,
    began_at: datetime | None = None,
) -> Made:
    """Write `target` with the frames of `pieces` as they are, from a keyframe on.

    Raises ClipRefused when there are none or no one file can hold them all; OSError and
    av.FFmpegError as disk and library do. Then there is no file.
    """
    work = _Work(pieces, on_progress)
    with new_file(target) as path:
        with Mp4File(path, began_at=began_at) as file:
            first: Format | None = None
            for piece, reading in work.readings():
                first = first or reading.format
                _check_alike(first, reading.format)
                for t_90k, packet in reading.packets():
                    if t_90k >= piece.to_90k:
                        break
                    lasts_90k = _lasting(packet.duration)
                    at_90k = work.place(piece, t_90k, lasts_90k)
                    file.copy(packet, at_90k, lasts_90k, like=reading.stream)
        return work.made(file, path)


def encode_clip(
    pieces: Sequence[Piece],
    target: Path,
    *,
    on_progress: OnProgress,
    width_px: int,
    began_at: datetime | None = None,
) -> Made:
    """Write `target` with the frames of `pieces`, and no others, encoded again.

    Pictures of another size than the first one's are made as large. Raises as `copy_clip` does.
    """
    work = _Work(pieces, on_progress)
    with new_file(target) as path:
        with Mp4File(path, began_at=began_at) as file:
            for piece, reading in work.readings():
                for t_90k, picture in reading.pictures():
                    if t_90k >= piece.to_90k:
                        break
                    lasts_90k = _lasting(picture.duration)
                    if t_90k >= piece.from_90k:
                        at_90k = work.place(piece, t_90k, lasts_90k)
                        file.encode(picture, at_90k, lasts_90k, width_px=width_px)
        return work.made(file, path)


class _Work:
    """Goes through the pieces, lays their frames one after the other, and tells how far it is."""

    def __init__(self, pieces: Sequence[Piece], on_progress: OnProgress) -> None:
        self._pieces, self._on_progress = pieces, on_progress
        self._total_90k = max(1, sum(piece.to_90k - piece.from_90k for piece in pieces))
        self._before_90k = 0
        self._skipped = 0
        # Of the frame that was placed last: media time, place, and where it ends.
        self._piece: Piece | None = None
        self._last_90k = self._last_at = self._end_at = 0

    def readings(self) -> Iterator[tuple[Piece, Reading]]:
        """What can be read of the pieces, from a keyframe on; each is closed before the next."""
        for piece in self._pieces:
            try:
                with open_segment(piece.path, is_checked=True) as segment:
                    self._skipped += not segment.is_whole
                    fragments = segment.covering(piece.from_90k, piece.to_90k)
                    if fragments:
                        with segment.reading(fragments) as reading:
                            yield piece, reading
            except SegmentUnreadable:
                self._skipped += 1
            self._before_90k += piece.to_90k - piece.from_90k

    def place(self, piece: Piece, t_90k: int, lasts_90k: int) -> int:
        """Where in the clip a frame is, in 1/90000 s."""
        is_beside = piece is self._piece or piece.follows
        pause = t_90k - self._last_90k
        if self._piece is not None and is_beside and 0 < pause <= _LONGEST_PAUSE_90K:
            at_90k = self._last_at + pause
        else:
            at_90k = self._end_at
        self._piece, self._last_90k, self._last_at = piece, t_90k, at_90k
        self._end_at = at_90k + lasts_90k
        done = self._before_90k + min(max(0, t_90k - piece.from_90k), piece.to_90k - piece.from_90k)
        self._on_progress(done / self._total_90k)
        return at_90k

    def made(self, file: Mp4File, path: Path) -> Made:
        """What is in the file. Raises ClipRefused if it is nothing."""
        if not file.frames:
            raise ClipRefused("Nothing was recorded in this time.")
        return Made(path.stat().st_size, file.frames, file.duration_90k, self._skipped)


def _check_alike(first: Format, other: Format) -> None:
    """Raises ClipRefused for frames that one track cannot hold."""
    if first == other:
        return
    sizes = [f"{each.width_px} x {each.height_px}" for each in (first, other)]
    change = f"from {sizes[0]} to {sizes[1]}" if sizes[0] != sizes[1] else "its settings"
    raise ClipRefused(
        f"The camera changed {change} within this time. "
        "Choose a shorter one, or have the clip encoded again (exact to the frame)."
    )


def _lasting(duration: int | None) -> int:
    """How long a frame lasts that says so, in 1/90000 s."""
    return duration if duration and 0 < duration <= _LONGEST_PAUSE_90K else _FIRST_INTERVAL


def _even_size(picture: VideoFrame, width_px: int) -> tuple[int, int]:
    """As large as the picture, but no wider than asked for; chroma planes are half as large."""
    scale = min(1.0, width_px / picture.width)
    return max(2, round(picture.width * scale / 2) * 2), max(
        2, round(picture.height * scale / 2) * 2
    )
