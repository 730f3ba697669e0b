from pathlib import Path

import pytest

from recordings.files.clip_writer import ClipRefused
from recordings.files.jobs import Piece
from recordings.files.timelapse import Film, make_timelapse
from tests.recordings.files.segments import shifted, write_segment
from tests.recordings.files.test_clip_writer import (
    OTHERS,
    UNITS,
    at,
    packets_of,
    pictures_of,
    places,
    silent,
)
from tests.streaming.media.moving_picture import TICKS_PER_FRAME, decoded_pictures

LENGTH = 120 * TICKS_PER_FRAME


@pytest.fixture
def pieces(tmp_path: Path) -> list[Piece]:
    """Five segments of 4 s with a keyframe each second, an hour apart."""
    found = []
    for number in range(5):
        units = shifted(UNITS, number * 3600 * 90_000)
        path, _ = write_segment(tmp_path, units)
        found.append(Piece(path, units[0].pts_90k, units[0].pts_90k + LENGTH))
    return found


def test_a_short_time_is_shown_by_all_its_keyframes(tmp_path, pieces):
    target = tmp_path / "day.mp4"

    made = make_timelapse(pieces, target, on_progress=silent)

    assert made.frames == len(pictures_of(target)) == 20
    assert places(target) == [n * 3600 for n in range(20)]
    assert made.duration_90k == 20 * 3600
    assert packets_of(target)[0].is_keyframe


@pytest.mark.parametrize(("most", "frames"), [(10, 10), (5, 5), (7, 7), (1, 1), (19, 19)])
def test_a_long_time_is_shown_by_keyframes_equally_far_apart(tmp_path, pieces, most, frames):
    target = tmp_path / "day.mp4"

    made = make_timelapse(pieces, target, on_progress=silent, film=Film(frames=most))

    assert made.frames == frames


def test_it_shows_what_was_recorded_then(tmp_path, pieces):
    target = tmp_path / "day.mp4"

    make_timelapse(pieces[:1], target, on_progress=silent)

    recorded = decoded_pictures([unit.data for unit in UNITS])[::30]
    for was, shown in zip(recorded, pictures_of(target), strict=True):
        assert sum(abs(a - b) for a, b in zip(was, shown, strict=True)) / len(was) < 6


def test_day_and_night_may_look_different_and_files_may_be_missing(tmp_path, pieces):
    small, _ = write_segment(tmp_path, shifted(OTHERS, 90_000))
    gone = Piece(tmp_path / "gone.mp4", at(0), at(30))
    changed = [*pieces[:1], Piece(small, at(0), at(90)), gone, *pieces[1:]]

    made = make_timelapse(changed, tmp_path / "day.mp4", on_progress=silent)

    assert (made.frames, made.skipped) == (22, 1)
    assert len(pictures_of(tmp_path / "day.mp4")) == 22


def test_it_is_no_wider_than_asked_for(tmp_path, pieces):
    target = tmp_path / "day.mp4"

    make_timelapse(pieces[:1], target, on_progress=silent, film=Film(width_px=161))

    assert len(pictures_of(target)[0]) == 160 * 120 * 3 // 2


def test_nothing_recorded_is_refused_and_leaves_nothing(tmp_path):
    with pytest.raises(ClipRefused, match="Nothing was recorded"):
        make_timelapse([], tmp_path / "day.mp4", on_progress=silent)
    assert list(tmp_path.iterdir()) == []


def test_it_can_be_stopped_and_leaves_nothing(tmp_path, pieces):
    class Stopped(Exception):
        pass

    def stop(share: float) -> None:
        if share >= 0.4:
            raise Stopped

    before = sorted(tmp_path.iterdir())
    with pytest.raises(Stopped):
        make_timelapse(pieces, tmp_path / "day.mp4", on_progress=stop)
    assert sorted(tmp_path.iterdir()) == before
