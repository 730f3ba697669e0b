import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.media.access_unit import AccessUnit
from streaming.media.annexb import (
    MOST_NALS,
    BadNalUnits,
    BadSps,
    ParameterSets,
    Sanitiser,
    SpsInfo,
    avcc_to_annexb,
    codec_string,
    is_keyframe,
    nal_type,
    nal_units,
    parameter_sets,
    split_nal_units,
)
from tests.streaming.media.h264 import IDR, PPS, SLICE, SPS, START, encoded, unit

bodies = st.binary(min_size=2, max_size=60).filter(
    lambda body: b"\0\0" not in body and body[-1] != 0
)
nals = st.builds(lambda kind, body: bytes([0x60 | kind]) + body, st.integers(1, 23), bodies)
prefixes = st.sampled_from([b"\0\0\1", b"\0\0\0\1", b"\0\0\0\0\0\1"])


@given(st.lists(st.tuples(prefixes, nals)))
def test_splitting_gives_back_the_nal_units_whatever_start_codes_are_used(parts):
    data = b"".join(prefix + nal for prefix, nal in parts)

    assert split_nal_units(data) == [nal for _, nal in parts]


@given(st.lists(st.sampled_from([b"\0", b"\1", b"\0\0\1", START, SPS, PPS, IDR, SLICE, b"\xff"])))
def test_whatever_the_bytes_are_only_safe_units_come_out(parts):
    sanitiser = Sanitiser()
    for _ in range(2):
        cleaned = sanitiser.clean(b"".join(parts))
        if cleaned is None:
            continue
        kinds = [nal_type(nal) for nal in split_nal_units(cleaned)]
        assert unit(*split_nal_units(cleaned)) == cleaned
        assert [cleaned[begin:end] for begin, end in sanitiser.nals] == split_nal_units(cleaned)
        assert not set(kinds) & {0, 9, 12, *range(24, 32)}
        assert set(kinds) & {1, 2, 3, 4, 5}
        if 5 in kinds:
            assert {7, 8} <= set(kinds[: kinds.index(5)])


@given(st.lists(nals.filter(lambda nal: nal[0] & 0x1F not in (7, 8)), min_size=1))
def test_the_short_way_for_units_that_are_fine_equals_the_long_way(parts):
    fine, other = Sanitiser(), Sanitiser()
    for sanitiser in (fine, other):
        assert sanitiser.clean(unit(SPS, PPS, IDR))

    straight = fine.clean(unit(*parts))
    # Three-byte start codes make the same unit take the other way.
    rebuilt = other.clean(b"".join(b"\0\0\1" + nal for nal in parts))

    assert (straight, straight and fine.nals) == (rebuilt, rebuilt and other.nals)


def test_nal_units_are_looked_for_once():
    data = unit(SPS, PPS, IDR)
    sanitiser = Sanitiser()
    sanitiser.clean(data)
    known = AccessUnit(data, 0, 0, is_keyframe=True, width=0, height=0, nals=sanitiser.nals)

    assert nal_units(known) == nal_units(replace(known, nals=())) == [SPS, PPS, IDR]
    assert nal_units(replace(known, nals=known.nals[1:])) == [PPS, IDR]


def test_a_unit_that_is_fine_comes_out_as_the_same_object():
    sanitiser = Sanitiser()
    units = [unit(*split_nal_units(data)) for data in encoded()]

    assert all(sanitiser.clean(data) is data for data in units)


def test_nothing_comes_out_before_the_first_keyframe_with_its_parameter_sets():
    sanitiser = Sanitiser()

    assert sanitiser.clean(unit(SLICE)) is None
    assert sanitiser.clean(unit(IDR)) is None
    assert sanitiser.clean(unit(SPS, PPS)) is None
    assert sanitiser.clean(unit(SLICE)) is None
    assert sanitiser.clean(unit(IDR)) == unit(SPS, PPS, IDR)
    assert sanitiser.clean(unit(SLICE)) == unit(SLICE)
    assert sanitiser.dropped_units == 4


def test_parameter_sets_behind_the_slice_are_put_before_it():
    sanitiser = Sanitiser()

    assert sanitiser.clean(unit(IDR, SPS, PPS)) == unit(SPS, PPS, IDR)


def test_a_new_sequence_parameter_set_replaces_the_old_one_and_its_picture_sets():
    sanitiser = Sanitiser()
    sanitiser.clean(unit(SPS, PPS, IDR))
    smaller = parameter_sets(encoded()[0])

    assert sanitiser.clean(unit(smaller.sps)) is None
    assert sanitiser.clean(unit(IDR)) is None
    assert sanitiser.clean(unit(smaller.pps, IDR)) == unit(smaller.sps, smaller.pps, IDR)
    assert (sanitiser.sps.width, sanitiser.sps.height) == (320, 240)


