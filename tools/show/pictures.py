"""Compares what a page shows with what a decoder makes of the same access units."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from streaming.media.ring import open_ring
from streaming.media.strip import read_strip
from tests.e2e.browser import Viewer
from tests.e2e.cameras import ring_of
from tests.e2e.pages import DEMO_SLUG
from tests.e2e.portal import Portal

# The page's picture, reduced: grey means of blocks.
COLUMNS, ROWS = 64, 36
# Of 255; conversion and rounding differ by less than 1, a broken picture by dozens.
TOLERANCE = 3
SAMPLES = 5
WITHIN_S = 20

SHOWN = """
([columns, rows]) => {
  const surface = petcamProbe.surface();
  const width = surface?.videoWidth ?? surface?.width ?? 0;
  const height = surface?.videoHeight ?? surface?.height ?? 0;
  if (!width) return null;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(surface, 0, 0);
  const strip = petcamProbe.readStrip(canvas);
  if (!strip) return null;
  const pixels = context.getImageData(0, 0, width, height).data;
  const [across, down] = [Math.floor(width / columns), Math.floor(height / rows)];
  const grey = new Array(columns * rows).fill(0);
  for (let y = 0; y < rows * down; y++) {
    for (let x = 0; x < columns * across; x++) {
      const at = 4 * (y * width + x);
      grey[Math.floor(y / down) * columns + Math.floor(x / across)] +=
        0.2126 * pixels[at] + 0.7152 * pixels[at + 1] + 0.0722 * pixels[at + 2];
    }
  }
  return { frame: strip.frame, grey: grey.map((sum) => sum / (across * down)) };
}
"""


def damaged_pictures(portal: Portal, viewer: Viewer) -> tuple[int, int]:
    """How many pictures were compared, and how many of them differ."""
    ring = ring_of(portal, DEMO_SLUG)
    compared = damaged = 0
    deadline = time.monotonic() + WITHIN_S
    while compared < SAMPLES and time.monotonic() < deadline:
        shown: dict[str, Any] | None = viewer.page.evaluate(SHOWN, [COLUMNS, ROWS])
        decoded = dict(newest_pictures(ring)) if shown else {}
        if shown and shown["frame"] in decoded:
            compared += 1
            damaged += differs(np.array(shown["grey"]), decoded[shown["frame"]])
        viewer.look_on(0.7)
    return compared, damaged


def newest_pictures(ring: Path) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Frame number and luma of each picture since the newest keyframe."""
    reader = open_ring(ring)
    reader.poll()
    decoder: Any = av.CodecContext.create("h264", "r")
    units = reader.units_since_keyframe()
    reader.close()
    for data in [*(unit.data for unit in units), None]:
        for picture in decoder.decode(av.Packet(data) if data is not None else None):
            luma = picture.to_ndarray()[: picture.height]
            stamp = read_strip(luma)
            if stamp is not None:
                yield stamp.frame_number, luma


def differs(shown: NDArray[np.float64], luma: NDArray[np.uint8]) -> bool:
    """Whether any block below the strip is another grey than it should be."""
    height, width = luma.shape
    blocks = luma[: height // ROWS * ROWS, : width // COLUMNS * COLUMNS].astype(np.float64)
    blocks = blocks.reshape(ROWS, height // ROWS, COLUMNS, width // COLUMNS).mean(axis=(1, 3))
    expected = (blocks - 16) * 255 / 219
    below = abs(shown.reshape(ROWS, COLUMNS) - expected)[4:]
    return bool(below.max() > TOLERANCE)
