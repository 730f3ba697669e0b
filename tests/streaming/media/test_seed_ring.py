import os
import tempfile
import time
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streaming.media.capture_clock import CaptureClock
from streaming.media.clock import media_time_90k
from streaming.media.ring import RingReader, open_ring
from streaming.media.seed_ring import SeedRingReader
from tests.streaming.media.h264 import IDR, PPS, SLICE, SPS, unit
from tests.streaming.media.seed_writer import SIZES, SeedWriter

KEY, OTHER = unit(SPS, PPS, IDR), unit(SLICE)
SECOND_NS = 10**9


@pytest.fixture
def path():
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder) / "pet_camera_stream"


@pytest.fixture
def seed(path):
    with closing(SeedWriter(path)) as writer:
        yield writer


@pytest.fixture
def reader(path, seed):
    with closing(SeedRingReader(path)) as reader:
        assert reader.poll() == []
        # The index has moved: what follows is live.
        seed.write(b"not a video", 0, kind=1)
        assert reader.poll() == []
        yield reader


def data_of(number, gop=10):
    """A picture that shows its number."""
    return (KEY if number % gop == 0 else OTHER) + b"\0\0\1\x06number %d." % number


@pytest.mark.parametrize("names", SIZES)
def test_each_layout_is_known_by_its_size_and_read_in_order(path, names):
    with closing(SeedWriter(path, names)) as seed, closing(open_ring(path)) as reader:
        assert isinstance(reader, SeedRingReader)
        assert reader.poll() == []
        units = []
        for number in range(70):
            seed.write(data_of(number), number)
            units += reader.poll()

        read = 70 - seed.layout.is_index_first
        assert [each.data for each in units] == [data_of(number) for number in range(read)]
        assert [each.is_keyframe for each in units] == [n % 10 == 0 for n in range(read)]
        assert {(each.width, each.height, each.sensor) for each in units} == {(640, 480, 0)}
        assert [each.sequence for each in units] == list(range(read))
        assert reader.status.state == "live"


@pytest.mark.parametrize("names", ["A0 or A", "B", "C"])
def test_where_the_index_is_counted_first_the_newest_slot_is_left_alone(path, names):
    with closing(SeedWriter(path, names)) as seed, closing(SeedRingReader(path)) as reader:
        reader.poll()
        for number in range(40):
            seed.count()
            seed.copy(number, b"half a picture", 7000 + number)
            assert [each.data for each in reader.poll()] == ([data_of(number - 1)] * (number > 0))
            seed.copy(number, data_of(number), number)
            assert reader.poll() == []


@pytest.mark.parametrize("names", ["D", "E"])
def test_where_the_slot_is_copied_first_a_picture_is_read_at_once(path, names):
    with closing(SeedWriter(path, names)) as seed, closing(SeedRingReader(path)) as reader:
        reader.poll()
        for number in range(40):
            seed.write(data_of(number), number)
            assert [each.data for each in reader.poll()] == [data_of(number)]


def test_pictures_published_again_and_again_are_read_once(seed, reader):
    units = []
    for number in range(40):
        for _ in range(number % 9 + 1):
            seed.write(data_of(number), number)
        units += reader.poll()

    assert [each.data for each in units] == [data_of(number) for number in range(40)]


def test_being_lapped_by_copies_of_one_picture_loses_nothing(seed, reader):
    units = []
    for number in range(12):
        for _ in range(50):
            seed.write(data_of(number), number)
        units += reader.poll()

    assert [each.data for each in units] == [data_of(number) for number in range(12)]
    assert reader.status.overruns == 0


def test_being_lapped_by_new_pictures_skips_to_a_keyframe_and_is_counted(seed, reader):
    for number in range(4):
        seed.write(data_of(number), number)
    reader.poll()
    for number in range(4, 65):
        seed.write(data_of(number), number)

    assert [each.data for each in reader.poll()] == [data_of(number) for number in range(40, 64)]
    assert reader.status.overruns == 1


