"""Reads frames out of segment files by media time: as they are coded, or as pictures."""

import io
import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from recordings.files.layout import FragmentEntry, SegmentHead
from recordings.files.names import open_regular
from recordings.files.scan import Scanned, scan

# The init segment says all there is to know: nothing is decoded to learn more.
_AS_IT_SAYS = {"analyzeduration": "0", "probesize": "32"}


class SegmentUnreadable(Exception):
    """The file is gone, or is no segment."""


class Format(NamedTuple):
    """What a decoder needs besides the frames (avcC, 14496-15 5.3.3), and how large they are."""

    parameter_sets: bytes
    width_px: int
    height_px: int


class SegmentFile:
    """A segment file open for reading, as far as it is good. For one thread at a time."""

    def __init__(self, fd: int, head: SegmentHead, scanned: Scanned) -> None:
        """Made by `open_segment`, which also closes `fd`."""
        self.head = head
        self.is_whole = not scanned.damaged
        self.fragments = _decodable(scanned)
        self._fd = fd

    def covering(self, from_90k: int, to_90k: int) -> list[FragmentEntry]:
        """The fragments with frames of a time, from the last one that a decoder can begin with."""
        if not self.fragments or self.fragments[-1].end_90k <= from_90k:
            return []
        first = 0
        for index, fragment in enumerate(self.fragments):
            if fragment.first_90k > from_90k:
                break
            if fragment.starts_with_keyframe:
                first = index
        return [fragment for fragment in self.fragments[first:] if fragment.first_90k < to_90k]

    @contextmanager
    def reading(self, fragments: Iterable[FragmentEntry]) -> Iterator["Reading"]:
        """These fragments, in order, as if the file held no others. Raises av.FFmpegError."""
        spans = [(0, self.head.init_bytes), *((f.offset, f.size) for f in fragments)]
        view = _Spans(self._fd, spans)
        with av.open(view, "r", format="mp4", options=_AS_IT_SAYS) as container:
            yield Reading(container, self.head.pts_origin)


class Reading:
    """The frames of some fragments, once."""

    def __init__(self, container: InputContainer, pts_origin: int) -> None:
        self._container, self._origin = container, pts_origin
        self.stream: VideoStream = container.streams.video[0]

    @property
    def format(self) -> Format:
        """Of all frames."""
        context = self.stream.codec_context
        return Format(bytes(context.extradata or b""), context.width, context.height)

    def packets(self) -> Iterator[tuple[int, "av.Packet[VideoStream]"]]:
        """Each frame as it is coded, with its media time."""
        for packet in self._container.demux(self.stream):
            if packet.size and packet.pts is not None:
                yield packet.pts + self._origin, packet

    def pictures(self) -> Iterator[tuple[int, VideoFrame]]:
        """Each frame that can be decoded, with its media time."""
        yield from self._decoded(packet for _, packet in self.packets())

    def keyframes(self, wanted: frozenset[int]) -> Iterator[tuple[int, VideoFrame]]:
        """The pictures of keyframes with these media times; no others are decoded."""
        yield from self._decoded(
            packet for t_90k, packet in self.packets() if packet.is_keyframe and t_90k in wanted
        )

    def _decoded(
        self, packets: Iterable["av.Packet[VideoStream]"]
    ) -> Iterator[tuple[int, VideoFrame]]:
        """What cannot be decoded is left out."""
        codec = self.stream.codec_context
        # One thread: whoever watches live comes first.
        codec.thread_count = 1
        for packet in chain(packets, [None]):
            try:
                frames = codec.decode(packet)
            except av.error.InvalidDataError:
                continue
            for frame in frames:
                if frame.pts is not None:
                    yield frame.pts + self._origin, frame


@contextmanager
def open_segment(path: Path, *, is_checked: bool = False) -> Iterator[SegmentFile]:
    """A segment, also one that still grows: what is whole now. Raises SegmentUnreadable.

    With `is_checked` all of it is read, and what is damaged left out.
    """
    try:
        fd = open_regular(path)
    except OSError as error:
        raise SegmentUnreadable(str(error)) from error
    try:
        scanned = scan(fd, is_checked=is_checked)
        if scanned.head is None:
            raise SegmentUnreadable(scanned.problem)
        yield SegmentFile(fd, scanned.head, scanned)
    finally:
        os.close(fd)


def _decodable(scanned: Scanned) -> list[FragmentEntry]:
    """All fragments but the damaged ones and those after them that refer to what is gone."""
    damaged = frozenset(scanned.damaged)
    kept = []
    is_broken = False
    for number, fragment in enumerate(scanned.fragments):
        is_broken = number in damaged or (is_broken and not fragment.starts_with_keyframe)
        if not is_broken:
            kept.append(fragment)
    return kept


class _Spans(io.RawIOBase):
    """Some spans of a file, one after the other, as a file to read."""

    def __init__(self, fd: int, spans: Sequence[tuple[int, int]]) -> None:
        """Each span as (offset, size). The file stays open when this is closed."""
        super().__init__()
        self._fd, self._at = fd, 0
        # Where each span begins here, and in the file.
        self._starts: list[int] = []
        self._offsets: list[int] = []
        self._size = 0
        for offset, size in spans:
            if not self._offsets or offset - self._offsets[-1] != self._size - self._starts[-1]:
                self._starts.append(self._size)
                self._offsets.append(offset)
            self._size += size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, of one span."""
        span = bisect_right(self._starts, self._at) - 1
        end = self._starts[span + 1] if span + 1 < len(self._starts) else self._size
        count = end - self._at if size < 0 else min(size, end - self._at)
        if count <= 0:
            return b""
        data = os.pread(self._fd, count, self._offsets[span] + self._at - self._starts[span])
        self._at += len(data)
        return data
