import numpy as np

from detections.vision.boxes import Box, overlap
from detections.vision.motion import Motion, MotionGate

WIDTH, HEIGHT = 320, 180
random = np.random.default_rng(7)


def room(*, noise: float = 1.5, light: float = 0.0) -> np.ndarray:
    """A wall that gets darker to the right, as a sensor sees it."""
    wall = np.linspace(140, 70, WIDTH)[None] + np.zeros((HEIGHT, 1)) + light
    return np.clip(wall + random.normal(0, noise, wall.shape), 0, 255).astype(np.uint8)


def with_cat(picture: np.ndarray, x: int, y: int, *, w: int = 40, h: int = 24) -> np.ndarray:
    picture = picture.copy()
    picture[y : y + h, x : x + w] = 40 + 30 * (np.indices((h, w)).sum(0) // 4 % 2)
    return picture


def gate_that_knows_the_room(**options: float) -> MotionGate:
    gate = MotionGate()
    for _ in range(15):
        gate.look(room(**options))
    return gate


def test_of_the_first_picture_nothing_can_be_said():
    assert MotionGate().look(room()) == Motion(None, 0.0, is_new_light=True)


def test_a_still_room_has_no_motion_whatever_the_sensor_makes_of_it():
    for noise in (0.5, 1.5, 5.0):
        gate = gate_that_knows_the_room(noise=noise)

        assert [gate.look(room(noise=noise)).box for _ in range(30)] == [None] * 30


def test_who_comes_in_is_where_the_motion_is():
    motion = gate_that_knows_the_room().look(with_cat(room(), 100, 90))

    assert motion.box is not None
    assert overlap(motion.box, Box(100 / 320, 90 / 180, 40 / 320, 24 / 180)) > 0.6
    assert 0 < motion.share < 0.05


def test_two_who_are_apart_are_two_parts_of_it():
    picture = with_cat(with_cat(room(), 20, 90), 240, 40, w=60, h=40)
    motion = gate_that_knows_the_room().look(picture)

    assert [round(part.x * 320, -1) for part in motion.parts] == [240, 20]
    assert motion.box is not None and motion.box.w > 0.8


def test_a_lamp_that_is_dimmed_is_no_motion():
    gate = gate_that_knows_the_room()

    assert gate.look(room(light=30)).box is None


def test_a_camera_that_is_turned_is_new_light_and_soon_known():
    gate = gate_that_knows_the_room()
    turned = room()[:, ::-1]

    assert gate.look(turned).is_new_light
    assert gate.look(turned) == Motion(None, 0.0)


def test_a_picture_of_another_size_starts_anew():
    gate = gate_that_knows_the_room()
    gate.keep(room())

    assert gate.look(room()[:90]).is_new_light


def test_who_lies_down_becomes_part_of_the_room():
    gate = gate_that_knows_the_room()
    still = [gate.look(with_cat(room(), 100, 90)).box for _ in range(60)]

    assert still[0] is not None
    assert still[-1] is None


def test_what_was_kept_is_compared_however_slowly_it_changes():
    gate = gate_that_knows_the_room()
    gate.keep(with_cat(room(), 100, 90))

    asleep = [gate.look(with_cat(room(), 100, 90)).is_as_kept for _ in range(40)]
    left = gate.look(room()).is_as_kept

    assert (set(asleep), left) == ({True}, False)


def test_nothing_is_as_kept_before_something_was_kept():
    assert not gate_that_knows_the_room().look(room()).is_as_kept