def test_a_slot_that_changes_while_it_is_read_is_not_given_out(seed, reader, monkeypatch):
    seed.write(data_of(0), 0)
    seed.write(data_of(1), 1)
    seed.write(data_of(2), 2)
    real_pread = os.pread

    def change_then_read(fd, count, at):
        if count == len(data_of(1)):
            seed.copy(2, data_of(31), 31)
        return real_pread(fd, count, at)

    monkeypatch.setattr(os, "pread", change_then_read)

    assert [each.data for each in reader.poll()] == [data_of(0)]
    assert reader.status.overruns == 1


def test_two_cameras_have_counters_of_their_own(seed, reader):
    for number, camera in [(5, 0), (5, 1), (6, 0), (2, 1), (6, 0), (2, 1), (7, 0), (99, 0)]:
        seed.write(KEY, number, camera=camera)

    units = reader.poll()
    assert [each.sensor for each in units] == [0, 1, 0, 1, 0]


def test_a_change_of_resolution_is_told(seed, reader):
    seed.write(KEY, 0)
    seed.write(KEY, 1, size=(1920, 1080))
    seed.write(KEY, 2, size=(-1, 1 << 30))
    seed.count()

    assert [(each.width, each.height) for each in reader.poll()] == [
        (640, 480),
        (1920, 1080),
        (0, 0),
    ]


@pytest.mark.parametrize(("kind", "word"), [(0, "JPEG"), (1, "NV12"), (4, "H.265"), (77, "77")])
def test_other_formats_are_ignored_and_named(seed, reader, kind, word):
    for number in range(3):
        seed.write(KEY, number, kind=kind)

    assert reader.poll() == []
    assert reader.status.state == "starting"
    assert word in reader.status.detail


def test_what_a_dead_daemon_left_is_not_shown_until_the_index_moves(path, seed):
    for number in range(25):
        seed.write(data_of(number), number)
    with closing(SeedRingReader(path)) as reader:
        assert reader.poll() == []
        reader._attached_ns -= 3 * SECOND_NS
        assert reader.status.state == "stalled"

        seed.write(data_of(25), 25)
        assert [each.data for each in reader.poll()] == [data_of(n) for n in range(20, 25)]
        assert reader.units_since_keyframe()[0].data == data_of(20)
        assert reader.seek_newest_keyframe()
        assert [each.data for each in reader.poll()] == [data_of(n) for n in range(20, 25)]


@pytest.mark.parametrize(
    ("age_ns", "expected"), [(0, range(20, 24)), (60 * SECOND_NS, []), (10**17, [])]
)
def test_somebody_who_looks_once_gets_the_newest_pictures_of_a_living_daemon(
    path, seed, age_ns, expected
):
    for number in range(25):
        seed.write(data_of(number), number, stamp_ns=time.monotonic_ns() - age_ns)
    with closing(SeedRingReader(path)) as reader:
        units = reader.units_since_keyframe()

        assert [each.data for each in units] == [data_of(number) for number in expected]


def test_a_segment_zeroed_in_place_is_a_new_writer(seed, reader):
    for number in range(25):
        seed.write(data_of(number), number)
    reader.poll()
    epoch = reader.status.epoch
    seed.zero()
    assert reader.poll() == []
    assert reader.status.state == "starting"
    for number in range(4):
        seed.write(data_of(number), number)

    assert [each.data for each in reader.poll()] == [data_of(number) for number in range(3)]
    assert reader.status.epoch != epoch


def test_a_replaced_segment_is_followed_whatever_its_layout(path, seed, reader):
    seed.write(KEY, 0)
    path.unlink()
    assert reader.poll() == []
    assert reader.status.state == "missing"
    with closing(SeedWriter(path, "E")) as other:
        reader.poll()
        other.write(KEY, 0)
        assert [each.data for each in reader.poll()] == [KEY]


