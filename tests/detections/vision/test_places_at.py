from detections.vision.boxes import Box
from detections.vision.places import PlaceRule, foot_of, is_ignored, is_inside, places_at

SQUARE = ((0.2, 0.2), (0.6, 0.2), (0.6, 0.6), (0.2, 0.6))
HOOK = ((0.0, 0.0), (0.9, 0.0), (0.9, 0.3), (0.3, 0.3), (0.3, 0.9), (0.0, 0.9))


def test_inside_is_inside_whichever_way_round_the_corners_go():
    for outline in (SQUARE, tuple(reversed(SQUARE))):
        assert is_inside((0.4, 0.4), outline)
        for outside in ((0.1, 0.4), (0.7, 0.4), (0.4, 0.1), (0.4, 0.7)):
            assert not is_inside(outside, outline)


def test_a_dent_is_outside():
    assert is_inside((0.1, 0.8), HOOK)
    assert is_inside((0.8, 0.1), HOOK)
    assert not is_inside((0.6, 0.6), HOOK)


def test_of_two_places_with_a_common_side_exactly_one_has_it():
    square = ((0.25, 0.25), (0.5, 0.25), (0.5, 0.5), (0.25, 0.5))
    right = tuple((x + 0.25, y) for x, y in square)
    below = tuple((x, y + 0.25) for x, y in square)

    assert [is_inside((0.5, 0.375), one) for one in (square, right)] == [False, True]
    assert [is_inside((0.375, 0.5), one) for one in (square, below)] == [False, True]


def test_no_outline_has_nobody():
    assert not is_inside((0.5, 0.5), ())


def test_a_box_counts_by_its_foot_also_when_it_is_cut_off_below():
    standing = Box(0.3, 0.1, 0.2, 0.3)
    lower_half = PlaceRule(7, ((0, 0.5), (1, 0.5), (1, 1), (0, 1)))
    place = PlaceRule(3, SQUARE)

    assert places_at(standing, [place, lower_half]) == [place]
    assert places_at(standing._replace(h=0.05), [place, lower_half]) == []
    assert places_at(Box(0.3, 0.6, 0.2, 0.6), [place, lower_half]) == [lower_half]
    assert foot_of(Box(0.9, 0.9, 0.4, 0.4)) == (1 - 1e-6, 1 - 1e-6)


def test_where_nothing_counts_is_ignored():
    nothing = PlaceRule(3, SQUARE, is_ignored=True)

    assert is_ignored(Box(0.3, 0.1, 0.2, 0.3), [nothing])
    assert not is_ignored(Box(0.7, 0.1, 0.2, 0.3), [nothing])
