"""Makes a film of a day's keyframes: a long time seen in a short one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from av.video.frame import VideoFrame

from recordings.files.clip_writer import ClipRefused, Made, Mp4File, OnProgress, new_file
from recordings.files.frames import SegmentFile, SegmentUnreadable, open_segment
from recordings.files.jobs import Piece
from recordings.files.layout import FragmentEntry
from streaming.media.clock import VIDEO_CLOCK_RATE


@dataclass(frozen=True, slots=True)
class Film:
    """How it shall be: so many frames at most, shown so many a second, no wider than `width_px`."""

    frames: int = 1500
    fps: int = 25
    width_px: int = 1280


class Picks:
    """Chooses keyframes that are equally far apart in the time that was recorded."""

    def __init__(self, total_90k: int, frames: int) -> None:
        """`total_90k`: how much was recorded in all."""
        self._step = max(1, -(-total_90k // frames))
        self._before = self._due = 0

    def of(self, piece: Piece, segment: SegmentFile) -> list[FragmentEntry]:
        """The fragments that begin with this piece's; call it for each piece, in order."""
        picked = []
        for fragment in segment.fragments:
            t_90k = fragment.first_90k
            if not (fragment.starts_with_keyframe and piece.from_90k <= t_90k < piece.to_90k):
                continue
            elapsed = self._before + t_90k - piece.from_90k
            if elapsed >= self._due:
                picked.append(fragment)
                self._due = elapsed - elapsed % self._step + self._step
        self.leave_out(piece)
        return picked

    def leave_out(self, piece: Piece) -> None:
        """Go on behind the piece."""
        self._before += piece.to_90k - piece.from_90k


def make_timelapse(
    pieces: Sequence[Piece],
    target: Path,
    *,
    on_progress: OnProgress,
    film: Film | None = None,
    began_at: datetime | None = None,
) -> Made:
    """Write `target` with keyframes of `pieces`. Nothing else of them is read or decoded.

    Raises as `clip_writer.copy_clip` does, but pictures may change as they like.
    """
    film = film or Film()
    total_90k = sum(piece.to_90k - piece.from_90k for piece in pieces)
    picks = Picks(total_90k, film.frames)
    lasts_90k = VIDEO_CLOCK_RATE // film.fps
    skipped = 0
    with new_file(target) as path:
        with Mp4File(path, began_at=began_at) as file:
            for number, piece in enumerate(pieces):
                on_progress(number / len(pieces))
                try:
                    with open_segment(piece.path) as segment:
                        for picture in _keyframes(segment, picks.of(piece, segment)):
                            at_90k = file.frames * lasts_90k
                            file.encode(picture, at_90k, lasts_90k, width_px=film.width_px)
                except SegmentUnreadable:
                    picks.leave_out(piece)
                    skipped += 1
        if not file.frames:
            raise ClipRefused("Nothing was recorded in this time.")
        return Made(path.stat().st_size, file.frames, file.duration_90k, skipped)


def _keyframes(segment: SegmentFile, fragments: Sequence[FragmentEntry]) -> Iterator[VideoFrame]:
    """The pictures that these fragments begin with."""
    if not fragments:
        return
    with segment.reading(fragments) as reading:
        wanted = frozenset(fragment.first_90k for fragment in fragments)
        for _, picture in reading.keyframes(wanted):
            yield picture
