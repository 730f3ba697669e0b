import av
import numpy as np
import pytest

from streaming.media.annexb import (
    is_keyframe,
    nal_type,
    parameter_sets,
    split_nal_units,
)
from streaming.media.encoder import EncoderConfig, LiveEncoder


def picture(number):
    planes = np.full((270, 240), 128, np.uint8)
    planes[:180, number % 200 : number % 200 + 40] = 220
    return av.VideoFrame.from_ndarray(planes, "yuv420p")


def encoded(times_90k, fps=30):
    encoder = LiveEncoder(EncoderConfig(240, 180, fps, 300_000))
    return [encoder.encode(picture(n), pts) for n, pts in enumerate(times_90k)]


def test_each_picture_is_an_access_unit_at_once():
    assert all(encoded(range(0, 90 * 3000, 3000)))


@pytest.mark.parametrize("step_90k", [3000, 9000, 18_000])
def test_a_keyframe_comes_every_second_however_slow_pictures_come(step_90k):
    times = range(0, 5 * 90_000, step_90k)

    keyframes = [pts for pts, data in zip(times, encoded(times), strict=True) if is_keyframe(data)]

    assert keyframes == [0, 90_000, 180_000, 270_000, 360_000]


def test_a_keyframe_can_be_had_at_once_and_the_next_is_due_a_second_later():
    encoder = LiveEncoder(EncoderConfig(240, 180, 30, 300_000))

    keyframes = [
        number
        for number in range(60)
        if is_keyframe(encoder.encode(picture(number), 3000 * number, as_keyframe=number == 10))
    ]

    assert keyframes == [0, 10, 40]


def test_keyframes_bring_their_parameter_sets_and_other_pictures_are_one_slice():
    units = encoded(range(0, 40 * 3000, 3000))

    assert parameter_sets(units[0])
    assert parameter_sets(units[30])
    assert [nal_type(nal) for nal in split_nal_units(units[5])] == [1]
