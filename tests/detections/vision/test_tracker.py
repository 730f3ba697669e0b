from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as some

from detections.vision.boxes import Box
from detections.vision.rules import TrackerConfig
from detections.vision.seen import Seen, SeenFrame
from detections.vision.tracker import TrackedSeen, Tracker, one_box_each

SECOND_90K = 90_000
CAT = Box(0.1, 0.4, 0.1, 0.15)


def frame(at_s: float, *seen: Seen) -> SeenFrame:
    return SeenFrame(round(at_s * SECOND_90K), seen)


def cat(x: float, score: float = 0.8, label: str = "cat", y: float = 0.4) -> Seen:
    return Seen(label, score, CAT._replace(x=x, y=y))


def tracked(frames: Iterable[SeenFrame], tracker: Tracker | None = None) -> list[list[TrackedSeen]]:
    tracker = tracker or Tracker()
    return [tracker.add(one) for one in frames]


def numbers(frames: Iterable[SeenFrame]) -> list[list[int]]:
    return [[one.track for one in seen] for seen in tracked(frames)]


def test_somebody_who_walks_keeps_the_track_and_shows_the_velocity():
    seen = tracked(frame(n / 3, cat(0.1 + 0.06 * n)) for n in range(10))

    assert [[one.track for one in ones] for ones in seen] == [[1]] * 10
    last = seen[-1][0]
    assert abs(last.velocity.x - 0.18) < 1e-6
    assert (last.velocity.y, last.velocity.w) == (0, 0)
    assert not last.is_still


def test_two_that_cross_keep_their_tracks():
    frames = [
        frame(n / 5, cat(0.1 + 0.04 * n, y=0.4), cat(0.8 - 0.04 * n, y=0.48)) for n in range(18)
    ]

    seen = tracked(frames)

    assert [[one.track for one in ones] for ones in seen] == [[1, 2]] * 18
    assert seen[-1][0].box.x > 0.7 > 0.2 > seen[-1][1].box.x


def test_a_second_and_a_half_of_missed_frames_is_survived_and_three_seconds_are_not():
    walking = [frame(n / 3, cat(0.1 + 0.03 * n)) for n in range(6)]
    later = 5 / 3 + 1.5

    assert numbers([*walking, frame(later, cat(0.1 + 0.09 * later))])[-1] == [1]
    later = 5 / 3 + 3
    assert numbers([*walking, frame(later, cat(0.1 + 0.09 * later))])[-1] == [2]


def test_who_lies_still_is_waited_for_longer():
    lying = [frame(n / 3, cat(0.5)) for n in range(6)]

    assert numbers([*lying, frame(10, cat(0.51))])[-1] == [1]
    assert numbers([*lying, frame(10, cat(0.8))])[-1] == [2]
    assert numbers([*lying, frame(30, cat(0.51))])[-1] == [2]


def test_a_track_begins_with_a_sure_sighting_and_goes_on_with_less_sure_ones():
    scores = [0.3, 0.4, 0.5, 0.3, 0.26, 0.2, 0.3]

    assert numbers(frame(n / 3, cat(0.5, score)) for n, score in enumerate(scores)) == [
        [], [], [1], [1], [1], [], [1],
    ]  # fmt: skip


def test_a_cat_that_looks_like_a_dog_at_times_stays_a_cat_and_a_person_is_somebody_else():
    labels = ["cat", "cat", "dog", "cat"]
    seen = tracked(frame(n / 3, cat(0.5, label=label)) for n, label in enumerate(labels))
    assert [[(one.track, one.label) for one in ones] for ones in seen] == [[(1, "cat")]] * 4

    assert numbers([frame(0, cat(0.5)), frame(0.3, cat(0.5, label="person"))]) == [[1], [2]]


def test_two_boxes_on_one_animal_are_one():
    head = Seen("cat", 0.6, Box(0.52, 0.42, 0.04, 0.04))
    twice = Seen("dog", 0.7, CAT._replace(x=0.505))

    assert one_box_each([head, cat(0.5), twice], TrackerConfig()) == [cat(0.5)]


def test_a_clock_that_begins_anew_ends_all_tracks():
    assert numbers([frame(100, cat(0.5)), frame(0.1, cat(0.5))]) == [[1], [2]]


def test_noise_for_an_hour_holds_no_more_than_so_many_tracks():
    tracker = Tracker()
    for n in range(3600):
        x, y = (n * 0.381966) % 0.9, (n * 0.6180339) % 0.8
        tracker.add(frame(n, cat(x, y=y), cat((x + 0.4) % 0.9, y=y)))

    assert len(tracker._tracks) <= 100


@settings(max_examples=40, deadline=None)
@given(
    some.lists(
        some.lists(
            some.tuples(some.integers(0, 9), some.integers(0, 9), some.integers(1, 20)), max_size=5
        ),
        min_size=1,
        max_size=20,
    ),
    some.randoms(use_true_random=False),
)
def test_a_copy_goes_on_alike_and_the_order_within_a_picture_says_nothing(pictures, dice):
    frames = [
        frame(n / 4, *(cat(x / 10, score / 20, y=y / 10) for x, y, score in boxes))
        for n, boxes in enumerate(pictures)
    ]
    expected = tracked(frames)

    shuffled = [SeenFrame(one.t_90k, tuple(dice.sample(one.seen, len(one.seen)))) for one in frames]
    assert tracked(shuffled) == expected
    half = len(frames) // 2
    tracker = Tracker()
    tracked(frames[:half], tracker)
    twin = tracker.copy()
    assert tracked(frames[half:], tracker) == expected[half:] == tracked(frames[half:], twin)
