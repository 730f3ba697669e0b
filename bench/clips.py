"""The clips that benchmarks send: made once, the same for every server.

    python -m bench.clips

A clip file is the frame rate and then each access unit (Annex B) after its size, all 32-bit
big-endian numbers. One slice a picture, SPS and PPS before each keyframe, four-byte start codes,
no B-frames, constrained baseline.
"""

import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from bench.folder import folder
from streaming.media.annexb import START_CODE, nal_type, split_nal_units

SECONDS = 10
_SEI = 6
_WORD = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Clip:
    """What a clip is like; `keyframe_every` counts frames."""

    name: str
    width: int
    height: int
    bits_per_s: int
    fps: int = 30
    keyframe_every: int = 30

    @property
    def path(self) -> Path:
        """Where it is, made if it is not there yet."""
        path = folder() / f"clip-{self.name}-{self.keyframe_every}.bin"
        if not path.exists():
            write(self, path)
        return path


CLIPS = {
    "720": Clip("720", 1280, 720, 2_000_000),
    "1080": Clip("1080", 1920, 1080, 6_000_000),
}


def read(path: Path) -> tuple[int, list[bytes]]:
    """Frames a second, and the access units."""
    data = path.read_bytes()
    [fps] = _WORD.unpack_from(data)
    units, at = [], _WORD.size
    while at < len(data):
        [size] = _WORD.unpack_from(data, at)
        at += _WORD.size
        units.append(data[at : at + size])
        at += size
    return fps, units


def write(clip: Clip, path: Path) -> None:
    """Make the clip; takes a few seconds."""
    draft = path.with_suffix(".part")
    with draft.open("wb") as file:
        file.write(_WORD.pack(clip.fps))
        for unit in encoded(clip):
            file.write(_WORD.pack(len(unit)))
            file.write(unit)
    draft.rename(path)


def encoded(clip: Clip) -> Iterator[bytes]:
    """The access units of the clip."""
    context = encoder(clip)
    for number, picture in enumerate(pictures(clip)):
        picture.pts = number
        for packet in context.encode(picture):
            yield bare(bytes(packet))
    for packet in context.encode(None):
        yield bare(bytes(packet))


def encoder(clip: Clip, *, preset: str = "veryfast") -> Any:
    """libx264 as cameras have it: picture in, access unit out, a keyframe every so many."""
    context: Any = av.CodecContext.create("libx264", "w")
    context.width, context.height = clip.width, clip.height
    context.pix_fmt = "yuv420p"
    context.time_base = Fraction(1, clip.fps)
    context.framerate = Fraction(clip.fps)
    context.bit_rate = clip.bits_per_s
    every, kbps = clip.keyframe_every, clip.bits_per_s // 1000
    context.options = {
        "preset": preset,
        "tune": "zerolatency",
        "profile": "baseline",
        "x264-params": f"keyint={every}:min-keyint={every}:scenecut=0:bframes=0:slices=1:"
        f"sliced-threads=0:threads=1:repeat-headers=1:vbv-maxrate={kbps * 2}:vbv-bufsize={kbps}",
    }
    return context


def bare(unit: bytes) -> bytes:
    """The unit without SEI and with four-byte start codes: no server changes anything in it."""
    nals = [nal for nal in split_nal_units(unit) if nal_type(nal) != _SEI]
    return b"".join(START_CODE + nal for nal in nals)


def pictures(clip: Clip) -> Iterator[av.VideoFrame]:
    """A still, textured room, in which a few things move: what a pet camera sees."""
    chance = np.random.default_rng(7)
    height, width = clip.height, clip.width
    room = texture(chance, height, width)
    sprites = [texture(chance, height // 6, width // 8) for _ in range(3)]
    chroma = np.full((height // 2, width), 128, np.uint8)
    for number in range(SECONDS * clip.fps):
        luma = room.copy()
        turn = 2 * np.pi * number / (SECONDS * clip.fps)
        for which, sprite in enumerate(sprites):
            rows, columns = sprite.shape
            y = int((height - rows) * (0.5 + 0.45 * np.sin((which + 1) * turn + which)))
            x = int((width - columns) * (0.5 + 0.45 * np.cos((which + 2) * turn)))
            luma[y : y + rows, x : x + columns] = sprite
        noise = chance.integers(-2, 3, (height // 2, width // 2), dtype=np.int16)
        luma = luma.astype(np.int16) + noise.repeat(2, 0).repeat(2, 1)
        grey = np.clip(luma, 16, 235).astype(np.uint8)
        yield av.VideoFrame.from_ndarray(np.vstack([grey, chroma]), format="yuv420p")


def texture(chance: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    """Grey patches of several sizes on top of each other."""
    total = np.full((height, width), 128.0)
    for size, strength in ((64, 40.0), (16, 18.0), (4, 7.0)):
        patch = chance.normal(0, strength, (height // size + 2, width // size + 2))
        total += patch.repeat(size, 0).repeat(size, 1)[:height, :width]
    grey: NDArray[np.uint8] = np.clip(total, 16, 235).astype(np.uint8)
    return grey


def main() -> None:
    """Make all clips and say what they are like."""
    for clip in CLIPS.values():
        fps, units = read(clip.path)
        keyframes = [len(unit) for unit in units[:: clip.keyframe_every]]
        others = [len(unit) for at, unit in enumerate(units) if at % clip.keyframe_every]
        mbit = sum(map(len, units)) * 8 * fps / len(units) / 1e6
        sys.stdout.write(
            f"{clip.path}: {len(units)} pictures, {mbit:.2f} Mbit/s, "
            f"keyframes {sum(keyframes) / len(keyframes) / 1000:.0f} kB "
            f"(most {max(keyframes) / 1000:.0f}), "
            f"others {sum(others) / len(others) / 1000:.1f} kB\n"
        )


if __name__ == "__main__":
    main()
