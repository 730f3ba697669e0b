"""What programs may tell, and in which words it is refused."""

import math

import pytest
from pydantic import ValidationError

from detections.payloads import (
    MOST_DETECTIONS,
    MOST_IN_ALL,
    MOST_MESSAGES,
    Batch,
    Reason,
    reasons,
)
from detections.vision.boxes import Box
from detections.vision.seen import Seen

CAT = {"class_name": "cat", "confidence": 0.91, "bbox": {"x": 64, "y": 48, "w": 320, "h": 240}}
SEEN_CAT = Seen("cat", 0.91, Box(0.1, 0.1, 0.5, 0.5))


def seen_in(told: object) -> list[tuple[Seen, ...]]:
    return [message.seen() for message in Batch.model_validate(told).messages]


def why_not(told: object) -> list[Reason]:
    with pytest.raises(ValidationError) as refused:
        Batch.model_validate(told)
    return reasons(refused.value.errors())


def why_not_cat(**changes: object) -> Reason:
    cat = {key: value for key, value in (CAT | changes).items() if value is not None}
    (reason,) = why_not([{"t": 1, "detections": [CAT]}, {"t": 1, "detections": [CAT, cat]}])
    return reason


def test_every_shape_of_a_message_is_taken():
    event = {
        "frame_number": 7,
        "timestamp": 12.5,
        "num_detections": 1,
        "version": 3,
        "detections": [CAT],
    }

    for told in (event, {"latest_detection": event, "monitor": {}}, [event], {"messages": [event]}):
        assert seen_in(told) == [(SEEN_CAT,)]


def test_our_own_words_are_taken_as_well():
    told = {"label": "cat", "score": 0.91, "box": [0.1, 0.1, 0.5, 0.5]}

    assert seen_in({"t": 1, "detections": [told]}) == [(SEEN_CAT,)]


def test_whole_numbers_are_numbers():
    told = {"label": "cat", "score": 1, "box": [0, 0, 1, 1]}

    assert seen_in({"timestamp": 5, "detections": [told]}) == [(Seen("cat", 1, Box(0, 0, 1, 1)),)]


def test_a_picture_says_how_large_it_is():
    told = {"t": 1, "picture": {"width": 1280, "height": 720}, "detections": [CAT]}

    ((cat,),) = seen_in(told)

    assert cat.box == pytest.approx((0.05, 48 / 720, 0.25, 1 / 3))


def test_a_picture_in_which_nothing_was_seen_is_a_message():
    assert seen_in({"t": 1, "detections": []}) == [()]


def test_a_box_is_cut_at_the_pictures_edges():
    ((cat,),) = seen_in(
        {"t": 1, "detections": [CAT | {"bbox": {"x": -32, "y": 0, "w": 128, "h": 480}}]}
    )

    assert cat.box == pytest.approx((0, 0, 0.15, 1))


def test_labels_are_small_letters():
    ((cat,),) = seen_in({"t": 1, "detections": [CAT | {"class_name": " Food_Bowl "}]})

    assert cat.label == "food_bowl"


@pytest.mark.parametrize(
    "label",
    [
        "<script>alert(1)</script>",
        'cat" onmouseover="x',
        "<b>cat</b>",
        "猫",
        "",
        "x" * 21,
        "cat\ndog",
        "cat\u202edog",
    ],
)
def test_a_label_of_other_characters_is_refused(label):
    assert why_not_cat(class_name=label) == Reason(
        message=1,
        detection=1,
        field="class_name",
        reason="must be 1 to 20 of: a-z, 0-9, space, - and _",
    )


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"class_name": None}, "class_name", "is missing"),
        ({"class_name": 5}, "class_name", "must be text"),
        ({"confidence": None}, "confidence", "is missing"),
        ({"confidence": "0.9"}, "confidence", "must be a number"),
        ({"confidence": True}, "confidence", "must be a number"),
        ({"confidence": 1.5}, "confidence", "must be at most 1"),
        ({"confidence": -0.1}, "confidence", "must be at least 0"),
        ({"confidence": math.nan}, "confidence", "must be a number"),
        ({"bbox": None}, "", "must have one of bbox (pixels) and box (shares)"),
        ({"box": [0, 0, 1, 1]}, "", "must have one of bbox (pixels) and box (shares)"),
        ({"bbox": [1, 2, 3, 4]}, "bbox", "must be an object"),
        ({"bbox": {"x": 1, "y": 2, "w": 3}}, "bbox.h", "is missing"),
        ({"bbox": {"x": math.inf, "y": 2, "w": 3, "h": 4}}, "bbox.x", "must be a number"),
        ({"bbox": {"x": 1e9, "y": 2, "w": 3, "h": 4}}, "bbox.x", "must be at most 65536"),
        ({"bbox": None, "box": [0, 0, 1]}, "box.3", "is missing"),
        ({"bbox": None, "box": [0, 0, 1, "1"]}, "box.3", "must be a number"),
    ],
)
def test_a_detection_that_makes_no_sense_is_refused_in_words(changes, field, reason):
    assert why_not_cat(**changes) == Reason(message=1, detection=1, field=field, reason=reason)


