"""Makes small pictures of keyframes, in a process of its own: whatever the decoder does, it alone
suffers. python -m recordings.files.thumbnailer

Takes requests from standard input, which is a socket, and answers there. A request is a length
(4 bytes, big-endian) and so many bytes of MP4: an init segment and a fragment that begins with a
keyframe. An answer is a length and a JPEG, or a length of 0 for what cannot be decoded. It ends
with its input, or when it has had nothing to do for IDLE_S.
"""

import io
import os
import socket
import struct
from typing import BinaryIO

import av

from streaming.media.jpeg import encode_jpeg

WIDTH_PX = 320
IDLE_S = 60.0
LENGTH = struct.Struct(">I")


def thumbnail(mp4: bytes) -> bytes | None:
    """The first keyframe as a JPEG, WIDTH_PX wide at most; None if there is none to decode."""
    try:
        with av.open(io.BytesIO(mp4), "r", format="mp4") as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            stream.codec_context.skip_frame = "NONKEY"
            frame = next(container.decode(stream), None)
            return None if frame is None else encode_jpeg(frame, max_width_px=WIDTH_PX)
    except (av.error.FFmpegError, IndexError, ValueError):
        return None


def _request(source: BinaryIO) -> bytes | None:
    """The next one; None at the end."""
    head = source.read(LENGTH.size)
    return source.read(*LENGTH.unpack(head)) if len(head) == LENGTH.size else None


def serve(end: socket.socket) -> None:
    """Answers until the other end has left or has been silent for IDLE_S."""
    end.settimeout(IDLE_S)
    with end, end.makefile("rb") as source:
        try:
            while (mp4 := _request(source)) is not None:
                jpeg = thumbnail(mp4) or b""
                end.sendall(LENGTH.pack(len(jpeg)) + jpeg)
        except OSError:
            return


if __name__ == "__main__":
    # Somebody may be watching live on the same machine.
    os.nice(10)
    serve(socket.socket(fileno=os.dup(0)))
