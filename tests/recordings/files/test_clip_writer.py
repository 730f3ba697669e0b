import os
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
import av.logging
import pytest

from recordings.files.clip_writer import ClipRefused, copy_clip, encode_clip
from recordings.files.jobs import Piece
from tests.recordings.files.segments import shifted, write_segment
from tests.streaming.media.moving_picture import TICKS_PER_FRAME, encoded_units

# Far from zero, and beyond 32 bits, as media times are.
START = 2**34
UNITS = encoded_units(120, gop=30, first_pts_90k=START)
OTHERS = encoded_units(60, gop=30, width=160, height=120, first_pts_90k=START)


def silent(_share: float) -> None:
    """Nobody looks at the progress."""


def at(frame: int) -> int:
    return START + frame * TICKS_PER_FRAME


def packets_of(path: Path) -> list[av.Packet]:
    with av.open(str(path)) as file:
        return [packet for packet in file.demux(video=0) if packet.size]


def pictures_of(path: Path) -> list[bytes]:
    """Every picture; fails if the decoder or the demuxer has anything to complain of."""
    level = av.logging.get_level()
    av.logging.set_level(av.logging.WARNING)
    try:
        with av.logging.Capture() as complaints, av.open(str(path)) as file:
            file.streams.video[0].thread_count = 1
            pictures = [frame.to_ndarray().tobytes() for frame in file.decode(video=0)]
    finally:
        av.logging.set_level(level)
    assert complaints == []
    return pictures


def places(path: Path) -> list[int]:
    """Where frames are, in 1/90000 s."""
    return [int(packet.pts * packet.time_base * 90_000) for packet in packets_of(path)]


@pytest.fixture
def segment(tmp_path: Path) -> Path:
    return write_segment(tmp_path, UNITS)[0]


def test_a_clip_begins_with_the_keyframe_before_and_ends_exactly(tmp_path, segment):
    target = tmp_path / "clip.mp4"

    made = copy_clip([Piece(segment, at(40), at(75))], target, on_progress=silent)

    packets = packets_of(target)
    assert made.frames == len(packets) == 75 - 30
    assert packets[0].is_keyframe
    assert places(target) == [n * TICKS_PER_FRAME for n in range(45)]
    assert made.duration_90k == 45 * TICKS_PER_FRAME
    assert made.bytes == target.stat().st_size


def test_its_frames_are_the_recorded_ones_to_the_bit(tmp_path, segment):
    target = tmp_path / "clip.mp4"

    copy_clip([Piece(segment, at(0), at(120))], target, on_progress=silent)

    with av.open(str(segment)) as file:
        recorded = [frame.to_ndarray().tobytes() for frame in file.decode(video=0)]
    assert len(recorded) == 120
    assert pictures_of(target) == recorded


def test_it_is_an_ordinary_mp4_with_its_index_in_front(tmp_path, segment):
    target = tmp_path / "clip.mp4"
    moment = datetime(2026, 11, 22, 12, 4, tzinfo=UTC)

    copy_clip([Piece(segment, at(0), at(60))], target, on_progress=silent, began_at=moment)

    data = target.read_bytes()
    assert data[4:8] == b"ftyp"
    assert 0 < data.index(b"moov") < data.index(b"mdat")
    assert b"moof" not in data
    assert target.stat().st_mode & 0o777 == 0o600
    with av.open(str(target)) as file:
        stream = file.streams.video[0]
        assert (stream.codec_context.name, stream.frames) == ("h264", 60)
        assert file.metadata["creation_time"].startswith("2026-11-22T12:04:00")
        assert stream.duration * stream.time_base == Fraction(2)


def test_a_clip_over_segments_is_one_film_without_a_seam(tmp_path):
    first, _ = write_segment(tmp_path, UNITS[:60], next_90k=at(60))
    second, _ = write_segment(tmp_path, UNITS[60:])
    target = tmp_path / "clip.mp4"

    made = copy_clip(
        [Piece(first, at(30), at(60)), Piece(second, at(60), at(100), follows=True)],
        target,
        on_progress=silent,
    )

    assert made.frames == 70
    assert places(target) == [n * TICKS_PER_FRAME for n in range(70)]
    assert len(pictures_of(target)) == 70


