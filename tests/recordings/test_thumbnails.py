import os
import signal
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from itertools import islice

import pytest

from recordings.files.layout import FragmentEntry
from recordings.thumbnails import MOST_MP4_BYTES, MOST_WAITING, Busy, Thumbnailer, keyframe_in
from tests.recordings.files.test_thumbnailer import recorded

SECOND = 90_000


@pytest.fixture
def thumbnailer():
    thumbnailer = Thumbnailer()
    yield thumbnailer
    thumbnailer.close()


def entry(offset: int, size: int, first_s: int, *, is_key: bool) -> FragmentEntry:
    return FragmentEntry(offset, size, first_s * SECOND, (first_s + 1) * SECOND, 30, is_key)


def test_a_process_of_its_own_makes_the_picture_and_is_asked_again(thumbnailer):
    mp4 = recorded(frames=1)

    first, second = thumbnailer.jpeg(lambda: mp4), thumbnailer.jpeg(lambda: mp4)

    assert first.startswith(b"\xff\xd8")
    assert first == second
    assert thumbnailer.pid not in (None, os.getpid())


def test_where_nothing_can_be_read_no_process_is_asked(thumbnailer):
    assert thumbnailer.jpeg(lambda: None) is None
    assert thumbnailer.pid is None


def test_what_cannot_be_decoded_has_no_picture(thumbnailer):
    assert thumbnailer.jpeg(lambda: b"x" * 1000) is None


def test_another_process_takes_over_from_one_that_died(thumbnailer):
    mp4 = recorded(frames=1)
    thumbnailer.jpeg(lambda: mp4)
    before = thumbnailer.pid
    os.kill(before, signal.SIGKILL)

    assert thumbnailer.jpeg(lambda: mp4).startswith(b"\xff\xd8")
    assert thumbnailer.pid != before


def test_more_than_can_wait_are_sent_away_at_once(thumbnailer):
    mp4 = recorded(frames=1)
    thumbnailer.jpeg(lambda: mp4)
    process = thumbnailer.pid
    os.kill(process, signal.SIGSTOP)

    reads = []

    def read() -> bytes:
        reads.append(mp4)
        return mp4

    def ask() -> str:
        with suppress(Busy):
            return "served" if thumbnailer.jpeg(read) else "failed"
        return "busy"

    with ThreadPoolExecutor(MOST_WAITING + 4) as people:
        asked = [people.submit(ask) for _ in range(MOST_WAITING + 4)]
        first = [answer.result() for answer in islice(as_completed(asked, timeout=20), 4)]
        read_meanwhile = len(reads)
        os.kill(process, signal.SIGCONT)
        rest = [answer.result(20) for answer in asked]

    assert first == ["busy"] * 4
    assert read_meanwhile <= 1, "whoever waits holds nothing"
    assert rest.count("served") == MOST_WAITING


def test_the_keyframe_shown_at_a_time_is_found_with_what_must_come_before_it():
    with tempfile.TemporaryFile() as file:
        file.write(b"i" * 10 + b"a" * 5 + b"b" * 5 + b"c" * 5)
        file.flush()
        fragments = [
            entry(10, 5, 7, is_key=True),
            entry(15, 5, 8, is_key=False),
            entry(20, 5, 9, is_key=True),
        ]

        def shown(seconds: float) -> bytes | None:
            return keyframe_in(file.fileno(), 10, fragments, round(seconds * SECOND))

        assert shown(7) == shown(8.9) == b"i" * 10 + b"a" * 5
        assert shown(9) == shown(500) == b"i" * 10 + b"c" * 5
        assert shown(1) == shown(7)
        assert keyframe_in(file.fileno(), 10, fragments[1:2], 0) is None
        assert keyframe_in(file.fileno(), 10, [], 0) is None


def test_a_keyframe_that_no_camera_makes_is_left_alone():
    with tempfile.TemporaryFile() as file:
        huge = entry(10, MOST_MP4_BYTES, 0, is_key=True)

        assert keyframe_in(file.fileno(), 10, [huge], 0) is None
