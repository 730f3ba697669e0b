from collections.abc import Callable

import numpy as np
import pytest

from detections.vision.boxes import Box, overlap
from detections.vision.detector import Picture
from detections.vision.looking import Looking, room_views, square_around
from detections.vision.motion import Motion
from detections.vision.seen import Seen

WIDTH, HEIGHT = 1280, 720
NOTHING_MOVES = Motion(None, 0.0)
# Each animal is a patch of its own brightness in a dark room.
CAT, DOG = 200, 150


class PatchDetector:
    """Knows patches for animals; the larger one is in what it is shown, the surer it is."""

    labels = ("cat", "dog")

    def __init__(self, sure: Callable[[str, float], float] | None = None) -> None:
        self.shown: list[tuple[int, int]] = []
        self._sure = sure or (lambda label, size: min(1.4 * size, 0.9))

    def detect(self, picture: Picture) -> list[Seen]:
        height, width = picture.shape[:2]
        self.shown.append((width, height))
        seen = []
        for label, value in (("cat", CAT), ("dog", DOG)):
            ys, xs = np.nonzero(picture[..., 0] == value)
            if len(xs):
                box = Box(
                    xs.min() / width,
                    ys.min() / height,
                    (xs.max() + 1 - xs.min()) / width,
                    (ys.max() + 1 - ys.min()) / height,
                )
                seen.append(Seen(label, self._sure(label, max(box.w, box.h)), box))
        return seen


def room(*patches: tuple[int, Box]) -> Picture:
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for value, box in patches:
        top, left = round(box.y * HEIGHT), round(box.x * WIDTH)
        bottom, right = round((box.y + box.h) * HEIGHT), round((box.x + box.w) * WIDTH)
        picture[top:bottom, left:right] = value
    return picture


def moving(*parts: Box) -> Motion:
    return Motion(parts[0], 0.02, parts)


SMALL = Box(0.7, 0.6, 0.08, 0.12)
LARGE = Box(0.1, 0.3, 0.3, 0.5)


def test_the_room_is_looked_at_whole_and_in_squares_that_show_all_of_it():
    whole, *squares = room_views(room())

    assert whole == Box(0, 0, 1, 1)
    assert [round(square.x, 3) for square in squares] == [0, 0.219, 0.438]
    assert {(round(square.w * WIDTH), square.h) for square in squares} == {(720, 1)}


def test_a_camera_held_upright_is_looked_at_in_squares_from_top_to_bottom():
    views = room_views(np.zeros((1280, 720, 3), np.uint8))

    assert [round(view.y, 3) for view in views] == [0, 0, 0.219, 0.438]


def test_a_square_picture_is_looked_at_as_a_whole():
    assert room_views(np.zeros((500, 500, 3), np.uint8)) == [Box(0, 0, 1, 1)]


@pytest.mark.parametrize("box", [SMALL, LARGE, Box(0, 0, 0.1, 0.1), Box(0.95, 0.9, 0.05, 0.1)])
def test_a_square_around_somebody_is_square_and_in_the_picture(box):
    square = square_around(box, room())

    assert square.w * WIDTH == pytest.approx(square.h * HEIGHT)
    assert square.x >= 0 and square.y >= 0
    assert square.x + square.w <= 1.0001 and square.y + square.h <= 1.0001
    assert square.w >= box.w and square.h >= box.h


def test_a_small_animal_that_moves_is_found_at_once():
    found = Looking(PatchDetector()).find(room((CAT, SMALL)), moving(SMALL))

    assert [seen.label for seen in found] == ["cat"]
    assert overlap(found[0].box, SMALL) > 0.9


def test_motion_at_her_tail_finds_all_of_her():
    tail = Box(LARGE.x, LARGE.y, 0.04, 0.1)

    [seen] = Looking(PatchDetector()).find(room((CAT, LARGE)), moving(tail))

    assert overlap(seen.box, LARGE) > 0.9


def test_an_animal_that_never_moved_is_found_when_the_room_has_been_looked_through():
    looking, picture = Looking(PatchDetector()), room((CAT, Box(0.7, 0.6, 0.14, 0.22)))

    assert any(looking.find(picture, NOTHING_MOVES) for _ in range(4))


