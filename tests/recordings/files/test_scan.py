import os
import re
import struct
import tracemalloc
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recordings.files.layout import BOX_HEAD, fragment_parts
from recordings.files.scan import (
    DAMAGED,
    MOST_FRAGMENTS,
    NOT_OURS,
    STRANGE,
    TOO_MANY,
    TORN,
    repair,
    scan,
)
from streaming.media.fmp4 import TrackSample
from tests.recordings.files.disks import FIRST_90K, NAME, TAG, record
from tests.streaming.media.moving_picture import TICKS_PER_FRAME, encoded_units


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> bytes:
    folder = tmp_path_factory.mktemp("whole")
    record(folder)
    return (folder / NAME).read_bytes()


def scanned(folder, data: bytes, **how):
    path = folder / NAME
    path.write_bytes(data)
    return scan(path, **how)


def test_a_file_says_whose_it_is(tmp_path, whole):
    head = scanned(tmp_path, whole).head

    assert head is not None
    assert head.tag == TAG
    assert (head.codec, head.width, head.height) == ("avc1.64000d", 320, 240)
    assert head.pts_origin == FIRST_90K
    assert whole[head.init_bytes :][4:8] == b"moof"


@pytest.mark.parametrize(("width", "height"), [(640, 360), (1920, 1080)])
@pytest.mark.parametrize("profile", ["baseline", "main", "high"])
def test_the_size_and_profile_are_those_of_the_camera(tmp_path, profile, width, height):
    units = encoded_units(2, width=width, height=height, profile=profile)
    record(tmp_path, units)

    head = scan(tmp_path / NAME).head

    assert head is not None
    assert (head.width, head.height) == (width, height)
    assert head.codec.startswith({"baseline": "avc1.42", "main": "avc1.4d"}.get(profile, "avc1.64"))


def test_fragments_are_told_with_their_media_times(tmp_path, whole):
    found = scanned(tmp_path, whole)

    assert [(entry.first_90k, entry.end_90k) for entry in found.fragments] == [
        (FIRST_90K + n * 15 * TICKS_PER_FRAME, FIRST_90K + (n + 1) * 15 * TICKS_PER_FRAME)
        for n in range(5)
    ]
    assert (found.whole_bytes, found.problem, found.frames) == (len(whole), "", 75)


def test_a_growing_file_is_told_as_far_as_it_is_committed(tmp_path, whole):
    ends = [entry.offset + entry.size for entry in scanned(tmp_path, whole).fragments]

    at_end = scanned(tmp_path, whole, upto_bytes=ends[1])
    within = scanned(tmp_path, whole, upto_bytes=ends[2] - 1)

    assert (len(at_end.fragments), at_end.problem) == (2, "")
    assert (len(within.fragments), within.problem, within.whole_bytes) == (2, TORN, ends[1])


def test_an_open_file_is_scanned_and_stays_open(tmp_path, whole):
    (tmp_path / NAME).write_bytes(whole)
    with open(tmp_path / NAME, "rb") as file:
        assert scan(file.fileno()) == scan(tmp_path / NAME)
        assert file.read() == whole


@pytest.mark.parametrize("data", [b"", b"\0", bytes(5000), b"a text" * 100, b"\xff" * 3000])
def test_what_is_no_segment_is_said_to_be_none_and_not_touched(tmp_path, data):
    found = scanned(tmp_path, data)

    assert (found.head, found.fragments, found.whole_bytes) == (None, [], 0)
    assert found.problem == NOT_OURS
    assert repair(tmp_path / NAME) == found
    assert (tmp_path / NAME).read_bytes() == data


def test_what_follows_the_last_fragment_is_cut_off(tmp_path, whole):
    found = scanned(tmp_path, whole + bytes(100))
    assert (found.problem, found.whole_bytes) == (STRANGE, len(whole))

    repaired = repair(tmp_path / NAME)

    assert (repaired.problem, repaired.cut_bytes) == ("", 100)
    assert (tmp_path / NAME).read_bytes() == whole


def test_fragments_out_of_their_order_are_not_taken(tmp_path, whole):
    first, second, *_ = scanned(tmp_path, whole).fragments
    twice = whole[: second.offset] + whole[first.offset : second.offset]

    found = scanned(tmp_path, twice)

    assert (len(found.fragments), found.problem) == (1, STRANGE)


def test_a_changed_byte_of_a_picture_is_found_where_it_is_looked_for(tmp_path, whole):
    entry = scanned(tmp_path, whole).fragments[2]
    changed = bytearray(whole)
    changed[entry.offset + entry.size // 2] ^= 16

    assert scanned(tmp_path, changed).problem == ""
    found = scanned(tmp_path, changed, is_checked=True)

    assert (found.problem, found.damaged) == (DAMAGED, (2,))
    assert found.digest == scanned(tmp_path, whole).digest


def test_links_and_folders_are_no_segments(tmp_path, whole):
    (tmp_path / "real").write_bytes(whole)
    (tmp_path / "link").symlink_to("real")
    os.mkfifo(tmp_path / "pipe")

    for name in ("link", "pipe", "nothing", "."):
        with pytest.raises(FileNotFoundError):
            scan(tmp_path / name)


def test_a_file_of_lies_costs_no_more_than_its_size(tmp_path, whole):
    head = scanned(tmp_path, whole).head
    assert head is not None
    huge = BOX_HEAD.pack(2**32 - 1, b"moof") + bytes(100_000)
    tracemalloc.start()

    found = scanned(tmp_path, whole[: head.init_bytes] + huge)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.problem == STRANGE
    assert peak < 2_000_000


def test_there_is_an_end_to_fragments(tmp_path, whole):
    head = scanned(tmp_path, whole).head
    assert head is not None
    fragments = (
        b"".join(fragment_parts(number, number, [TrackSample(1, 1, True)], [b"a"]))
        for number in range(1, MOST_FRAGMENTS + 2)
    )

    found = scanned(tmp_path, whole[: head.init_bytes] + b"".join(fragments))

    assert (len(found.fragments), found.problem) == (MOST_FRAGMENTS, TOO_MANY)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_is_in_a_file_it_is_told_or_refused(tmp_path_factory, whole, data):
    """Numbers and bytes changed anywhere: whole fragments still lie one after the other."""
    dice = Random(data.draw(st.integers(0, 2**32)))
    offsets = [at.start() for at in re.finditer(b"....moof", whole, re.DOTALL)]
    file = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 12))):
        near = dice.choice([0, *offsets])
        at = min(len(file) - 4, near + dice.randrange(900))
        value = dice.choice([0, 1, 8, 2**31, 2**32 - 1, dice.getrandbits(32)])
        file[at : at + 4] = struct.pack(">I", value)
    path = tmp_path_factory.getbasetemp() / "changed.mp4"
    path.write_bytes(file)

    found = scan(path, is_checked=True)

    at = found.head.init_bytes if found.head else 0
    for entry in found.fragments:
        assert (entry.offset, entry.frames > 0, entry.end_90k >= entry.first_90k) == (
            at,
            True,
            True,
        )
        at += entry.size
    assert found.whole_bytes == at <= len(file)
    repaired = repair(path)
    assert (not repaired.fragments) or scan(path).problem == ""
