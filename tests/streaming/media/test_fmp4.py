import hashlib
import io
import random
import struct
from dataclasses import replace
from unittest.mock import patch

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.media import fmp4
from streaming.media.access_unit import AccessUnit
from streaming.media.annexb import nal_type, split_nal_units
from streaming.media.fmp4 import Fragment, Fragmenter, InitSegment
from streaming.media.problems import B_FRAMES, CameraProblem
from tests.streaming.media.h264 import IDR, PPS, SLICE, SPS
from tests.streaming.media.h264 import unit as unit_of
from tests.streaming.media.moving_picture import TICKS_PER_FRAME, decoded_pictures, encoded_units

HD = encoded_units(45, width=1280, height=720)
SMALL = encoded_units(30, width=320, height=240, profile="main")


def fragments_of(units: list[AccessUnit], fragmenter: Fragmenter | None = None) -> list[Fragment]:
    fragmenter = fragmenter or Fragmenter()
    return [fragment for unit in units if (fragment := fragmenter.fragment(unit))]


def as_file(fragments: list[Fragment]) -> bytes:
    """What a player would get: each init segment before the first fragment that needs it."""
    init: InitSegment | None = None
    parts = []
    for fragment in fragments:
        if fragment.init is not init:
            init = fragment.init
            parts.append(init.data)
        parts.append(fragment.data)
    return b"".join(parts)


def boxes(data: bytes) -> list[tuple[bytes, bytes]]:
    found = []
    while data:
        size, kind = struct.unpack_from(">I4s", data)
        assert 8 <= size <= len(data)
        found.append((kind, data[8:size]))
        data = data[size:]
    return found


def decode_time(fragment: Fragment) -> int:
    moof = dict(boxes(fragment.data))[b"moof"]
    tfdt = dict(boxes(dict(boxes(moof))[b"traf"]))[b"tfdt"]
    assert tfdt[0] == 1
    return int.from_bytes(tfdt[4:12])


def sample(fragment: Fragment) -> list[bytes]:
    """The NAL units of the one sample."""
    data = dict(boxes(fragment.data))[b"mdat"]
    nals = []
    while data:
        (size,) = struct.unpack_from(">I", data)
        nals.append(data[4 : 4 + size])
        data = data[4 + size :]
    return nals


@pytest.mark.parametrize("profile", ["baseline", "main", "high"])
def test_every_frame_decodes_to_the_same_bits_as_the_original(profile):
    units = encoded_units(45, width=640, height=360, profile=profile)

    with av.open(io.BytesIO(as_file(fragments_of(units)))) as file:
        frames = list(file.decode(video=0))

    originals = decoded_pictures([unit.data for unit in units])
    assert [frame.to_ndarray().tobytes() for frame in frames] == originals
    assert [frame.pts for frame in frames] == [unit.pts_90k for unit in units]
    assert [frame.key_frame for frame in frames] == [unit.is_keyframe for unit in units]


def test_the_init_segment_tells_what_the_camera_sends():
    init = fragments_of(HD[:1])[0].init

    with av.open(io.BytesIO(as_file(fragments_of(HD[:1])))) as file:
        stream = file.streams.video[0]
        assert (stream.width, stream.height) == (1280, 720)
        assert stream.time_base.denominator == 90_000
    assert (init.codec, init.width, init.height) == ("avc1.64001f", 1280, 720)
    assert [kind for kind, _ in boxes(init.data)] == [b"ftyp", b"moov"]


def test_each_access_unit_is_a_fragment_at_once():
    fragmenter = Fragmenter()

    for unit in HD:
        fragment = fragmenter.fragment(unit)
        assert fragment is not None
        assert [kind for kind, _ in boxes(fragment.data)] == [b"moof", b"mdat"]
        assert fragment.is_keyframe == unit.is_keyframe


def test_samples_carry_no_parameter_sets_and_lose_nothing_else():
    for unit, fragment in zip(HD, fragments_of(HD), strict=True):
        wanted = [nal for nal in split_nal_units(unit.data) if nal_type(nal) not in (7, 8, 9)]
        assert sample(fragment) == wanted


def test_the_decode_time_is_the_media_time_minus_its_origin_even_beyond_32_bits():
    start = 2**33 + 12345
    units = [replace(unit, pts_90k=start + unit.pts_90k) for unit in HD]

    fragments = fragments_of(units)

    assert fragments[0].init.pts_origin == start
    assert [decode_time(fragment) for fragment in fragments] == [unit.pts_90k for unit in HD]


