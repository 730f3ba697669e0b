import random

from detections.vision.boxes import Box
from detections.vision.episodes import Episode
from detections.vision.matching import KnownVisit, match
from detections.vision.places import PlaceRule
from detections.vision.rules import CHUNK_90K, CLOCK_RATE, VisitRules
from detections.vision.seen import Seen, SeenFrame
from detections.vision.visits import VisitDraft
from tests.detections.scenes import household_day

BOWL = PlaceRule(3, ((0.0, 0.4), (0.4, 0.4), (0.4, 1.0), (0.0, 1.0)))
RULES = VisitRules(places=(BOWL,))


def fed(count: int, seed: int = 3) -> tuple[Episode, list[SeenFrame]]:
    frames = household_day(count * 2, seed=seed)
    episode = Episode(RULES, frames[0].t_90k)
    told = []
    for frame in frames:
        if not episode.goes_on_at(frame.t_90k) or len(told) == count:
            break
        episode.add(frame.t_90k, frame.seen)
        told.append(frame)
    return episode, told


def test_back_to_any_moment_and_on_again_comes_to_the_same():
    episode, told = fed(1200, seed=5)
    assert len(told) > 300
    now_90k = told[-1].t_90k
    expected = episode.drafts(now_90k)

    dice = random.Random(1)
    for _ in range(20):
        late_90k = dice.choice(told).t_90k
        again = episode.back_to(late_90k) or Episode(RULES, told[0].t_90k)
        after = again.last_90k if again.last_90k is not None else -1
        assert after < late_90k
        for frame in told:
            if frame.t_90k > after:
                again.add(frame.t_90k, frame.seen)
        since = again.settled_90k
        assert again.drafts(now_90k) == [one for one in expected if one.end_90k >= since]


def test_it_remembers_few_moments_and_going_back_costs_little_more_than_the_time_itself():
    episode = Episode(VisitRules(), 0)
    last_90k = 11 * 3600 * CLOCK_RATE
    for t_90k in range(0, last_90k, 2 * CLOCK_RATE):
        episode.add(t_90k, [Seen("cat", 0.8, Box(0.5, 0.5, 0.1, 0.1))])

    for ago_s in (15, 60, 600, 3600, 8 * 3600):
        earlier = episode.back_to(last_90k - ago_s * CLOCK_RATE)
        assert earlier is not None
        back_s = (last_90k - earlier.last_90k) / CLOCK_RATE
        assert ago_s <= back_s <= 2 * ago_s + 30
    assert episode.back_to(0) is None
    assert len(episode.drafts(last_90k)) == 1


def test_silence_and_the_end_of_a_chunk_of_time_end_it():
    cat = [Seen("cat", 0.8, Box(0.5, 0.5, 0.1, 0.1))]
    episode = Episode(VisitRules(), CHUNK_90K - 10)
    assert not episode.goes_on_at(CHUNK_90K - 11)
    episode.add(CHUNK_90K - 10, cat)
    assert episode.goes_on_at(CHUNK_90K - 1)
    assert not episode.goes_on_at(CHUNK_90K - 10)
    assert not episode.goes_on_at(CHUNK_90K)

    episode = Episode(VisitRules(), 0)
    episode.add(0, cat)
    assert episode.goes_on_at(119 * CLOCK_RATE)
    assert not episode.goes_on_at(121 * CLOCK_RATE)


def test_a_place_with_a_longer_grace_needs_a_longer_silence():
    rules = VisitRules(places=(PlaceRule(1, BOWL.outline, end_grace_s=500),))

    assert rules.silence_90k > 500 * CLOCK_RATE


def draft(start: int, end: int, *, x: float = 0.1, place: int | None = None) -> VisitDraft:
    box = Box(x, 0.2, 0.1, 0.1)
    return VisitDraft("cat", place, start, end, 0.9, start, box, (), False, f"{start}-{x}")


def known(start: int, end: int, *, x: float = 0.1, place: int | None = None) -> KnownVisit:
    return KnownVisit(f"k{start}-{x}", place, start, end, start, (x, 0.2, 0.1, 0.1))


def test_a_visit_is_found_again_by_key_by_best_moment_and_by_time():
    drafts = [draft(0, 100, x=0.1), draft(0, 100, x=0.5), draft(200, 300), draft(400, 500)]
    rows = [known(220, 300), known(0, 100, x=0.5), known(0, 100, x=0.1), known(900, 999)]

    assert match(drafts, rows, prefix="k") == ({0: 2, 1: 1, 2: 0}, {})


def test_of_several_that_become_one_the_nearest_goes_on():
    rows = [known(10, 20), known(30, 90), known(95, 100)]

    assert match([draft(0, 100)], rows, prefix="k") == ({0: 1}, {0: [0, 2]})


def test_a_visit_to_a_place_never_becomes_one_to_another():
    assert match([draft(0, 100, place=1)], [known(0, 100)], prefix="k") == ({}, {})
