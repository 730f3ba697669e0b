from datetime import UTC, datetime
from itertools import pairwise

from recordings.files.layout import FragmentEntry
from recordings.files.playlist import (
    PART_BYTES,
    ListedSegment,
    Part,
    fragments_between,
    parts_of,
    playlist,
)

SECOND = 90_000
NOON = datetime(2026, 11, 22, 12, 0, 0, 250_000, tzinfo=UTC)


def fragments(seconds: int, *, gop_s: int = 2, size: int = 1000, start_90k: int = 0):
    """Half a second each, one after the other in the file, from byte 700 on."""
    return [
        FragmentEntry(
            offset=700 + number * size,
            size=size,
            first_90k=start_90k + number * SECOND // 2,
            end_90k=start_90k + (number + 1) * SECOND // 2,
            frames=15,
            starts_with_keyframe=number % (2 * gop_s) == 0,
        )
        for number in range(2 * seconds)
    ]


def test_parts_are_whole_groups_of_pictures_of_at_most_six_seconds():
    parts = list(parts_of(fragments(20, gop_s=4)))

    assert [(part.first_90k // SECOND, part.seconds) for part in parts] == [
        (0, 4.0),
        (4, 4.0),
        (8, 4.0),
        (12, 4.0),
        (16, 4.0),
    ]


def test_short_groups_of_pictures_share_a_part():
    parts = list(parts_of(fragments(10, gop_s=1)))

    assert [part.seconds for part in parts] == [6.0, 4.0]


def test_parts_lie_one_after_the_other_and_leave_nothing_out():
    entries = fragments(33, gop_s=3)
    parts = list(parts_of(entries))

    assert parts[0].offset == 700
    assert all(a.offset + a.size == b.offset for a, b in pairwise(parts))
    assert sum(part.size for part in parts) == sum(entry.size for entry in entries)


def test_no_part_is_larger_than_a_player_should_wait_for():
    parts = list(parts_of(fragments(30, gop_s=10, size=PART_BYTES // 3)))

    assert max(part.size for part in parts) == PART_BYTES // 3 * 3
    assert sum(part.seconds for part in parts) == 30


def test_a_fragment_that_is_larger_is_a_part_of_its_own():
    [entry] = fragments(1, size=3 * PART_BYTES)[:1]

    assert list(parts_of([entry])) == [Part(700, 3 * PART_BYTES, 0, SECOND // 2)]


def test_fragments_that_do_not_touch_are_never_one_part():
    entries = fragments(6, gop_s=1)
    del entries[2:4]

    assert [(part.offset, part.size) for part in parts_of(entries)] == [
        (700, 2000),
        (4700, 8000),
    ]


def test_a_playlist_of_two_segments_tells_byte_ranges_and_the_break_between():
    first = ListedSegment("/one.mp4", 700, -SECOND, NOON, fragments(4))
    later = fragments(8, gop_s=8, start_90k=300 * SECOND)
    second = ListedSegment("/two.mp4", 650, 300 * SECOND, NOON.replace(minute=5), later)

    assert playlist([first, second]).splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-TARGETDURATION:8",
        '#EXT-X-MAP:URI="/one.mp4",BYTERANGE="700@0"',
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T12:00:00.250Z",
        "#EXTINF:4.00000,",
        "#EXT-X-BYTERANGE:8000@700",
        "/one.mp4",
        "#EXT-X-DISCONTINUITY",
        '#EXT-X-MAP:URI="/two.mp4?shift=450000",BYTERANGE="650@0"',
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T12:05:00.250Z",
        "#EXTINF:8.00000,",
        "#EXT-X-BYTERANGE:16000@700",
        "/two.mp4?shift=450000",
        "#EXT-X-ENDLIST",
    ]


def test_a_segment_without_fragments_leaves_no_trace():
    empty = ListedSegment("/empty.mp4", 700, 0, NOON, [])

    assert playlist([empty]) == (
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-TARGETDURATION:1\n"
        "#EXT-X-ENDLIST\n"
    )


def test_a_stretch_begins_with_the_keyframe_that_its_first_picture_needs():
    shown = fragments_between(fragments(20), 5 * SECOND, 9 * SECOND)

    assert (shown[0].first_90k, shown[-1].end_90k) == (4 * SECOND, 9 * SECOND)
    assert shown[0].starts_with_keyframe


def test_a_stretch_that_begins_before_the_segment_has_all_up_to_its_end():
    entries = fragments(20, start_90k=100 * SECOND)

    assert fragments_between(entries, 0, 102 * SECOND) == entries[:4]


def test_a_stretch_outside_the_segment_is_empty():
    entries = fragments(20, start_90k=100 * SECOND)

    assert fragments_between(entries, 0, 100 * SECOND) == []
    assert fragments_between(entries, 120 * SECOND, 130 * SECOND) == []
    assert fragments_between([], 0, SECOND) == []
