"""Segment files with real pictures in them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from uuid import UUID

from recordings.files.layout import SegmentTag, segment_start
from recordings.files.writer import SegmentWriter, Written
from streaming.media.access_unit import AccessUnit

_numbers = count(1)


def shifted(units: Iterable[AccessUnit], by_90k: int) -> list[AccessUnit]:
    """The same pictures later."""
    return [replace(unit, pts_90k=unit.pts_90k + by_90k) for unit in units]


def write_segment(
    folder: Path, units: Sequence[AccessUnit], *, next_90k: int | None = None
) -> tuple[Path, Written]:
    """A complete segment of these units, the first of which is a keyframe."""
    tag = SegmentTag(UUID(int=next(_numbers)), 1, "boot", 0)
    writer = SegmentWriter(folder, f"{tag.segment}.mp4", segment_start(tag, units[0]))
    for unit in units:
        writer.add(unit)
    return writer.path, writer.close(next_90k)
