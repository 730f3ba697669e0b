import pytest

from recordings.wanted import ENDLESS_90K, EVERYTHING, NOTHING, Rule, Seen, Span, Wanted, wanted

S = 90_000
VISITS = Rule("visits", pre_s=10, post_s=15)


def seconds(start_s: float, end_s: float | None = None) -> Span:
    """A stretch told in seconds; without an end it has none."""
    return Span(round(start_s * S), ENDLESS_90K if end_s is None else round(end_s * S))


def seen(start_s: float, end_s: float, *, is_open: bool = False) -> Seen:
    return Seen(round(start_s * S), round(end_s * S), is_open)


TABLE = {
    "off: nothing, whoever comes": (Rule("off"), [seen(100, 110)], NOTHING),
    "off, but somebody pressed record": (
        Rule("off", by_hand=(seconds(50, 60),)),
        [seen(100, 110)],
        Wanted((seconds(50, 60),)),
    ),
    "always: everything": (Rule("always", 10, 15), [], EVERYTHING),
    "on visits, nobody comes": (VISITS, [], NOTHING),
    "a visit with what was before and after it": (
        VISITS,
        [seen(100, 110)],
        Wanted((seconds(90, 125),)),
    ),
    "one that goes on may last for ever": (
        VISITS,
        [seen(100, 110, is_open=True)],
        Wanted((seconds(90, 125),), (seconds(90),)),
    ),
    "visits that meet are one stretch": (
        VISITS,
        [seen(130, 140), seen(100, 110)],
        Wanted((seconds(90, 155),)),
    ),
    "visits apart are two": (
        VISITS,
        [seen(100, 110), seen(150, 151)],
        Wanted((seconds(90, 125), seconds(140, 166))),
    ),
    "one that nobody closes any more": (
        VISITS,
        [seen(-700, -690, is_open=True)],
        Wanted((seconds(-710, -675),)),
    ),
    "a visit and somebody who pressed record": (
        Rule("visits", 10, 15, by_hand=(seconds(120, 180),)),
        [seen(100, 110)],
        Wanted((seconds(90, 180),)),
    ),
    "no time before or after": (Rule("visits"), [seen(100, 110)], Wanted((seconds(100, 110),))),
}


@pytest.mark.parametrize(("rule", "visits", "expected"), TABLE.values(), ids=TABLE.keys())
def test_a_rule_and_visits_make_what_is_wanted(rule, visits, expected):
    assert wanted(rule, visits, now_90k=120 * S) == expected


def test_while_nobody_can_say_what_visits_there_are_all_is_wanted():
    unknown = wanted(VISITS, [seen(50, 60)], now_90k=120 * S, unknown_from_90k=100 * S)

    assert unknown.sure == (seconds(40, 75), seconds(90))


def test_a_stretch_does_not_reach_to_its_end():
    span = seconds(1, 2)

    assert span.touches(2 * S - 1, 3 * S)
    assert not span.touches(2 * S, 3 * S)
    assert not span.touches(0, 1 * S)


def test_only_what_can_want_nothing_is_off():
    assert Rule("off").is_off
    assert not Rule("off", by_hand=(seconds(1),)).is_off
    assert not Rule("visits").is_off
