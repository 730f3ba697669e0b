"""The earlier pet camera's detections, out of its shared memory in three layouts."""

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from detections.segments import DetectionsReader, follow_segment, segment_beside
from detections.vision.boxes import Box
from detections.vision.seen import Seen, SeenFrame
from tests.detections.segment_writer import CAT, SIZES, SegmentWriter

NS = 10**9
UP_NS, WALL_NS = 5000 * NS, 1_780_000_000 * NS
SEEN_CAT = Seen("cat", 0.875, Box(0.1, 0.1, 0.5, 0.5))


class Segment:
    """A writer, a reader, and what time it is for both."""

    def __init__(self, path: Path, size: int) -> None:
        self.path, self.size, self.now_ns = path, size, UP_NS
        self.writer = SegmentWriter(path, size)
        self.reader = DetectionsReader(
            path,
            monotonic_ns=lambda: self.now_ns,
            wall_ns=lambda: WALL_NS + self.now_ns - UP_NS,
        )

    def close(self) -> None:
        self.writer.close()
        self.reader.close()

    def polls(self, times: int = 3) -> list[SeenFrame]:
        frames = [self.reader.poll() for _ in range(times)]
        return [frame for frame in frames if frame is not None]

    def cat_at(self, ago_s: float) -> SeenFrame:
        width, height = (1280, 720) if self.size == 576 else (640, 480)
        box = Box(64 / width, 48 / height, 320 / width, 240 / height)
        at_ns = self.now_ns - round(ago_s * NS)
        return SeenFrame(at_ns * 9 // 100_000, (Seen("cat", 0.875, box),))

    def starts_again(self, size: int | None = None) -> None:
        """The camera's program starts again with a new segment."""
        os.unlink(self.path)
        self.writer.close()
        self.size = size or self.size
        self.writer = SegmentWriter(self.path, self.size)


@pytest.fixture(params=SIZES)
def segment(request, tmp_path) -> Iterator[Segment]:
    segment = Segment(tmp_path / "pet_camera_detections", request.param)
    yield segment
    segment.close()


@pytest.fixture
def seed(tmp_path) -> Iterator[Segment]:
    """The layout of the seed."""
    segment = Segment(tmp_path / "pet_camera_detections", 552)
    yield segment
    segment.close()


def test_each_result_is_given_once_with_the_time_of_its_picture(segment):
    segment.writer.write(segment.now_ns - NS // 10)
    first = segment.polls()
    segment.now_ns += NS // 10
    segment.writer.write(segment.now_ns - NS // 20)

    # double seconds are good for a media time's tick or two
    expected = [SeenFrame((UP_NS - NS // 10) * 9 // 100_000, segment.cat_at(0).seen)]
    assert [frame.seen for frame in first] == [frame.seen for frame in expected]
    assert first[0].t_90k == pytest.approx(expected[0].t_90k, abs=1)
    (second,) = segment.polls()
    assert second.t_90k == pytest.approx(segment.cat_at(0.05).t_90k, abs=1)


def test_the_writers_wall_clock_is_understood(segment):
    segment.writer.write(WALL_NS - NS // 10)

    (frame,) = segment.polls()

    # Unix seconds in a double have a quarter of a microsecond.
    assert frame.t_90k == pytest.approx(segment.cat_at(0.1).t_90k, abs=1)


def test_a_clock_that_nobody_knows_counts_from_its_first_change(seed):
    seed.writer.write(7 * NS)
    assert seed.polls() == []

    seed.writer.write(8 * NS)
    assert seed.polls() == [SeenFrame(UP_NS * 9 // 100_000, (SEEN_CAT,))]

    seed.now_ns += NS // 2
    seed.writer.write(8 * NS + NS // 4)
    assert seed.polls() == [SeenFrame((UP_NS + NS // 4) * 9 // 100_000, (SEEN_CAT,))]


def test_what_lies_there_from_before_is_left_alone(segment):
    segment.writer.write(segment.now_ns - 60 * NS)

    assert segment.polls() == []


def test_nothing_yet_is_nothing(segment):
    assert segment.polls() == []
    assert segment.reader.is_there


def test_a_result_without_detections_says_so(seed):
    seed.writer.write(seed.now_ns, [])

    (frame,) = seed.polls()

    assert frame.seen == ()


def test_all_ten_detections_are_read(segment):
    segment.writer.write(segment.now_ns, [CAT] * 10)

    (frame,) = segment.polls()

    assert frame.seen == segment.cat_at(0).seen * 10


def test_the_version_may_begin_again(segment):
    for _ in range(5):
        segment.writer.write(segment.now_ns)
        segment.polls()
    segment.writer.version = 0
    segment.writer.write(segment.now_ns)

    assert len(segment.polls()) == 1


@pytest.mark.parametrize("written", range(0, 552, 23))
def test_a_result_that_is_being_written_is_not_given(seed, written):
    seed.writer.write(seed.now_ns)
    seed.polls()
    dog = seed.writer.bytes_of(seed.now_ns + 1000, [("dog", 0.5, (0, 0, 64, 48))] * 10)

    seed.writer.put(dog[:written])
    assert seed.polls(times=5) == []

    seed.writer.put(dog[written:], at=written)
    (frame,) = seed.polls()
    assert [one.label for one in frame.seen] == ["dog"] * 10


def test_a_result_that_changes_between_two_looks_is_looked_at_again(seed):
    first, second = (seed.writer.bytes_of(seed.now_ns + step, [CAT] * step) for step in (1, 2))
    seed.writer.put(first)
    assert seed.reader.poll() is None
    # Its tail first, as some ways of copying do.
    seed.writer.put(second[300:], at=300)
    assert seed.reader.poll() is None
    seed.writer.put(second)

    (frame,) = seed.polls()

    assert len(frame.seen) == 2
    assert seed.reader.torn == 2


@pytest.mark.parametrize(
    ("detections", "more"),
    [
        ([CAT], {"count": 11}),
        ([CAT], {"count": -1}),
        ([("<b>cat</b>", 0.9, (0, 0, 9, 9))], {}),
        ([(b"\xff\xfe", 0.9, (0, 0, 9, 9))], {}),
        ([("cat", float("nan"), (0, 0, 9, 9))], {}),
        ([("cat", 7.5, (0, 0, 9, 9))], {}),
    ],
)
def test_nonsense_is_refused_and_counted(seed, detections, more):
    seed.writer.write(seed.now_ns, detections, **more)

    assert seed.polls() == []
    assert seed.reader.refused == 1

    seed.writer.write(seed.now_ns)
    assert len(seed.polls()) == 1


@pytest.mark.parametrize("at", [2**62, -5])
def test_an_absurd_time_is_refused(seed, at):
    seed.writer.put(seed.writer.bytes_of(0)[:8] + at.to_bytes(8, "little", signed=True))
    seed.writer.put(seed.writer.bytes_of(0)[16:], at=16)

    assert seed.polls() == []


def test_a_box_outside_of_the_picture_is_left_out(seed):
    seed.writer.write(seed.now_ns, [CAT, ("dog", 0.5, (900, 0, 50, 50))])

    (frame,) = seed.polls()

    assert frame.seen == (SEEN_CAT,)


def test_a_segment_may_come_go_and_change_its_layout(segment):
    segment.writer.write(segment.now_ns)
    assert len(segment.polls()) == 1

    segment.starts_again(size=576 if segment.size == 552 else 552)
    segment.writer.write(segment.now_ns)
    assert [frame.seen for frame in segment.polls()] == [segment.cat_at(0).seen]

    os.unlink(segment.path)
    assert segment.polls() == []
    assert not segment.reader.is_there


@pytest.mark.parametrize("size", [0, 551, 577, 4096])
def test_a_file_of_another_size_is_no_segment(tmp_path, size):
    path = tmp_path / "pet_camera_detections"
    path.write_bytes(bytes(size))
    reader = DetectionsReader(path)

    assert reader.poll() is None
    assert not reader.is_there


def test_a_link_or_a_folder_is_no_segment(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "real").write_bytes(bytes(552))
    (tmp_path / "link").symlink_to(tmp_path / "real")

    for name in ("folder", "link", "missing"):
        reader = DetectionsReader(tmp_path / name)
        assert reader.poll() is None
        assert not reader.is_there


def test_a_segment_lies_beside_its_cameras_ring():
    ring = Path("/dev/shm/pet_camera_stream")

    assert segment_beside(ring) == Path("/dev/shm/pet_camera_detections")
    assert segment_beside(Path("/run/camera-7.ring")) is None


async def _followed(path: Path, writer: SegmentWriter) -> list[SeenFrame]:
    frames: list[SeenFrame] = []
    heard = asyncio.Event()

    def on_frame(frame: SeenFrame) -> None:
        frames.append(frame)
        heard.set()

    following = asyncio.create_task(follow_segment(path, on_frame))
    try:
        for _ in range(3):
            heard.clear()
            writer.write(time.monotonic_ns())
            async with asyncio.timeout(5):
                await heard.wait()
    finally:
        following.cancel()
        await asyncio.wait([following])
    return frames


def test_a_segment_is_followed(tmp_path):
    path = tmp_path / "pet_camera_detections"
    writer = SegmentWriter(path, 584)

    frames = asyncio.run(_followed(path, writer))
    writer.close()

    assert [frame.seen for frame in frames] == [(SEEN_CAT,)] * 3
