import pytest

from streaming.media.demo.story import (
    BOWL_X,
    CUSHION_X,
    CYCLE_S,
    YARN_X,
    moment,
    yarn_offset,
)

STEP_S = 1 / 30


def whole_story():
    return [moment(number * STEP_S) for number in range(round(CYCLE_S / STEP_S) + 60)]


def test_everything_happens_in_one_round():
    assert {now.activity for now in whole_story()} == {"sleep", "sit", "walk", "eat", "play"}


def test_the_cat_never_jumps_from_place_to_place():
    story = whole_story()

    for before, after in zip(story, story[1:], strict=False):
        assert abs(after.x - before.x) < 5
        assert abs(after.y - before.y) < 3


def test_she_looks_where_she_walks():
    story = whole_story()

    for before, after in zip(story, story[1:], strict=False):
        if before.activity == after.activity == "walk":
            assert (after.x > before.x) == after.faces_right


@pytest.mark.parametrize(
    ("activity", "place"), [("sleep", CUSHION_X), ("eat", BOWL_X), ("play", YARN_X)]
)
def test_each_activity_has_its_place(activity, place):
    assert {now.x for now in whole_story() if now.activity == activity} == {place}


def test_the_story_repeats():
    assert moment(12.5).x == pytest.approx(moment(12.5 + 3 * CYCLE_S).x)


def test_the_ball_rolls_only_while_she_plays():
    rolled = {now.activity for now in whole_story() if yarn_offset(now) > 1}

    assert rolled == {"play"}
