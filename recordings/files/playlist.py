"""HLS playlists (RFC 8216) of recorded segments: parts of their files, by byte range.

Each segment file counts its decode times from zero and brings its own parameter sets, so between
two of them there is a discontinuity; the wall clock is told again after each. Players that take no
notice of that (ffmpeg reads all of it as one file, and throws away what goes back in time) are
helped by `?shift=`, which has the decode times go on. Parts are short enough that a player starts
at once.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from recordings.files.layout import FragmentEntry
from streaming.media.clock import VIDEO_CLOCK_RATE

PART_90K = 6 * VIDEO_CLOCK_RATE
PART_BYTES = 4 * 1024 * 1024
CONTENT_TYPE = "application/vnd.apple.mpegurl"


@dataclass(frozen=True, slots=True)
class ListedSegment:
    """A segment file with what of it shall be played; `started_at` is its first fragment's.

    `url` takes `?shift=`: so much (90 kHz) later than in the file are the decode times it gives,
    which count from `origin_90k`.
    """

    url: str
    init_bytes: int
    origin_90k: int
    started_at: datetime
    fragments: Sequence[FragmentEntry]


@dataclass(frozen=True, slots=True)
class Part:
    """Fragments that lie one after the other in a file."""

    offset: int
    size: int
    first_90k: int
    end_90k: int

    @property
    def seconds(self) -> float:
        return (self.end_90k - self.first_90k) / VIDEO_CLOCK_RATE


def playlist(segments: Iterable[ListedSegment]) -> str:
    """The playlist, complete: nothing will be added to it. Segments in their order."""
    lines: list[str] = []
    longest_s, shift_90k = 1.0, 0
    for segment in segments:
        if not segment.fragments:
            continue
        if lines:
            lines.append("#EXT-X-DISCONTINUITY")
        url = f"{segment.url}?shift={shift_90k}" if shift_90k else segment.url
        shift_90k += segment.fragments[-1].end_90k - segment.origin_90k
        lines.append(f'#EXT-X-MAP:URI="{url}",BYTERANGE="{segment.init_bytes}@0"')
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{_written(segment.started_at)}")
        for part in parts_of(segment.fragments):
            longest_s = max(longest_s, part.seconds)
            lines += [
                f"#EXTINF:{part.seconds:.5f},",
                f"#EXT-X-BYTERANGE:{part.size}@{part.offset}",
                url,
            ]
    head = [
        "#EXTM3U",
        # 7: EXT-X-MAP outside of playlists of keyframes, and fractions of seconds.
        "#EXT-X-VERSION:7",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        # 4.3.3.1: no part is longer, when rounded to the nearest second.
        f"#EXT-X-TARGETDURATION:{int(longest_s + 0.5)}",
    ]
    return "\n".join([*head, *lines, "#EXT-X-ENDLIST", ""])


def fragments_between(
    fragments: Sequence[FragmentEntry], since_90k: int, until_90k: int
) -> Sequence[FragmentEntry]:
    """Those that show it, from the keyframe on that a decoder needs for the first of them."""
    keys = [i for i, entry in enumerate(fragments) if entry.starts_with_keyframe]
    first = max(
        (i for i in keys if fragments[i].first_90k <= since_90k), default=min(keys, default=0)
    )
    shown = [entry for entry in fragments[first:] if entry.first_90k < until_90k]
    return shown if shown and shown[-1].end_90k > since_90k else []


def parts_of(fragments: Iterable[FragmentEntry]) -> Iterator[Part]:
    """The fragments in groups that begin with a keyframe where PART_90K and PART_BYTES allow it.

    A part ends before the keyframe that would make it longer than PART_90K, and anywhere before
    it would get larger than PART_BYTES; a larger fragment is a part of its own.
    """
    part: Part | None = None
    for group in _groups(fragments):
        if part is None:
            part = group
        elif (
            group.offset == part.offset + part.size
            and part.size + group.size <= PART_BYTES
            and group.end_90k - part.first_90k <= PART_90K
        ):
            part = Part(part.offset, part.size + group.size, part.first_90k, group.end_90k)
        else:
            yield part
            part = group
    if part is not None:
        yield part


def _groups(fragments: Iterable[FragmentEntry]) -> Iterator[Part]:
    """Each keyframe's fragment with those that need it, as long as they fit into one part."""
    group: Part | None = None
    for entry in fragments:
        if (
            group is not None
            and not entry.starts_with_keyframe
            and entry.offset == group.offset + group.size
            and group.size + entry.size <= PART_BYTES
        ):
            group = Part(group.offset, group.size + entry.size, group.first_90k, entry.end_90k)
            continue
        if group is not None:
            yield group
        group = Part(entry.offset, entry.size, entry.first_90k, entry.end_90k)
    if group is not None:
        yield group


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
