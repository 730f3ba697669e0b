"""The tests' own eyes: the strip reader that is put into pages."""

import base64
import io
import time

import numpy as np
import pytest
from PIL import Image

from streaming.media.strip import StripStamp, write_strip
from tests.e2e.browser import PROBE, Browser

pytestmark = pytest.mark.browser

READ = """async (address) => {
    const picture = new Image();
    picture.src = address;
    await picture.decode();
    return petcamProbe.readStrip(picture);
}"""


def as_address(luma: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(luma).save(file, format="png")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def test_the_page_reads_what_the_camera_has_written_and_nothing_from_other_pictures():
    luma = np.full((720, 1280), 90, np.uint8)
    nothing = as_address(luma)
    captured_ms = time.time_ns() // 1_000_000 - 1234
    write_strip(luma, StripStamp(0xF0E1D2C3, captured_ms & 0xFFFFFFFF, 0xABCD))
    with Browser() as browser:
        page = browser.page()
        page.evaluate(f"() => {{ {PROBE} }}")
        strip = page.evaluate(READ, as_address(luma))
        no_strip = page.evaluate(READ, nothing)

    assert no_strip is None
    assert (strip["frame"], strip["camera"]) == (0xF0E1D2C3, 0xABCD)
    assert 1234 <= strip["latencyMs"] < 1234 + 30_000