@pytest.mark.parametrize("harmless", [b"", b"\x09\xf0", b"\x0c\xff\xff", b"\x60", b"\x7e\x01"])
def test_what_decoders_ignore_is_taken_out_without_losing_the_picture(harmless):
    sanitiser = Sanitiser()

    assert sanitiser.clean(unit(harmless, SPS, PPS, harmless, IDR)) == unit(SPS, PPS, IDR)
    assert sanitiser.clean(unit(harmless, SLICE)) == unit(SLICE)
    assert sanitiser.clean(unit(SLICE)) == unit(SLICE)


@pytest.mark.parametrize(
    "damage",
    [b"\x80" + SLICE, b"\x41" + b"\xaa" * (4 << 20), b"\x67\x64", b"\x67" + b"\x01" * 5000],
)
def test_after_a_damaged_unit_everything_waits_for_the_next_keyframe(damage):
    sanitiser = Sanitiser()
    sanitiser.clean(unit(SPS, PPS, IDR))

    assert sanitiser.clean(unit(SLICE, damage)) is None
    assert sanitiser.clean(unit(SLICE)) is None
    assert sanitiser.clean(unit(IDR)) == unit(SPS, PPS, IDR)
    assert sanitiser.clean(unit(SLICE)) == unit(SLICE)


def test_after_missing_units_everything_waits_for_the_next_keyframe():
    sanitiser = Sanitiser()
    sanitiser.clean(unit(SPS, PPS, IDR))
    sanitiser.lost()

    assert sanitiser.clean(unit(SLICE)) is None
    assert sanitiser.clean(unit(IDR)) == unit(SPS, PPS, IDR)


@pytest.mark.parametrize("flood", [b"\0" * (4 << 20), b"\0\0\1" * (1 << 20), START * (1 << 20)])
def test_a_flood_of_empty_nal_units_costs_no_time(flood):
    sanitiser = Sanitiser()
    begin = time.process_time()

    assert sanitiser.clean(flood) is None
    assert time.process_time() - begin < 0.5
    assert len(split_nal_units(flood)) <= MOST_NALS


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (unit(SPS, PPS, IDR), True),
        (unit(IDR), True),
        (b"\0\0\1" + IDR, True),
        (unit(SLICE), False),
        (unit(SLICE, IDR), False),
        (unit(SPS, PPS), False),
        (b"", False),
        (b"\0\0\1", False),
    ],
)
def test_a_keyframe_is_known_by_its_first_slice(data, expected):
    assert is_keyframe(data) is expected


def test_parameter_sets_are_found_before_the_slice_only():
    assert parameter_sets(unit(SPS, PPS, IDR)) == ParameterSets(SPS, PPS)
    assert parameter_sets(unit(SPS, IDR, PPS)) is None
    assert parameter_sets(unit(b"", b"")) is None


@given(st.lists(nals), st.sampled_from([2, 4]))
def test_length_prefixed_samples_become_byte_streams(parts, length_size):
    sample = b"".join(len(nal).to_bytes(length_size, "big") + nal for nal in parts)

    assert avcc_to_annexb(sample, length_size) == unit(*parts)


@pytest.mark.parametrize(("data", "size"), [(b"\0\0\0\x05abcd", 4), (b"\0", 2), (b"", 3)])
def test_lengths_that_do_not_add_up_are_refused_by_name(data, size):
    with pytest.raises(BadNalUnits):
        avcc_to_annexb(data, size)


def test_a_sequence_parameter_set_tells_profile_size_and_reordering():
    assert SpsInfo.parse(SPS) == SpsInfo(0, 100, 0, 31, 1280, 720, 2)
    assert codec_string(SPS) == "avc1.64001f"


@pytest.mark.parametrize("size", [(320, 240), (1920, 1080), (638, 358)])
def test_cropping_is_taken_off_the_picture_size(size):
    info = SpsInfo.parse(_sps_of(size))

    assert (info.width, info.height) == size


def _sps_of(size):
    return parameter_sets(encoded(2, *size)[0]).sps


@given(st.binary(max_size=80))
def test_garbage_is_no_sequence_parameter_set(body):
    for sps in (body, b"\x67" + body):
        try:
            info = SpsInfo.parse(sps)
        except BadSps:
            continue
        assert 0 < info.width <= 16384
        assert 0 < info.height <= 32768


def test_every_cut_of_a_sequence_parameter_set_is_refused_or_read():
    refused = 0
    for size in range(len(SPS) - 1):
        try:
            SpsInfo.parse(SPS[:size])
        except BadSps:
            refused += 1
    assert refused > len(SPS) // 2
