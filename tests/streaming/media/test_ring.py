import os
import stat
import struct
import time
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.media.access_unit import AccessUnit
from streaming.media.ring import Codec, RingBusy, RingReader, RingWriter, UnitTooBig
from streaming.media.ring_layout import (
    HEAD_AT,
    HEADER_BYTES,
    HEARTBEAT_AT,
    KEYFRAME_AT,
    SLOT_BYTES,
    WORD,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "camera-1.ring"


def picture(number, *, is_keyframe=False, size=100):
    data = number.to_bytes(4, "big") * (size // 4)
    return AccessUnit(data, time.monotonic_ns(), number * 3000, is_keyframe, 1280, 720, 1, number)


def write(writer, *numbers, gop=10, size=100):
    """Write pictures of these numbers, a keyframe every `gop`; what a reader should get."""
    units = [picture(n, is_keyframe=n % gop == 0, size=size) for n in numbers]
    for unit in units:
        writer.write(unit)
    return units


def test_a_reader_gets_every_unit_in_order_with_all_its_fields(path):
    with (
        closing(RingWriter(path, payload_bytes=1 << 16)) as writer,
        closing(RingReader(path)) as reader,
    ):
        assert reader.poll() == []
        written = [unit for n in range(50) for unit in write(writer, n)]

        assert reader.poll() == written
        assert reader.poll() == []
        assert reader.status.state == "live"
        assert reader.status.last_unit_ns == written[-1].capture_ns


def test_one_poll_gives_at_most_64_units(path):
    with (
        closing(RingWriter(path, payload_bytes=1 << 20)) as writer,
        closing(RingReader(path)) as reader,
    ):
        reader.poll()
        written = write(writer, *range(150))

        assert [len(reader.poll()) for _ in range(4)] == [64, 64, 22, 0]
        assert written


def test_a_reader_that_comes_late_starts_at_the_newest_keyframe(path):
    with closing(RingWriter(path, payload_bytes=1 << 16)) as writer:
        written = write(writer, *range(27))
        with closing(RingReader(path)) as reader:
            assert reader.poll() == written[20:]
            assert reader.units_since_keyframe() == written[20:]
            assert reader.poll() == []
            assert reader.seek_newest_keyframe()
            assert reader.poll() == written[20:]


def test_without_a_keyframe_in_the_ring_a_reader_waits_for_one(path):
    with closing(RingWriter(path, payload_bytes=1 << 16)) as writer:
        write(writer, 1, 2, 3)
        with closing(RingReader(path)) as reader:
            assert reader.poll() == []
            assert not reader.seek_newest_keyframe()
            assert reader.units_since_keyframe() == []
            write(writer, 4)
            assert reader.poll() == []
            assert reader.status.state == "starting"
            write(writer, 10, 11)
            assert [unit.pts_90k for unit in reader.poll()] == [30_000, 33_000]


@pytest.mark.parametrize(("slots", "size"), [(16, 40), (1024, 4000)])
def test_a_reader_that_is_too_slow_skips_to_the_newest_keyframe_and_counts_it(path, slots, size):
    with (
        closing(RingWriter(path, payload_bytes=1 << 16, slots=slots)) as writer,
        closing(RingReader(path)) as reader,
    ):
        write(writer, 0, size=size)
        assert len(reader.poll()) == 1
        written = write(writer, *range(1, 65), size=size)

        assert reader.poll() == written[59:]
        assert reader.status.overruns == 1
        assert reader.status.torn == 0


def test_a_unit_that_is_too_big_is_refused_and_nothing_breaks(path):
    with (
        closing(RingWriter(path, payload_bytes=1 << 16)) as writer,
        closing(RingReader(path)) as reader,
    ):
        reader.poll()
        first = write(writer, 0, size=writer.largest_unit)
        with pytest.raises(UnitTooBig):
            write(writer, 1, size=writer.largest_unit + 4)
        with pytest.raises(UnitTooBig):
            writer.write(AccessUnit(b"", 0, 0, True, 1, 1))
        second = write(writer, 1)

        assert [unit.data for unit in reader.poll()] == [first[0].data, second[0].data]


@pytest.mark.parametrize("field", ["width", "sensor", "capture_ns", "pts_90k"])
def test_numbers_that_do_not_fit_are_refused_and_nothing_breaks(path, field):
    with (
        closing(RingWriter(path, payload_bytes=1 << 16)) as writer,
        closing(RingReader(path)) as reader,
    ):
        reader.poll()
        with pytest.raises(struct.error):
            writer.write(replace(picture(0, is_keyframe=True), **{field: 2**64}))

        assert write(writer, 0, 1) == reader.poll()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 600), st.integers(0, 9)), max_size=120))
