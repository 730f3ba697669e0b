import io
import random
from dataclasses import replace

import numpy
from PIL import Image

from streaming.media.jpeg import PictureDecoder, encode_jpeg
from tests.streaming.media.moving_picture import encoded_units


def test_every_unit_gives_its_own_picture_at_once():
    units = encoded_units(20)
    decoder = PictureDecoder()

    pictures = [decoder.decode([unit]) for unit in units]

    assert [picture and picture.unit for picture in pictures] == units
    assert decoder.decoded_frames == 20


def test_several_units_give_the_newest_picture():
    units = encoded_units(10)

    picture = PictureDecoder().decode(units)

    assert picture is not None
    assert picture.unit == units[-1]


def test_nothing_comes_before_a_keyframe():
    assert PictureDecoder().decode(encoded_units(10)[1:]) is None


def test_flush_gives_a_picture_that_was_kept_back_for_reordering():
    units = encoded_units(3, b_frames=2)
    decoder = PictureDecoder()

    first = decoder.decode(units[:1]) or decoder.flush()

    assert first is not None
    assert first.unit == units[0]
    assert decoder.decode(units[1:2]) is None


def test_it_goes_on_at_the_next_keyframe_after_garbage():
    units = encoded_units(31, gop=15)
    dice = random.Random(1)
    broken = [replace(unit, data=dice.randbytes(len(unit.data))) for unit in units[:15]]
    decoder = PictureDecoder()

    decoder.decode(broken)
    picture = decoder.decode(units[15:31])

    assert picture is not None
    assert picture.unit == units[30]


def test_a_picture_is_no_wider_than_asked_and_keeps_its_shape():
    picture = PictureDecoder().decode(encoded_units(1, width=640, height=360))
    assert picture is not None

    small = Image.open(io.BytesIO(encode_jpeg(picture.frame, max_width_px=321)))
    same = Image.open(io.BytesIO(encode_jpeg(picture.frame)))

    assert (small.format, small.size) == ("JPEG", (320, 180))
    assert same.size == (640, 360)


def test_a_picture_looks_like_the_frame_it_was_made_of():
    picture = PictureDecoder().decode(encoded_units(1, width=640, height=360))
    assert picture is not None

    jpeg = Image.open(io.BytesIO(encode_jpeg(picture.frame, quality=2))).convert("RGB")

    difference = numpy.asarray(jpeg, int) - picture.frame.to_ndarray(format="rgb24")
    assert numpy.abs(difference).mean() < 4
    assert abs(difference.mean()) < 1
