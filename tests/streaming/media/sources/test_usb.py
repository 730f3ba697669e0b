import av.error
import pytest

from streaming.media.problems import (
    BAD_ADDRESS,
    DEVICE_BUSY,
    ENDED,
    FORBIDDEN,
    NOT_FOUND,
    STALLED,
    UNREACHABLE,
    UNREADABLE,
    CameraProblem,
)
from streaming.media.sources import source_for
from streaming.media.sources.errors import problem_of
from tests.streaming.media.cameras import collect, make_config


def problem_with(tmp_path, address):
    with pytest.raises(CameraProblem) as caught:
        collect(source_for(make_config(tmp_path, kind="usb", address=address)), 1)
    return caught.value.problem


@pytest.mark.parametrize("address", ["/dev/video987", "video987"])
def test_a_camera_that_is_not_plugged_in_is_named(tmp_path, address):
    assert problem_with(tmp_path, address) is NOT_FOUND


@pytest.mark.parametrize(
    "address", ["", "/dev/sda", "/dev/video0/../sda", "/etc/passwd", "http://camera/", "video0\n"]
)
def test_only_video_devices_are_opened(tmp_path, address):
    assert problem_with(tmp_path, address) is BAD_ADDRESS


@pytest.mark.parametrize(
    ("error", "opening", "problem"),
    [
        (OSError(16, "Device or resource busy"), True, DEVICE_BUSY),
        (av.error.PermissionError(13, "Permission denied"), True, FORBIDDEN),
        (av.error.ConnectionRefusedError(111, "Connection refused"), True, UNREACHABLE),
        (av.error.OSError(5, "Input/output error"), True, UNREACHABLE),
        (av.error.HTTPServerError(1, "Server returned 5XX"), True, UNREACHABLE),
        (av.error.OSError(19, "No such device"), False, ENDED),
        (av.error.EOFError(541478725, "End of file"), False, ENDED),
        (av.error.ExitError(1414092869, "Immediate exit requested"), False, STALLED),
        (av.error.ExitError(1414092869, "Immediate exit requested"), True, UNREACHABLE),
        (av.error.TimeoutError(110, "Connection timed out"), False, STALLED),
        (av.error.InvalidDataError(1094995529, "Invalid data"), True, UNREADABLE),
    ],
)
def test_errors_of_libav_have_names(error, opening, problem):
    assert problem_of(error, opening=opening) is problem
