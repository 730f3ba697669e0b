import io
import socket
import threading

import av
import pytest

from recordings.files.thumbnailer import LENGTH, WIDTH_PX, serve, thumbnail
from streaming.media.fmp4 import Fragmenter
from tests.streaming.media.moving_picture import encoded_units


def recorded(*, width: int = 640, height: int = 360, frames: int = 12) -> bytes:
    """An init segment and a group of pictures."""
    fragmenter = Fragmenter()
    fragments = [
        fragmenter.fragment(unit) for unit in encoded_units(frames, width=width, height=height)
    ]
    return fragments[0].init.data + b"".join(fragment.data for fragment in fragments)


def size_of(jpeg: bytes) -> tuple[int, int]:
    with av.open(io.BytesIO(jpeg), format="jpeg_pipe") as picture:
        frame = next(picture.decode(video=0))
        return frame.width, frame.height


@pytest.fixture
def ask():
    """Asks a thumbnailer, which serves in a thread here."""
    ours, its = socket.socketpair()
    server = threading.Thread(target=serve, args=(its,))
    server.start()
    ours.settimeout(20)
    with ours.makefile("rb") as answers:

        def ask(mp4: bytes) -> bytes:
            ours.sendall(LENGTH.pack(len(mp4)) + mp4)
            return answers.read(*LENGTH.unpack(answers.read(LENGTH.size)))

        yield ask
        ours.shutdown(socket.SHUT_RDWR)
        ours.close()
    server.join(20)
    assert not server.is_alive()


def test_a_keyframe_becomes_a_small_picture_of_the_same_shape():
    assert size_of(thumbnail(recorded(width=1280, height=720, frames=2))) == (WIDTH_PX, 180)


def test_a_small_picture_stays_as_it_is():
    assert size_of(thumbnail(recorded(width=160, height=120, frames=1))) == (160, 120)


def test_the_keyframe_alone_is_enough():
    assert size_of(thumbnail(recorded(frames=1))) == (WIDTH_PX, 180)


def test_what_is_no_video_makes_no_picture():
    whole = recorded(frames=1)
    for broken in (b"", b"x", b"x" * 5000, whole[:200], whole[:700], whole[: len(whole) // 2]):
        assert thumbnail(broken) is None or size_of(thumbnail(broken))


def test_each_request_gets_its_own_answer(ask):
    wide, square = recorded(frames=1), recorded(width=240, height=240, frames=1)

    assert [size_of(ask(mp4)) for mp4 in (wide, square, wide)] == [
        (WIDTH_PX, 180),
        (240, 240),
        (WIDTH_PX, 180),
    ]


def test_one_that_cannot_be_decoded_is_answered_and_the_next_one_too(ask):
    assert ask(b"no video") == b""
    assert ask(b"") == b""
    assert size_of(ask(recorded(frames=1))) == (WIDTH_PX, 180)
