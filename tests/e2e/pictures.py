"""H.264 for tests: a moving gradient with a strip, made at the moment it is asked for."""

import time
from fractions import Fraction
from typing import Self

import av
import numpy as np

from streaming.media.strip import StripStamp, write_strip


class Film:
    """An endless film; each step of the iteration draws and encodes the frame of this moment.

    Gives access units (Annex B) and whether they are keyframes.

    High profile (CABAC, 8x8 transform) with SPS and PPS before each keyframe, no B-frames.
    """

    def __init__(
        self,
        *,
        width: int = 640,
        height: int = 480,
        fps: int = 30,
        keyframe_every: int = 30,
        camera_number: int = 0,
    ) -> None:
        self.fps = fps
        self.frame_number = 0
        self._camera_number = camera_number
        context = av.CodecContext.create("libx264", "w")
        context.width, context.height = width, height
        context.pix_fmt = "yuv420p"
        context.time_base = Fraction(1, fps)
        context.framerate = Fraction(fps)
        context.thread_count = 1
        context.options = {
            "preset": "veryfast",
            "tune": "zerolatency",
            "profile": "high",
            "x264-params": f"keyint={keyframe_every}:min-keyint={keyframe_every}"
            ":scenecut=0:bframes=0:repeat-headers=1:annexb=1",
        }
        self._context = context
        self._background = np.add.outer(np.arange(height), np.arange(width)) // 8

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> tuple[bytes, bool]:
        luma = (40 + (self._background + self.frame_number) % 160).astype(np.uint8)
        stamp = StripStamp(self.frame_number, time.time_ns() // 1_000_000, self._camera_number)
        write_strip(luma, stamp)
        height, width = luma.shape
        chroma = np.full((height // 2, width), 128, np.uint8)
        picture = av.VideoFrame.from_ndarray(np.vstack([luma, chroma]), format="yuv420p")
        picture.pts = self.frame_number
        self.frame_number += 1
        packets = self._context.encode(picture)
        return b"".join(bytes(packet) for packet in packets), packets[0].is_keyframe