def test_whatever_the_sizes_are_a_reader_gets_a_suffix_of_what_was_written(tmp_path_factory, steps):
    path = tmp_path_factory.mktemp("ring") / "r"
    with (
        closing(RingWriter(path, payload_bytes=1200, slots=8)) as writer,
        closing(RingReader(path)) as reader,
    ):
        reader.poll()
        written, seen = [], []
        for number, (size, pause) in enumerate(steps):
            data = os.urandom(size)
            unit = AccessUnit(data, number, number, number % 3 == 0, 1, 1, 0, number)
            writer.write(unit)
            written.append(unit)
            if not pause:
                seen += reader.poll()
        seen += reader.poll()

        assert all(written[unit.sequence] == unit for unit in seen)
        numbers = [unit.sequence for unit in seen]
        assert numbers == sorted(set(numbers))
        for before, after in zip(seen, seen[1:], strict=False):
            assert after.sequence == before.sequence + 1 or after.is_keyframe
        assert reader.status.torn == 0


def test_every_unit_of_a_jpeg_ring_is_a_keyframe(path):
    with closing(RingWriter(path, payload_bytes=1 << 16, codec=Codec.JPEG)) as writer:
        write(writer, 1, 2, 3)
        with closing(RingReader(path)) as reader:
            assert [unit.sequence for unit in reader.poll()] == [2]
            assert reader.codec is Codec.JPEG
            assert reader.poll() == []


def test_there_is_one_writer_at_a_time(path):
    with closing(RingWriter(path, payload_bytes=1 << 16)), pytest.raises(RingBusy):
        RingWriter(path, payload_bytes=1 << 16)
    assert not path.exists()
    RingWriter(path, payload_bytes=1 << 16).close()


def test_a_writer_makes_a_new_file_that_only_its_group_may_read(path):
    path.write_bytes(b"left behind")
    old = path.stat().st_ino
    with closing(RingWriter(path, payload_bytes=1 << 16)):
        info = path.stat()
        assert info.st_ino != old
        assert stat.S_IMODE(info.st_mode) == 0o640


def test_a_reader_follows_a_new_writer(path):
    with closing(RingReader(path)) as reader:
        assert reader.poll() == []
        assert reader.status.state == "missing"
        first = RingWriter(path, payload_bytes=1 << 16)
        written = write(first, 0, 1)
        assert reader.poll() == written
        epoch = reader.status.epoch
        first.close()
        assert reader.poll() == []
        assert reader.status.state == "missing"

        with closing(RingWriter(path, payload_bytes=1 << 15)) as second:
            assert reader.poll() == []
            assert reader.status.state == "starting"
            assert write(second, 0, 1) == reader.poll()
            assert reader.status.epoch not in (epoch, 0)


def test_pictures_that_a_dead_writer_left_are_not_shown(path):
    with closing(RingWriter(path, payload_bytes=1 << 16)) as writer:
        write(writer, 0, 1)
        put(path, HEARTBEAT_AT, time.monotonic_ns() - 10**10)
        with closing(RingReader(path)) as reader:
            assert reader.poll() == []
            assert reader.status.state == "stalled"
            assert "stopped" in reader.status.detail
            write(writer, 10)
            assert len(reader.poll()) == 1
            assert reader.status.state == "live"


def put(path, at, value):
    """Store a 64-bit number into a ring that a writer has open."""
    with path.open("r+b") as file:
        file.seek(at)
        file.write(WORD.pack(value % 2**64))