def test_who_is_known_is_looked_at_alone_and_the_room_every_third_time():
    detector = PatchDetector()
    looking, picture = Looking(detector), room((CAT, LARGE))
    while not looking.find(picture, NOTHING_MOVES):
        continue
    detector.shown.clear()

    for _ in range(9):
        looking.find(picture, NOTHING_MOVES)

    assert len(detector.shown) == 12
    assert looking.looks >= 12


def test_who_is_known_is_followed_without_the_motion_gate():
    looking = Looking(PatchDetector())
    looking.find(room((CAT, LARGE)), moving(LARGE))
    moved = LARGE._replace(x=LARGE.x + 0.04)

    [seen] = looking.find(room((CAT, moved)), NOTHING_MOVES)

    assert overlap(seen.box, moved) > 0.9


def test_two_animals_are_two():
    found = Looking(PatchDetector()).find(room((CAT, LARGE), (DOG, SMALL)), moving(LARGE, SMALL))

    assert {seen.label for seen in found} == {"cat", "dog"}


def test_a_newcomer_must_be_clearer_than_somebody_known():
    sure = {"cat": 0.4}
    looking = Looking(PatchDetector(lambda label, size: sure[label]))
    found = []
    for sure["cat"] in (0.4, 0.4, 0.6, 0.4):
        found.append(bool(looking.find(room((CAT, LARGE)), moving(LARGE))))

    assert found == [False, False, True, True]


def test_who_has_left_is_forgotten_after_three_pictures():
    detector = PatchDetector()
    looking = Looking(detector)
    looking.find(room((CAT, LARGE)), moving(LARGE))

    for _ in range(3):
        assert looking.find(room(), NOTHING_MOVES) == []
    detector.shown.clear()
    looking.find(room(), NOTHING_MOVES)

    assert len(detector.shown) == 1


class Uncertain:
    """Sees nobody from afar, takes a cat for a dog and her head for another cat."""

    labels = ("cat", "dog")

    def __init__(self) -> None:
        self.cat, self.dog, self.head = 0.8, 0.3, 0.0

    def detect(self, picture: Picture) -> list[Seen]:
        if len(picture) == HEIGHT:
            return []
        body, head = Box(0.2, 0.2, 0.6, 0.6), Box(0.5, 0.2, 0.3, 0.3)
        return [
            Seen("cat", self.cat, body),
            Seen("dog", self.dog, body),
            Seen("cat", self.head, head),
        ]


def test_a_cat_does_not_become_a_dog_for_a_hairs_breadth():
    detector = Uncertain()
    looking = Looking(detector)
    labels = [looking.find(room(), moving(LARGE))[0].label]
    detector.cat, detector.dog = 0.6, 0.65
    labels.append(looking.find(room(), NOTHING_MOVES)[0].label)
    detector.cat, detector.dog = 0.4, 0.95
    labels.append(looking.find(room(), NOTHING_MOVES)[0].label)

    assert labels == ["cat", "cat", "dog"]


def test_her_head_is_no_second_cat():
    detector = Uncertain()
    looking = Looking(detector)
    [before] = looking.find(room(), moving(LARGE))
    detector.head = 0.9

    [after] = looking.find(room(), NOTHING_MOVES)

    assert overlap(before.box, after.box) > 0.7


def test_a_curtain_that_moves_is_looked_at_now_and_then():
    detector, curtain = PatchDetector(), Box(0.5, 0.1, 0.1, 0.3)
    looking = Looking(detector)

    for _ in range(20):
        looking.find(room(), moving(curtain))

    # Besides one view of the room in each picture.
    assert 3 <= len(detector.shown) - 20 <= 5


def test_who_comes_out_from_behind_the_curtain_is_found_at_once():
    looking, curtain = Looking(PatchDetector()), Box(0.5, 0.1, 0.1, 0.3)
    for _ in range(3):
        looking.find(room(), moving(curtain))

    found = looking.find(room((CAT, SMALL)), moving(curtain, SMALL))

    assert [seen.label for seen in found] == ["cat"]


def test_one_picture_costs_no_more_than_five_looks():
    detector = PatchDetector()
    parts = [Box(0.05 + 0.3 * n, 0.1, 0.02, 0.02) for n in range(3)]

    Looking(detector).find(room(*[(CAT, part) for part in parts], (DOG, LARGE)), moving(*parts))

    assert len(detector.shown) <= 5
