import av
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streaming.media.encoder import EncoderConfig, LiveEncoder
from streaming.media.strip import HEIGHT_PX, WIDTH_PX, StripStamp, crc16, read_strip, write_strip

stamps = st.builds(
    StripStamp,
    frame_number=st.integers(0, 2**32 - 1),
    captured_unix_ms=st.integers(0, 2**32 - 1),
    camera_number=st.integers(0, 2**16 - 1),
)


def grey_picture(width: int = 640, height: int = 360) -> np.ndarray:
    return np.full((height, width), 120, np.uint8)


@given(stamps)
def test_what_was_written_is_read(stamp):
    luma = grey_picture()

    write_strip(luma, stamp)

    assert read_strip(luma) == stamp


def test_numbers_are_kept_modulo_their_width():
    luma = grey_picture()

    write_strip(luma, StripStamp(2**32 + 7, 1_795_000_000_123, 65536 + 3))

    assert read_strip(luma) == StripStamp(7, 1_795_000_000_123 % 2**32, 3)


def test_the_crc_is_crc_16_ccitt_false():
    assert crc16(b"123456789") == 0x29B1


def test_cells_lie_where_the_layout_says():
    luma = grey_picture()

    write_strip(luma, StripStamp(0x80000001, 0, 0))

    assert luma[8, 8] > 128 > luma[8, 24]
    assert luma[8, 31 * 16 + 8] > 128
    assert luma[HEIGHT_PX, 0] == luma[0, WIDTH_PX] == 120


def test_a_picture_without_a_strip_has_no_stamp():
    assert read_strip(grey_picture()) is None


def test_a_picture_too_small_for_a_strip_has_no_stamp():
    assert read_strip(grey_picture(320, 40)) is None


@given(stamps, st.integers(0, 95))
def test_one_wrong_cell_is_noticed(stamp, cell):
    luma = grey_picture()
    write_strip(luma, stamp)
    row, column = divmod(cell, 32)
    square = luma[row * 16 : row * 16 + 16, column * 16 : column * 16 + 16]

    square[...] = 251 - square

    assert read_strip(luma) is None


def test_the_strip_survives_h264():
    encoder = LiveEncoder(EncoderConfig(640, 360, 30, 500_000))
    decoder = av.CodecContext.create("h264", "r")
    noise = np.random.default_rng(1)
    read = []
    for number in range(40):
        planes = noise.integers(60, 190, (540, 640), np.uint8)
        stamp = StripStamp(number, 1_000_000 + 33 * number, 9)
        write_strip(planes[:360], stamp)
        data = encoder.encode(av.VideoFrame.from_ndarray(planes, "yuv420p"), number * 3000)
        for picture in decoder.decode(av.Packet(data)) + (
            decoder.decode(None) if number == 39 else []
        ):
            read.append(read_strip(picture.to_ndarray()[:360]))

    assert [stamp.frame_number for stamp in read] == list(range(40))
