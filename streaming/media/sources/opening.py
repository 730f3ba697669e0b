"""Opening what an owner wrote as a camera's address, and nothing else.

libav follows what it finds in addresses and files; each kind of source gets the protocols and
formats that it needs and no more.
"""

import re
import stat
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import av
from av.container.input import InputContainer
from av.video.stream import VideoStream

from streaming.media.config import CameraConfig
from streaming.media.problems import (
    BAD_ADDRESS,
    FORBIDDEN,
    NO_VIDEO,
    NOT_A_FILE,
    NOT_FOUND,
    CameraProblem,
)
from streaming.media.sources.errors import named

OPEN_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 4.0

_RTSP_OPTIONS = {
    "protocol_whitelist": "rtsp,rtsps,rtp,tcp,udp,tls",
    # Learn what the stream is from little: pictures wait for it.
    "probesize": "1000000",
    "analyzeduration": "1000000",
    "max_delay": "200000",
}
_FILE_OPTIONS = {
    "protocol_whitelist": "file",
    # Containers of pictures; none that names other files.
    "format_whitelist": "mov,matroska,webm,avi,mpegts,mpeg,h264,hevc,flv,asf,ogg",
}
_USB_FORMATS: tuple[dict[str, str], ...] = ({"input_format": "h264"}, {"input_format": "mjpeg"}, {})
_DEVICE = re.compile(r"(?:/dev/)?(video\d{1,3})")
_PRINTABLE = re.compile(r"[\x21-\x7e]+")


def open_rtsp(config: CameraConfig) -> InputContainer:
    """Connect to an RTSP camera. Raises CameraProblem."""
    url = rtsp_url(config.address)
    return _open(url, "rtsp", {**_RTSP_OPTIONS, "rtsp_transport": config.rtsp_transport})


def rtsp_url(address: str) -> str:
    """The address as libav reads it, user and password quoted. Raises CameraProblem."""
    if not _PRINTABLE.fullmatch(address):
        raise CameraProblem(BAD_ADDRESS)
    before, at, after = address.rpartition("@")
    scheme, slashes, login = before.partition("://")
    if at and slashes:
        user, colon, password = login.partition(":")
        login = quote(unquote(user), safe="") + colon + quote(unquote(password), safe="")
        address = f"{scheme}://{login}@{after}"
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("rtsp", "rtsps") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise CameraProblem(BAD_ADDRESS, "it must look like rtsp://user:password@address/path")
    return urlunsplit(parts)


def open_file(config: CameraConfig) -> InputContainer:
    """Open a video file. Raises CameraProblem."""
    path = Path(config.address)
    if not path.is_absolute():
        raise CameraProblem(BAD_ADDRESS, "the whole path is needed, from / on")
    try:
        mode = path.stat().st_mode
    except PermissionError:
        raise CameraProblem(FORBIDDEN) from None
    except (OSError, ValueError):
        raise CameraProblem(NOT_FOUND) from None
    if not stat.S_ISREG(mode):
        raise CameraProblem(NOT_A_FILE)
    return _open(f"file:{path}", None, _FILE_OPTIONS)


def open_usb(config: CameraConfig) -> InputContainer:
    """Open a USB camera: with H.264 if it has that, else as it comes. Raises CameraProblem."""
    device = _DEVICE.fullmatch(config.address)
    if device is None:
        raise CameraProblem(BAD_ADDRESS, "a USB camera's address looks like /dev/video0")
    path = f"/dev/{device[1]}"
    if not Path(path).exists():
        raise CameraProblem(NOT_FOUND, f"{path} does not exist")
    wanted = {"video_size": "1280x720", "framerate": "30"}
    for options in _USB_FORMATS:
        try:
            return _open(path, "v4l2", {**wanted, **options, "protocol_whitelist": "file"})
        except CameraProblem as problem:
            refused = problem
    raise refused


def video_stream(container: InputContainer) -> VideoStream:
    """The pictures of a container. Raises CameraProblem when it has none."""
    if not container.streams.video:
        raise CameraProblem(NO_VIDEO)
    return container.streams.video[0]


def _open(url: str, form: str | None, options: Mapping[str, str]) -> InputContainer:
    with named(opening=True, limit_s=OPEN_TIMEOUT_S):
        return av.open(
            url, format=form, options=dict(options), timeout=(OPEN_TIMEOUT_S, READ_TIMEOUT_S)
        )