@pytest.mark.parametrize(
    ("pause", "follows", "expected"),
    [
        (90_000, True, 90_000 + TICKS_PER_FRAME),
        (90_000, False, TICKS_PER_FRAME),
        (90_000 * 3600, True, TICKS_PER_FRAME),
        (-(2**33), False, TICKS_PER_FRAME),
    ],
    ids=["a short pause stays", "another clock", "a long gap", "a clock that begins anew"],
)
def test_where_nothing_was_recorded_it_goes_on_at_once(tmp_path, pause, follows, expected):
    later = shifted(UNITS[60:], pause)
    first, _ = write_segment(tmp_path, UNITS[:60])
    second, _ = write_segment(tmp_path, later)
    target = tmp_path / "clip.mp4"

    copy_clip(
        [
            Piece(first, at(0), at(60)),
            Piece(second, later[0].pts_90k, later[-1].pts_90k + 1, follows=follows),
        ],
        target,
        on_progress=silent,
    )

    step = places(target)[60] - places(target)[59]
    assert step == expected
    assert len(packets_of(target)) == 120


def test_a_segment_that_still_grows_gives_what_is_whole(tmp_path, segment):
    with open(segment, "r+b") as file:
        file.truncate(segment.stat().st_size - 100)
    target = tmp_path / "clip.mp4"

    made = copy_clip([Piece(segment, at(0), at(120))], target, on_progress=silent)

    assert 100 < made.frames < 120
    assert len(pictures_of(target)) == made.frames


