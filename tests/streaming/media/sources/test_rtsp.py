import socket
import threading
from contextlib import closing

import pytest

from streaming.media.annexb import Sanitiser, is_keyframe
from streaming.media.problems import (
    B_FRAMES,
    BAD_ADDRESS,
    ENDED,
    H265,
    NOT_FOUND,
    STALLED,
    UNREACHABLE,
    WRONG_PASSWORD,
    CameraProblem,
)
from streaming.media.runner import CameraRunner
from streaming.media.sources import source_for
from streaming.media.sources.opening import rtsp_url
from tests.streaming.media.cameras import collect, make_config, rtsp_server, wait_until

SMALL = ("--width", "320", "--height", "240", "--kbps", "300")


@pytest.fixture(scope="module")
def camera():
    with rtsp_server(*SMALL, "--gop", "10") as server:
        yield server


@pytest.fixture(scope="module")
def locked_camera():
    with rtsp_server(*SMALL, "--user", "anna", "--password", "p@ss/w?rd") as server:
        yield server


def source(tmp_path, address, **overrides):
    return source_for(make_config(tmp_path, kind="rtsp", address=address, **overrides))


def problem_with(tmp_path, address, count=1):
    with pytest.raises(CameraProblem) as caught:
        collect(source(tmp_path, address), count)
    return caught.value.problem


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_h264_is_copied(tmp_path, camera, transport):
    units = collect(source(tmp_path, camera.url, rtsp_transport=transport), 25)

    sanitiser = Sanitiser()
    cleaned = [data for unit in units if (data := sanitiser.clean(unit.data))]
    assert len(cleaned) >= 14
    assert is_keyframe(cleaned[0])
    assert (sanitiser.sps.profile_idc, sanitiser.sps.width) == (100, 320)


def test_pictures_keep_the_pace_of_the_camera(tmp_path, camera):
    units = collect(source(tmp_path, camera.url), 60)

    settled = units[30:]
    steps = [b.pts_90k - a.pts_90k for a, b in zip(settled, settled[1:], strict=False)]
    assert all(0 < step < 9000 for step in steps)
    assert 2900 < sum(steps) / len(steps) < 3100


def test_a_password_with_awkward_characters_is_understood(tmp_path, locked_camera):
    assert collect(source(tmp_path, locked_camera.url), 2)


def test_a_wrong_password_is_named(tmp_path, locked_camera):
    wrong = locked_camera.url.replace("anna:", "bert:")

    assert problem_with(tmp_path, wrong) is WRONG_PASSWORD


def test_a_wrong_path_is_named(tmp_path, camera):
    assert problem_with(tmp_path, camera.url + "-of-somebody-else") is NOT_FOUND


def test_a_camera_that_is_away_is_named(tmp_path):
    with closing(socket.create_server(("127.0.0.1", 0))) as reserved:
        port = reserved.getsockname()[1]

    assert problem_with(tmp_path, f"rtsp://127.0.0.1:{port}/camera") is UNREACHABLE


def test_a_camera_that_accepts_but_says_nothing_is_named_in_time(tmp_path):
    with closing(socket.create_server(("127.0.0.1", 0))) as mute:
        address = f"rtsp://127.0.0.1:{mute.getsockname()[1]}/camera"

        assert problem_with(tmp_path, address) is UNREACHABLE


def test_a_camera_that_dies_is_named(tmp_path):
    with rtsp_server(*SMALL) as server:
        first = threading.Event()
        problems = []

        def run():
            try:
                source(tmp_path, server.url).run(lambda unit: first.set(), threading.Event())
            except CameraProblem as problem:
                problems.append(problem.problem)

        thread = threading.Thread(target=run)
        thread.start()
        assert first.wait(10)
        server.process.kill()
        thread.join(10)

    assert problems[0] in (ENDED, STALLED)


def test_a_camera_that_comes_back_is_found_again(tmp_path):
    with rtsp_server(*SMALL) as server:
        config = make_config(tmp_path, kind="rtsp", address=server.url)
        runner = CameraRunner(config)
        runner.start()
        try:
            wait_until(lambda: runner.state().problem is None)
            server.process.kill()
            wait_until(lambda: runner.state().problem is not None)
            port = server.url.split(":")[2].split("/")[0]
            with rtsp_server(*SMALL, "--port", port):
                wait_until(lambda: runner.state().problem is None, within_s=20)
        finally:
            runner.stop()


def test_h265_is_named(tmp_path):
    with rtsp_server(*SMALL, "--codec", "h265") as server:
        assert problem_with(tmp_path, server.url) is H265


def test_b_frames_are_named(tmp_path):
    with rtsp_server(*SMALL, "--bframes", "2", "--profile", "main") as server:
        assert problem_with(tmp_path, server.url, count=100) is B_FRAMES


@pytest.mark.parametrize(
    "address",
    [
        "http://camera/", "file:///etc/passwd", "/etc/passwd", "rtsp://", "rtsp:///path",
        "rtsp://camera:99999/", "rtsp://camera/a b", "rtsp://camera/\n", "concat:rtsp://camera/",
    ],
)  # fmt: skip
def test_only_rtsp_addresses_are_opened(tmp_path, address):
    assert problem_with(tmp_path, address) is BAD_ADDRESS


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("rtsp://camera/stream1", "rtsp://camera/stream1"),
        ("rtsp://a:b@camera:8554/x?y=1", "rtsp://a:b@camera:8554/x?y=1"),
        ("rtsp://a:p@ss/w:rd@camera/x", "rtsp://a:p%40ss%2Fw%3Ard@camera/x"),
        ("rtsp://a:p%40ss@camera/x", "rtsp://a:p%40ss@camera/x"),
        ("rtsps://[fe80::1]:322/x", "rtsps://[fe80::1]:322/x"),
    ],
)
def test_user_and_password_are_quoted(written, read):
    assert rtsp_url(written) == read