@pytest.mark.parametrize(
    "bbox",
    [
        {"x": 700, "y": 10, "w": 20, "h": 20},
        {"x": 10, "y": 10, "w": 0, "h": 20},
        {"x": 10, "y": 10, "w": -5, "h": 20},
    ],
)
def test_a_box_outside_of_the_picture_is_refused_with_what_to_do(bbox):
    told = {"t": 1, "detections": [CAT, CAT | {"bbox": bbox}]}

    assert why_not(told) == [
        Reason(
            message=0,
            reason="detection 1 lies outside of the picture of 640 x 480 pixels: "
            "say its size in picture",
        )
    ]
    told["picture"] = {"width": 64, "height": 64}
    (reason,) = why_not(told)
    assert reason.reason.endswith("outside of the picture of 64 x 64 pixels")


@pytest.mark.parametrize(
    ("told", "field", "reason"),
    [
        ({"detections": []}, "", "must say when: t or timestamp"),
        ({"t": -1, "detections": []}, "t", "must be at least 0"),
        ({"t": 1.5, "detections": []}, "t", "must be a whole number"),
        ({"t": 2**60, "detections": []}, "t", f"must be less than {2**53}"),
        ({"t": "5", "detections": []}, "t", "must be a whole number"),
        ({"timestamp": "now", "detections": []}, "timestamp", "must be a number"),
        ({"t": 1, "detections": {}}, "detections", "must be a list"),
        (
            {"t": 1, "detections": [CAT] * (MOST_DETECTIONS + 1)},
            "detections",
            "must have at most 100",
        ),
        ({"t": 1, "picture": {"width": 0, "height": 9}, "detections": []}, "picture.width", None),
    ],
)
def test_a_message_that_makes_no_sense_is_refused_in_words(told, field, reason):
    first = why_not({"messages": [told]})[0]

    assert (first.message, first.detection, first.field) == (0, None, field)
    assert first.reason == (reason or "must be at least 16")


@pytest.mark.parametrize("told", [5, "cat", None, {}, {"latest_detection": None}, {"messages": 7}])
def test_anything_else_is_refused(told):
    assert why_not(told)


def test_batches_are_bounded():
    empty = {"t": 1, "detections": []}
    assert why_not([]) == [Reason(field="messages", reason="must have at least 1")]
    assert why_not([empty] * (MOST_MESSAGES + 1)) == [
        Reason(field="messages", reason="must have at most 200")
    ]
    full = [{"t": 1, "detections": [CAT] * MOST_DETECTIONS}] * (MOST_IN_ALL // MOST_DETECTIONS)
    assert len(seen_in(full)) == 20
    assert why_not([*full, {"t": 1, "detections": [CAT]}]) == [
        Reason(reason="at most 2000 detections at once")
    ]


def test_the_first_reasons_are_enough():
    found = why_not([{"t": 1, "detections": [{}] * 50}] * 5)

    assert len(found) == 20


def test_what_the_documentation_shows_is_taken():
    (shown,) = Batch.model_json_schema()["examples"]

    ((cat,),) = seen_in(shown)

    assert cat.label == "cat"
    assert cat.box == pytest.approx((120 / 1280, 80 / 720, 200 / 1280, 160 / 720))
