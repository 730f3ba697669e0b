"""A real RTSP camera (tests/rtsp_server.py) as a context manager."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.cameras import running

SYSTEM_PYTHON = "/usr/bin/python3"
PASSWORD = "pa55-of-the-camera"


@contextmanager
def rtsp_camera(**options: object) -> Iterator[str]:
    """The camera's address, with user and password in it.

    Options are those of rtsp_server.py: width, height, kbps, gop, codec, port ...
    """
    arguments = [f"--{name}={value}" for name, value in options.items()]
    login = ["--user=petcam", f"--password={PASSWORD}"]
    command = [SYSTEM_PYTHON, "tests/rtsp_server.py", *login, *arguments]
    with running(command, ready="ready ") as (_, line):
        yield line.split()[1]
