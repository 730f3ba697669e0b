import io
from dataclasses import replace

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recordings.files.layout import FragmentEntry, NoSegmentHere, segment_start
from recordings.files.scan import scan
from recordings.files.writer import LONGEST_FRAGMENT_90K
from streaming.media.access_unit import AccessUnit
from streaming.media.problems import B_FRAMES, CameraProblem
from tests.recordings.files.disks import (
    FIRST_90K,
    NAME,
    TAG,
    UNITS,
    HastyDisk,
    ShortWrites,
    record,
    writer_for,
)
from tests.streaming.media.moving_picture import TICKS_PER_FRAME, decoded_pictures, encoded_units


def decoded(data: bytes) -> list[tuple[int, bytes]]:
    with av.open(io.BytesIO(data)) as file:
        return [(frame.pts, frame.to_ndarray().tobytes()) for frame in file.decode(video=0)]


def entries_of(folder, units: list[AccessUnit]) -> list[FragmentEntry]:
    record(folder, units)
    return scan(folder / NAME).fragments


def test_every_picture_is_there_bit_by_bit_at_its_media_time(tmp_path):
    record(tmp_path)

    pictures = decoded((tmp_path / NAME).read_bytes())

    assert [picture for _, picture in pictures] == decoded_pictures([unit.data for unit in UNITS])
    assert [pts + FIRST_90K for pts, _ in pictures] == [unit.pts_90k for unit in UNITS]


def test_it_can_be_played_while_it_grows(tmp_path):
    writer = writer_for(tmp_path)

    for number, unit in enumerate(UNITS):
        if writer.add(unit):
            data = (tmp_path / NAME).read_bytes()
            assert len(data) == writer.bytes
            assert len(decoded(data)) == writer.frames > number - 16
    writer.close()


def test_what_it_tells_is_what_lies_there(tmp_path):
    written, entries = record(tmp_path)

    found = scan(tmp_path / NAME)
    assert found.fragments[:-1] == entries
    assert (
        (written.bytes, written.frames)
        == (found.whole_bytes, found.frames)
        == (
            (tmp_path / NAME).stat().st_size,
            75,
        )
    )
    assert (written.first_90k, written.end_90k) == (FIRST_90K, FIRST_90K + 75 * TICKS_PER_FRAME)
    assert written.digest == scan(tmp_path / NAME).digest


def test_a_fragment_lasts_half_a_second_at_most_and_follows_the_one_before(tmp_path):
    entries = entries_of(tmp_path, UNITS)

    assert [entry.frames for entry in entries] == [15] * 5
    assert all(entry.end_90k - entry.first_90k <= LONGEST_FRAGMENT_90K for entry in entries)
    for before, after in zip(entries, entries[1:], strict=False):
        assert after.offset == before.offset + before.size
        assert after.first_90k == before.end_90k


def test_a_keyframe_begins_a_fragment(tmp_path):
    units = encoded_units(44, gop=22)

    entries = entries_of(tmp_path, units)

    assert [(entry.frames, entry.starts_with_keyframe) for entry in entries] == [
        (15, True),
        (7, False),
        (15, True),
        (7, False),
    ]


def test_where_all_pictures_are_keyframes_not_each_begins_a_fragment(tmp_path):
    entries = entries_of(tmp_path, encoded_units(32, gop=1))

    assert [entry.frames for entry in entries] == [8, 8, 8, 8]


def test_large_pictures_make_shorter_fragments(tmp_path):
    padding = b"\0\0\0\1\x06" + b"\5" * 100_000
    units = [replace(unit, data=unit.data + padding) for unit in UNITS[:6]]

    assert [entry.frames for entry in entries_of(tmp_path, units)] == [2, 2, 2]


def test_slow_pictures_last_until_the_next(tmp_path):
    units = [replace(unit, pts_90k=number * 150_000) for number, unit in enumerate(UNITS[:3])]

    entries = entries_of(tmp_path, units)

    assert [(entry.first_90k, entry.end_90k) for entry in entries] == [
        (0, 150_000),
        (150_000, 300_000),
        (300_000, 450_000),
    ]


def test_what_waits_is_written_when_asked_for(tmp_path):
    writer = writer_for(tmp_path)
    for unit in UNITS[:4]:
        writer.add(unit)

    entry = writer.flush()

    assert entry is not None
    assert (entry.frames, writer.frames, writer.flush()) == (4, 4, None)
    assert writer.close().end_90k == FIRST_90K + 4 * TICKS_PER_FRAME