def test_a_truncated_segment_is_unreadable(seed, reader):
    seed.write(KEY, 0)
    os.ftruncate(seed.fd, 1000)

    assert reader.poll() == []
    assert reader.status.state == "unreadable"


def test_only_the_pictures_own_bytes_are_read(seed, reader, monkeypatch):
    seed.write(KEY, 0)
    seed.write(KEY, 1)
    asked = []
    real_pread = os.pread
    monkeypatch.setattr(
        os, "pread", lambda fd, count, at: asked.append(count) or real_pread(fd, count, at)
    )

    assert len(reader.poll()) == 1
    assert max(asked) <= max(len(KEY), 4096)


def test_a_file_of_another_size_is_for_the_reader_of_our_own_layout(tmp_path):
    assert isinstance(open_ring(tmp_path / "nothing"), RingReader)
    assert isinstance(open_ring(tmp_path), RingReader)


def map_times(stamps, now_ns=10_000 * SECOND_NS, wall_ns=1_800_000_000 * SECOND_NS):
    """Captures of pictures that arrive every 33 ms, 5 ms after each stamp of a clock."""
    clock, times = CaptureClock(), []
    for step, stamp in enumerate(stamps):
        passed = step * 33_000_000 + 5_000_000
        times.append(
            clock.capture_ns(stamp, now_ns=now_ns + passed, wall_ns=wall_ns + passed) - now_ns
        )
    return times


@pytest.mark.parametrize("start_ns", [10_000 * SECOND_NS, 1_800_000_000 * SECOND_NS])
def test_monotonic_and_wall_clock_stamps_become_capture_times(start_ns):
    stamps = [start_ns + step * 33_000_000 for step in range(9)]

    assert map_times(stamps) == [step * 33_000_000 for step in range(9)]


def test_a_drivers_own_clock_is_set_by_its_first_picture():
    stamps = [2 * SECOND_NS + step * 33_000_000 for step in range(9)]

    assert map_times(stamps) == [step * 33_000_000 + 5_000_000 for step in range(9)]


def test_stamps_that_stand_still_become_arrival_times():
    assert map_times([0] * 4)[1:] == [step * 33_000_000 + 5_000_000 for step in range(1, 4)]


def test_a_clock_that_was_set_is_noticed():
    stamps = [1_800_000_000 * SECOND_NS] * 2 + [5 * SECOND_NS, 5 * SECOND_NS + 33_000_000]

    assert map_times(stamps)[2:] == [71_000_000, 104_000_000]


def test_media_time_never_goes_back_when_cameras_take_turns(seed, reader):
    now = time.monotonic_ns()
    stamps = [(0, now - 9_000_000), (1, now - 40_000_000), (0, now - 8_000_000), (0, now)]
    for number, (camera, stamp_ns) in enumerate(stamps):
        seed.write(KEY, number, camera=camera, stamp_ns=stamp_ns)

    units = reader.poll()
    assert len(units) == 3
    assert [each.capture_ns for each in units] == sorted(each.capture_ns for each in units)
    assert all(each.pts_90k == media_time_90k(each.capture_ns) for each in units)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_fuzzed_segments_never_raise_nor_read_too_much(path, data):
    names = data.draw(st.sampled_from(list(SIZES)))
    path.unlink(missing_ok=True)
    with closing(SeedWriter(path, names)) as seed, closing(SeedRingReader(path)) as reader:
        reader.poll()
        for number in range(5):
            seed.write(data_of(number), number)
            slot_at = seed.layout.first_slot_at + number * seed.layout.slot_bytes
            at = data.draw(st.sampled_from([0, *range(slot_at, slot_at + 48, 4)]))
            os.pwrite(seed.fd, data.draw(st.binary(min_size=1, max_size=8)), at)
            begin = time.process_time()
            units = reader.poll() + reader.units_since_keyframe()
            reader.seek_newest_keyframe()
            assert time.process_time() - begin < 0.5
            assert all(len(each.data) <= 3_110_400 for each in units)
            assert reader.status.state