def test_what_is_damaged_or_gone_is_left_out_and_counted(tmp_path, segment):
    other, _ = write_segment(tmp_path, shifted(UNITS, 120 * TICKS_PER_FRAME))
    data = bytearray(segment.read_bytes())
    # Of the second second: it is whole again from the keyframe of the third one on.
    data[len(data) * 3 // 8] ^= 0xFF
    segment.write_bytes(data)
    target = tmp_path / "clip.mp4"
    gone = tmp_path / "gone.mp4"

    made = copy_clip(
        [
            Piece(segment, at(0), at(120)),
            Piece(other, at(120), at(150), follows=True),
            Piece(gone, at(150), at(180), follows=True),
        ],
        target,
        on_progress=silent,
    )

    assert made.skipped == 2
    assert 120 <= made.frames < 150
    assert len(pictures_of(target)) == made.frames


def test_a_time_without_recordings_is_refused_and_leaves_nothing(tmp_path, segment):
    before = sorted(tmp_path.iterdir())
    for pieces in (
        [],
        [Piece(segment, at(500), at(600))],
        [Piece(tmp_path / "gone.mp4", at(0), at(9))],
    ):
        for make in (copy_clip, encode_exactly):
            with pytest.raises(ClipRefused, match="Nothing was recorded"):
                make(pieces, tmp_path / "clip.mp4", on_progress=silent)
    assert sorted(tmp_path.iterdir()) == before


def encode_exactly(pieces, target, **options):
    return encode_clip(pieces, target, width_px=1920, **options)


def test_another_picture_size_is_refused_in_words_without_encoding(tmp_path, segment):
    smaller, _ = write_segment(tmp_path, shifted(OTHERS, 120 * TICKS_PER_FRAME))
    pieces = [Piece(segment, at(0), at(120)), Piece(smaller, at(120), at(180), follows=True)]

    with pytest.raises(ClipRefused, match="from 320 x 240 to 160 x 120 within this time"):
        copy_clip(pieces, tmp_path / "clip.mp4", on_progress=silent)

    made = encode_exactly(pieces, tmp_path / "clip.mp4", on_progress=silent)
    assert made.frames == 180
    assert len(pictures_of(tmp_path / "clip.mp4")) == 180


def test_other_settings_of_the_camera_are_refused_in_words_without_encoding(tmp_path, segment):
    plain = encoded_units(30, gop=30, profile="baseline", first_pts_90k=at(120))
    other, _ = write_segment(tmp_path, plain)

    with pytest.raises(ClipRefused, match="The camera changed its settings within this time"):
        copy_clip(
            [Piece(segment, at(0), at(120)), Piece(other, at(120), at(150), follows=True)],
            tmp_path / "clip.mp4",
            on_progress=silent,
        )


def test_an_exact_clip_has_exactly_the_frames_that_were_asked_for(tmp_path, segment):
    target = tmp_path / "clip.mp4"

    made = encode_exactly([Piece(segment, at(40), at(75))], target, on_progress=silent)

    assert made.frames == len(pictures_of(target)) == 35
    assert places(target) == [n * TICKS_PER_FRAME for n in range(35)]
    packets = packets_of(target)
    assert packets[0].is_keyframe
    assert packets[-1].duration == packets[0].duration
    assert made.duration_90k == 35 * TICKS_PER_FRAME


def test_an_exact_clip_shows_what_was_recorded(tmp_path, segment):
    target = tmp_path / "clip.mp4"

    encode_exactly([Piece(segment, at(41), at(44))], target, on_progress=silent)

    with av.open(str(segment)) as file:
        recorded = [frame.to_ndarray() for frame in file.decode(video=0)][41:44]
    with av.open(str(target)) as file:
        shown = [frame.to_ndarray() for frame in file.decode(video=0)]
    for was, is_now in zip(recorded, shown, strict=True):
        assert abs(was.astype(int) - is_now.astype(int)).mean() < 4


def test_a_clip_of_uneven_frames_keeps_their_times(tmp_path):
    gaps = [0, 3000, 9000, 3100, 2900, 45_000, 3000]
    pts = START
    units = []
    for unit, gap in zip(UNITS, gaps, strict=False):
        pts += gap
        units.append(replace(unit, pts_90k=pts))
    segment, _ = write_segment(tmp_path, units)
    for make in (copy_clip, encode_exactly):
        make([Piece(segment, START, pts + 1)], tmp_path / "clip.mp4", on_progress=silent)

        wanted = [unit.pts_90k - START for unit in units]
        assert places(tmp_path / "clip.mp4") == wanted


def test_progress_grows_to_the_end(tmp_path, segment):
    for make in (copy_clip, encode_exactly):
        shares: list[float] = []

        make(
            [Piece(segment, at(30), at(60)), Piece(segment, at(60), at(120), follows=True)],
            tmp_path / "clip.mp4",
            on_progress=shares.append,
        )

        assert shares == sorted(shares)
        assert shares[0] == 0
        assert 0.95 < shares[-1] <= 1


def test_raising_in_progress_stops_it_and_leaves_nothing(tmp_path, segment):
    class Stopped(Exception):
        pass

    def stop(share: float) -> None:
        if share > 0.5:
            raise Stopped

    before = sorted(tmp_path.iterdir())
    for make in (copy_clip, encode_exactly):
        with pytest.raises(Stopped):
            make([Piece(segment, at(0), at(120))], tmp_path / "clip.mp4", on_progress=stop)
        assert sorted(tmp_path.iterdir()) == before


def test_nothing_is_read_or_written_through_a_link(tmp_path, segment):
    link = tmp_path / "link.mp4"
    os.symlink(segment, link)

    with pytest.raises(ClipRefused):
        copy_clip([Piece(link, at(0), at(120))], tmp_path / "clip.mp4", on_progress=silent)

    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    target = tmp_path / "clip.mp4"
    os.symlink(victim, target)
    copy_clip([Piece(segment, at(0), at(30))], target, on_progress=silent)
    assert victim.read_bytes() == b"precious"
    assert not target.is_symlink()


def test_files_that_are_no_segments_are_passed_over(tmp_path, segment):
    strange = tmp_path / "strange.mp4"
    for content in (b"", b"no video", segment.read_bytes()[:40], os.urandom(5000)):
        strange.write_bytes(content)

        made = copy_clip(
            [Piece(strange, at(0), at(30)), Piece(segment, at(30), at(60), follows=True)],
            tmp_path / "clip.mp4",
            on_progress=silent,
        )

        assert (made.frames, made.skipped) == (30, 1)