def test_what_is_known_is_written_when_asked_for_if_it_makes_a_fragment(tmp_path):
    writer = writer_for(tmp_path)
    for unit in UNITS[:8]:
        writer.add(unit)
    too_short = writer.flush_known()
    writer.add(UNITS[8])

    entry = writer.flush_known()

    assert too_short is None
    assert entry is not None
    assert (entry.frames, entry.end_90k) == (8, UNITS[8].pts_90k)
    assert writer.close().frames == 9


@pytest.mark.parametrize(
    ("next_90k", "is_gap", "lasts"),
    [(5000, False, 5000), (5000, True, 3000), (2000, True, 2000), (None, False, 3000)],
)
def test_the_last_picture_lasts_until_the_next_segment_unless_pictures_are_missing(
    tmp_path, next_90k, is_gap, lasts
):
    writer = writer_for(tmp_path)
    for unit in UNITS[:4]:
        writer.add(unit)
    last_90k = UNITS[3].pts_90k

    written = writer.close(next_90k and last_90k + next_90k, is_gap=is_gap)

    assert written.end_90k == last_90k + lasts


def test_syncing_says_how_much_is_lasting(tmp_path):
    writer = writer_for(tmp_path)
    for unit in UNITS[:40]:
        writer.add(unit)
    assert writer.synced_bytes == 0

    writer.sync()

    assert writer.synced_bytes == writer.bytes == (tmp_path / NAME).stat().st_size
    writer.abandon()


def test_short_writes_make_the_same_file(tmp_path):
    (tmp_path / "short").mkdir()
    (tmp_path / "usual").mkdir()

    short, _ = record(tmp_path / "short", files=ShortWrites(997))
    usual, _ = record(tmp_path / "usual")

    assert short == usual
    assert (tmp_path / "short" / NAME).read_bytes() == (tmp_path / "usual" / NAME).read_bytes()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 200_000), st.booleans(), st.sampled_from(["", "flush", "sync"])),
        min_size=1,
        max_size=60,
    )
)
def test_whatever_the_times_are_and_whenever_it_is_flushed(tmp_path_factory, plan):
    folder = tmp_path_factory.mktemp("any")
    writer, pts_90k, times = writer_for(folder, files=HastyDisk()), FIRST_90K, []
    entries = []
    for step, is_keyframe, then in plan:
        times.append(pts_90k)
        unit = UNITS[0] if is_keyframe or len(times) == 1 else UNITS[1]
        entries.append(writer.add(replace(unit, pts_90k=pts_90k)))
        if then == "flush":
            entries.append(writer.flush())
        elif then == "sync":
            writer.sync()
        pts_90k += step
    entries.append(writer.flush(pts_90k))

    written = writer.close(pts_90k)

    found = scan(folder / NAME, is_checked=True)
    assert (found.problem, found.fragments) == ("", [entry for entry in entries if entry])
    assert (written.frames, written.bytes) == (len(plan), found.whole_bytes)
    with av.open(str(folder / NAME)) as file:
        told = [packet.pts for packet in file.demux(video=0) if packet.size]
    assert [pts + FIRST_90K for pts in told] == times


def test_a_unit_without_a_picture_is_left_out(tmp_path):
    writer = writer_for(tmp_path)
    writer.add(UNITS[0])

    writer.add(replace(UNITS[1], data=b"\0\0\0\1\x09\xf0"))

    assert writer.close().frames == 1


def test_b_frames_are_refused_by_name_and_what_is_there_stays(tmp_path):
    units = encoded_units(15, b_frames=2)
    writer = writer_for(tmp_path, units)

    with pytest.raises(CameraProblem) as refused:
        for unit in units:
            writer.add(unit)

    assert refused.value.problem == B_FRAMES
    assert writer.close().frames == scan(tmp_path / NAME).frames > 0


@pytest.mark.parametrize(
    "unit",
    [UNITS[1], replace(UNITS[0], data=b"\0\0\0\1\x65\x88"), replace(UNITS[0], is_keyframe=False)],
)
def test_no_segment_begins_where_none_can(unit):
    with pytest.raises(NoSegmentHere):
        segment_start(TAG, unit)
