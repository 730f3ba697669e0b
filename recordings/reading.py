"""Segments opened for reading: by the names that rows give them, and as far as rows say."""

import os
from types import TracebackType
from typing import Self

from recordings.files.layout import FragmentEntry, decode_time_of
from recordings.files.scan import scan
from recordings.models import Segment
from recordings.ranges import OpenFile
from recordings.services import store
from recordings.thumbnails import keyframe_in


class SegmentGone(Exception):
    """The file is not there any more, or `may_return`: its disk does not answer."""

    def __init__(self, *, may_return: bool) -> None:
        super().__init__()
        self.may_return = may_return


class OpenSegment:
    """A segment's file. Used in a `with`, or given away by `to_answer_with`."""

    def __init__(self, segment: Segment, fd: int) -> None:
        self._segment, self._fd = segment, fd
        size = os.fstat(fd).st_size
        self._is_whole = segment.state == Segment.State.COMPLETE and size == segment.bytes
        # What is written, but not in the row yet, a power cut may take back.
        self.length = min(segment.bytes, size)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        os.close(self._fd)
        if isinstance(error, OSError):
            raise SegmentGone(may_return=True) from error

    def init(self) -> bytes:
        """What comes before the fragments."""
        return os.pread(self._fd, min(self._segment.init_bytes, self.length), 0)

    def fragments(self) -> list[FragmentEntry]:
        """Those that are committed."""
        return scan(self._fd, upto_bytes=self.length).fragments

    def keyframe(self, t_90k: int) -> bytes | None:
        """See thumbnails.keyframe_in."""
        return keyframe_in(self._fd, self._segment.init_bytes, self.fragments(), t_90k)

    def to_answer_with(self, *, shift_90k: int = 0) -> OpenFile:
        """All of it, with decode times so much later than in the file. Raises SegmentGone."""
        try:
            later = self._later(shift_90k) if shift_90k else []
        except OSError as error:
            os.close(self._fd)
            raise SegmentGone(may_return=True) from error
        etag = bytes(self._segment.digest).hex() if self._is_whole else ""
        return OpenFile(
            fd=self._fd,
            length=self.length,
            content_type="video/mp4",
            etag=f"{etag}-{shift_90k:x}" if etag and shift_90k else etag,
            is_growing=self._segment.state == Segment.State.WRITING,
            instead=later,
        )

    def _later(self, shift_90k: int) -> list[tuple[int, bytes]]:
        origin_90k = self._segment.pts_origin - shift_90k
        return [decode_time_of(entry, entry.first_90k - origin_90k) for entry in self.fragments()]


def opened(segment: Segment) -> OpenSegment:
    """The segment's file, open; raises SegmentGone."""
    try:
        return OpenSegment(segment, store().open_segment(segment.folder, segment.uuid))
    except FileNotFoundError:
        raise SegmentGone(may_return=False) from None
    except OSError as error:
        raise SegmentGone(may_return=True) from error
