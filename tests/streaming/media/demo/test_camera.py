import threading
from datetime import UTC, datetime

import av
import numpy as np
import pytest
from PIL import Image

from streaming.media.annexb import Sanitiser, is_keyframe, nal_type, split_nal_units
from streaming.media.clock import media_time_90k
from streaming.media.demo.camera import DemoCamera
from streaming.media.demo.scene import Scene, darkness
from streaming.media.demo.sprite import lay, planes_of, sprite_of
from streaming.media.demo.story import CYCLE_S
from streaming.media.encoder import EncoderConfig, LiveEncoder
from streaming.media.strip import StripStamp, read_strip
from tests.streaming.media.cameras import collect

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()


@pytest.fixture(scope="module")
def scene():
    return Scene()


@pytest.fixture(scope="module")
def units():
    return collect(DemoCamera(5), 40, within_s=30)


def draw(scene, unix_s, number=0):
    planes = tuple(np.zeros((720 // n, 1280 // n), np.uint8) for n in (1, 2, 2))
    scene.draw(planes, StripStamp(number, int(unix_s * 1000) % 2**32, 5), unix_s)
    return planes


def test_a_picture_depends_on_its_time_alone(scene):
    first = draw(scene, NOON + 8.3, number=6)
    draw(scene, NOON + 43.0, number=1)
    again = draw(scene, NOON + 8.3, number=6)

    for before, after in zip(first, again, strict=True):
        assert np.array_equal(before, after)


def test_every_picture_carries_its_strip(scene):
    luma, _, _ = draw(scene, NOON, number=77)

    assert read_strip(luma) == StripStamp(77, int(NOON * 1000) % 2**32, 5)


@pytest.mark.parametrize("part", [0.02, 0.06, 0.2, 0.35, 0.5, 0.62, 0.69, 0.9])
def test_the_cat_is_where_the_scene_says(scene, part):
    unix_s = NOON // CYCLE_S * CYCLE_S + part * CYCLE_S
    left, top, right, bottom = scene.state(unix_s).box
    here, _, _ = draw(scene, unix_s, number=1)
    elsewhere, _, _ = draw(scene, unix_s + CYCLE_S * 0.3, number=1)

    assert 0 <= left < right <= 1280
    assert 48 < top < bottom <= 720
    assert 90 < right - left < 350
    inside = np.abs(here[top:bottom, left:right].astype(int) - elsewhere[top:bottom, left:right])
    assert (inside > 12).mean() > 0.3


def test_colours_are_bt_709_in_limited_range():
    image = Image.new("RGB", (4, 4), (255, 255, 255))
    assert [int(plane[0, 0]) for plane in planes_of(image)] == [235, 128, 128]

    image = Image.new("RGB", (4, 4), (255, 0, 0))
    assert [int(plane[0, 0]) for plane in planes_of(image)] == [63, 102, 240]


def test_a_sprite_covers_what_it_should_and_no_more():
    picture = Image.new("RGBA", (16, 16), (255, 255, 255, 0))
    picture.paste((255, 255, 255, 255), (4, 4, 8, 12))
    planes = planes_of(Image.new("RGB", (32, 32), (0, 0, 0)))

    lay(planes, sprite_of(picture).mirrored(), 10, 10)

    bright = np.argwhere(planes[0] > 200)
    assert bright.min(0).tolist() == [14, 18]
    assert bright.max(0).tolist() == [21, 21]


@pytest.mark.parametrize(
    ("hour", "dark"), [(3, 1.0), (6.75, 0.5), (12, 0.0), (19.25, 0.5), (23, 1.0)]
)
def test_night_falls_in_the_evening(hour, dark):
    now = datetime(2026, 6, 1, int(hour), round(hour % 1 * 60), tzinfo=UTC)

    assert darkness(now) == pytest.approx(dark)


def test_the_bitrate_is_two_megabits_and_keyframes_stay_small(scene):
    encoder = LiveEncoder(EncoderConfig(1280, 720, 30, 2_000_000))
    picture = av.VideoFrame(1280, 720, "yuv420p")
    planes = tuple(
        np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
        for plane in picture.planes
    )
    sizes = []
    for number in range(240):
        scene.draw(planes, StripStamp(number, 0, 1), NOON + number / 30)
        data = encoder.encode(picture, number * 3000)
        assert is_keyframe(data) == (number % 30 == 0)
        sizes.append(len(data))

    assert 1.8e6 < sum(sizes[60:]) * 8 / 6 < 2.2e6
    assert max(sizes) < 120_000


def test_it_delivers_a_stream_that_browsers_play(units):
    kinds = [[nal_type(nal) for nal in split_nal_units(unit.data)] for unit in units]
    assert [kind for kind in kinds[0] if kind != 6] == [7, 8, 5]
    assert all(kind in ([7, 8, 5], [1]) for kind in kinds[1:])
    assert all(unit.is_keyframe == (5 in kind) for unit, kind in zip(units, kinds, strict=True))
    assert all(unit.pts_90k == media_time_90k(unit.capture_ns) for unit in units)
    sanitiser = Sanitiser()
    assert all(sanitiser.clean(unit.data) for unit in units)
    assert (sanitiser.sps.profile_idc, sanitiser.sps.constraints & 0x40) == (66, 0x40)


def test_pictures_lie_on_a_grid_of_a_thirtieth_of_a_second(units):
    ticks = [(unit.capture_ns - units[0].capture_ns) * 30 / 1e9 for unit in units]
    assert all(abs(tick - round(tick)) < 1e-6 for tick in ticks)
    assert all(a < b for a, b in zip(ticks, ticks[1:], strict=False))


def test_it_stops_at_once_when_told():
    stop = threading.Event()
    thread = threading.Thread(target=DemoCamera(5).run, args=(lambda unit: stop.set(), stop))

    thread.start()
    thread.join(30)

    assert not thread.is_alive()
