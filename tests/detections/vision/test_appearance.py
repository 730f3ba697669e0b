from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from detections.vision.appearance import LENGTH, KnownLook, Look, best_match, look_of
from detections.vision.boxes import Box
from detections.vision.detector import Picture

PHOTO = Path(__file__).parents[3] / "streaming" / "media" / "assets" / "chelsea.png"
COATS = {
    "ginger": None,
    "black": (0.28, 0.27, 0.28),
    "grey": (0.85, 0.88, 0.95),
    "brown": (0.8, 0.6, 0.45),
}
GINGER, BLACK = 1, 2


def in_a_room(
    coat: str,
    *,
    at: tuple[int, int] = (100, 80),
    height: int = 180,
    light: float = 1.0,
    is_infrared: bool = False,
) -> tuple[Picture, Box]:
    """The cat of the photograph, dyed, in a room of 640x360; and her box."""
    pixels = np.asarray(Image.open(PHOTO).convert("RGB"), np.float32)
    if COATS[coat]:
        pixels = pixels.mean(2, keepdims=True) * np.array(COATS[coat])
    cat = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    width = round(cat.width * height / cat.height)
    room = Image.new("RGB", (640, 360), (150, 140, 125))
    room.paste(cat.resize((width, height)), at)
    room = ImageEnhance.Brightness(room).enhance(light)
    if is_infrared:
        room = room.convert("L").convert("RGB")
    return np.asarray(room), Box(at[0] / 640, at[1] / 360, width / 640, height / 360)


def look(coat: str, **options: object) -> Look:
    return look_of(*in_a_room(coat, **options))


KNOWN = [KnownLook(GINGER, look("ginger")), KnownLook(BLACK, look("black"))]


def test_a_look_is_so_many_numbers_of_unit_length():
    found = look("ginger")

    assert (found.shape, found.dtype) == ((LENGTH,), np.float32)
    assert float(found @ found) == pytest.approx(1)


@pytest.mark.parametrize(
    "options",
    [
        {"at": (300, 20)},
        {"height": 70},
        {"light": 0.6},
        {"light": 1.2},
        {"at": (20, 150), "height": 120, "light": 0.8},
    ],
)
@pytest.mark.parametrize(("coat", "pet_id"), [("ginger", GINGER), ("black", BLACK)])
def test_a_pet_is_known_again_elsewhere_smaller_and_in_other_light(coat, pet_id, options):
    match = best_match(look(coat, **options), KNOWN)

    assert match is not None and match.pet_id == pet_id


def test_a_box_that_is_not_quite_right_does_not_matter():
    picture, box = in_a_room("black")
    shifted = Box(box.x + 0.03, box.y - 0.03, box.w * 0.9, box.h * 0.95)

    match = best_match(look_of(picture, shifted), KNOWN)

    assert match is not None and match.pet_id == BLACK


def test_a_stranger_is_nobody():
    assert best_match(look("grey"), KNOWN) is None
    assert best_match(look("brown"), KNOWN) is None


def test_two_who_look_alike_are_not_told_apart():
    twins = [*KNOWN, KnownLook(3, look("ginger", at=(200, 60)))]

    assert best_match(look("ginger", at=(50, 50)), twins) is None


def test_cats_that_are_grey_at_night_are_not_told_apart():
    by_night = [KnownLook(GINGER, look("ginger", is_infrared=True)),
                KnownLook(3, look("grey", is_infrared=True))]  # fmt: skip

    assert best_match(look("grey", is_infrared=True, height=120), by_night) is None


def test_who_is_known_by_day_only_is_not_guessed_at_night():
    assert best_match(look("ginger", is_infrared=True), KNOWN) is None


def test_what_a_person_called_wrong_is_not_said_again():
    it_was_not = KnownLook(GINGER, look("ginger", light=0.9), is_counterexample=True)

    assert best_match(look("ginger", light=0.8), [*KNOWN, it_was_not]) is None


def test_what_was_no_animal_at_all_is_known_again_as_such():
    match = best_match(look("brown", light=0.9), [*KNOWN, KnownLook(None, look("brown"))])

    assert match is not None and match.pet_id is None


def test_nothing_is_like_an_empty_box():
    empty = look_of(in_a_room("ginger")[0], Box(0.5, 0.5, 0, 0))

    assert not empty.any()
    assert best_match(empty, KNOWN) is None


def test_without_anything_known_nobody_is():
    assert best_match(look("ginger"), []) is None


def test_looks_of_an_older_kind_are_left_out():
    assert best_match(look("ginger"), [KnownLook(9, np.ones(7, np.float32))]) is None