def test_the_bytes_that_players_get_are_known_to_the_last():
    """They were played by real browsers: whoever changes them tries again, and says so here."""
    keyframe = AccessUnit(unit_of(SPS, PPS, IDR), 0, 90_000, True, 1280, 720)
    next_one = AccessUnit(unit_of(SLICE, SLICE), 0, 93_003, False, 1280, 720)

    data = as_file(fragments_of([keyframe, next_one]))

    digest = "95a74a4a45996a8a619c1da38ef675be98d4020831fe64f87c3beef4f3755d34"
    assert hashlib.sha256(data).hexdigest() == digest


def test_nothing_comes_before_the_first_keyframe():
    assert fragments_of(HD[1:15]) == []


def test_another_resolution_starts_another_init_segment_on_the_same_timeline():
    later = [replace(unit, pts_90k=unit.pts_90k + 45 * TICKS_PER_FRAME) for unit in SMALL]

    fragments = fragments_of(HD + later)

    inits = list(dict.fromkeys(fragment.init for fragment in fragments))
    assert [(init.width, init.height, init.pts_origin) for init in inits] == [
        (1280, 720, 0),
        (320, 240, 0),
    ]
    assert [decode_time(fragment) for fragment in fragments] == [
        number * TICKS_PER_FRAME for number in range(75)
    ]


def test_the_same_camera_keeps_its_init_segment_over_all_keyframes():
    assert len({id(fragment.init) for fragment in fragments_of(HD)}) == 1


def test_a_camera_that_counts_anew_goes_on_where_the_timeline_was():
    late = [replace(unit, pts_90k=unit.pts_90k + 10**9) for unit in HD]
    fragmenter = Fragmenter()

    before, after = fragments_of(late, fragmenter), fragments_of(HD, fragmenter)

    assert before[0].init.data == after[0].init.data
    assert after[0].init.pts_origin == -45 * TICKS_PER_FRAME
    times = [decode_time(fragment) for fragment in before + after]
    assert times == [number * TICKS_PER_FRAME for number in range(90)]


def test_a_jump_of_the_clock_between_keyframes_waits_for_the_next_keyframe():
    jumped = HD[:5] + [replace(unit, pts_90k=unit.pts_90k - 10**6) for unit in HD[5:]]

    fragments = fragments_of(jumped)

    assert len(fragments) == 5 + 30
    assert fragments[5].is_keyframe


def test_a_pause_of_the_camera_is_a_gap_and_not_a_frame_that_lasts():
    paused = HD[:10] + [replace(unit, pts_90k=unit.pts_90k + 90_000 * 20) for unit in HD[10:15]]

    with av.open(io.BytesIO(as_file(fragments_of(paused)))) as file:
        packets = [packet for packet in file.demux(video=0) if packet.size]

    assert [packet.pts for packet in packets] == [unit.pts_90k for unit in paused]
    assert {packet.duration for packet in packets} == {TICKS_PER_FRAME}


def test_b_frames_are_refused_by_name():
    fragmenter = Fragmenter()

    with pytest.raises(CameraProblem) as refused:
        fragments_of(encoded_units(15, b_frames=2), fragmenter)

    assert refused.value.problem == B_FRAMES


def test_slices_are_told_apart_by_their_first_byte_as_by_their_bits():
    for first in range(256):
        nal = bytes([0x41, first, 0x55, 0x55])
        with patch.object(fmp4, "_FIRST_OF_P_OR_I", frozenset()):
            by_bits = is_taken(nal)
        assert is_taken(nal) == by_bits, first


def is_taken(nal: bytes) -> bool:
    try:
        return bool(fmp4.sample_of([nal], ()))
    except CameraProblem:
        return False


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(-(2**62), 2**62), st.binary(max_size=40)), max_size=12
    ),
    st.integers(0, 2**32),
)
def test_garbage_never_makes_it_say_anything_but_whole_boxes(garbage, seed):
    dice = random.Random(seed)
    units = SMALL[:16]
    for is_keyframe, pts_90k, data in garbage:
        sets = b"".join(b"\0\0\1" + nal for nal in split_nal_units(SMALL[0].data)[:2])
        broken = dice.choice([data, b"\0\0\1" + data, sets + b"\0\0\1e" + data])
        position = dice.randrange(len(units))
        units[position:position] = [AccessUnit(broken, 0, pts_90k, is_keyframe, 0, 0)]
    fragmenter = Fragmenter()
    last = -1

    for unit in units:
        try:
            fragment = fragmenter.fragment(unit)
        except (ValueError, CameraProblem):
            continue
        if fragment is not None:
            assert decode_time(fragment) > last
            last = decode_time(fragment)
            assert sample(fragment)