@pytest.mark.parametrize("at", [HEAD_AT, KEYFRAME_AT])
@pytest.mark.parametrize("value", [0, 2**63, 2**64 - 1, 7])
def test_absurd_positions_cost_no_time_and_pass(path, at, value):
    with (
        closing(RingWriter(path, payload_bytes=1 << 16)) as writer,
        closing(RingReader(path)) as reader,
    ):
        write(writer, *range(12))
        reader.poll()
        put(path, at, value)
        begin = time.process_time()
        for _ in range(20):
            reader.poll()
            reader.units_since_keyframe()
            reader.seek_newest_keyframe()
        assert time.process_time() - begin < 0.5
        written = write(writer, *range(20, 23))
        assert [unit.data for unit in reader.poll()][-3:] == [unit.data for unit in written]


@pytest.mark.parametrize("offset", range(0, SLOT_BYTES, 4))
def test_a_damaged_slot_is_never_given_out_and_the_next_keyframe_is(path, offset):
    with (
        closing(RingWriter(path, payload_bytes=1 << 16)) as writer,
        closing(RingReader(path)) as reader,
    ):
        write(writer, 0, 1)
        reader.poll()
        write(writer, 2, 3, 4)
        with path.open("r+b") as file:
            file.seek(HEADER_BYTES + 3 * SLOT_BYTES + offset)
            file.write(b"\xfe\xff\xff\xff")

        assert [unit.sequence for unit in reader.poll()] == [2]
        assert reader.status.torn + reader.status.overruns == 1
        write(writer, 5, 10, 11)
        assert [unit.pts_90k for unit in reader.poll()] == [30_000, 33_000]


@pytest.mark.parametrize(
    ("at", "value"),
    [(0, 1), (8, 2), (8, 2**32), (16, 0), (24, 9), (32, 2**31), (40, 0), (48, 2**62)],
)
def test_a_header_that_makes_no_sense_is_refused_in_words(path, at, value):
    with closing(RingWriter(path, payload_bytes=1 << 16)) as writer:
        write(writer, 0)
        put(path, at, value)
        with closing(RingReader(path)) as reader:
            assert reader.poll() == []
            assert reader.status.state == "unreadable"
            assert reader.status.detail


def test_a_new_epoch_in_the_same_file_is_a_new_writer(path):
    with (
        closing(RingWriter(path, payload_bytes=1 << 16)) as writer,
        closing(RingReader(path)) as reader,
    ):
        write(writer, 0, 1)
        reader.poll()
        put(path, 16, 4711)
        write(writer, 10, 11)
        assert [unit.pts_90k for unit in reader.poll()] == [30_000, 33_000]
        assert reader.status.epoch == 4711


def test_a_truncated_ring_neither_kills_nor_shows_damage(path):
    with (
        closing(RingWriter(path, payload_bytes=1 << 16)) as writer,
        closing(RingReader(path)) as reader,
    ):
        write(writer, 0, 1)
        assert len(reader.poll()) == 2
        for size in (70_000, 5000, 300, 100, 0):
            os.truncate(path, size)
            assert reader.poll() == []
            assert reader.status.state == "unreadable"
            assert reader.units_since_keyframe() == []


def make_pipe(path):
    os.mkfifo(path)


def make_garbage(path):
    path.write_bytes(os.urandom(100_000))


@pytest.mark.parametrize("make", [make_pipe, make_garbage, os.mkdir, lambda path: path.touch()])
def test_what_is_no_ring_is_refused_without_blocking(path, make):
    make(path)
    with closing(RingReader(path)) as reader:
        assert reader.poll() == []
        assert reader.status.state == "unreadable"


def test_a_symbolic_link_is_not_followed(path, tmp_path):
    with closing(RingWriter(tmp_path / "other", payload_bytes=1 << 16)):
        path.symlink_to(tmp_path / "other")
        with closing(RingReader(path)) as reader:
            assert reader.poll() == []
            assert reader.status.state == "unreadable"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_fuzzed_headers_and_slots_never_raise(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("ring") / "r"
    with closing(RingWriter(path, payload_bytes=4096, slots=8)) as writer:
        write(writer, *range(6), gop=3)
        with closing(RingReader(path)) as reader:
            for _ in range(3):
                at = data.draw(st.integers(0, HEADER_BYTES + 8 * SLOT_BYTES - 8))
                put(path, at, data.draw(st.integers(0, 2**64 - 1)))
                for unit in reader.poll() + reader.units_since_keyframe():
                    assert unit.data == (unit.pts_90k // 3000).to_bytes(4, "big") * 25
                reader.seek_newest_keyframe()
                assert reader.status.state
