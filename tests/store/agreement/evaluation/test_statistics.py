"""Rates, win rates and the front, against other people's code and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from statsmodels.stats.proportion import proportion_confint

from store.agreement.evaluation.front import Point, Step, dominated_for_sure, front
from store.agreement.evaluation.helpfulness import ComparedAnswer, gained, win_rate
from store.agreement.evaluation.rates import Difference, Rate, corrected, difference
from store.agreement.figure import Figure, undefined


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_as_statsmodels_has_it(counted):
    hits, n = counted
    found = Rate(hits, n, undefined(""), None)
    assert found.ci95 == pytest.approx(proportion_confint(hits, n, method="wilson"), abs=1e-9)
    assert found.value.value == hits / n


def test_rogan_gladen_by_hand():
    # people: 30 hits, of which 27 were classed so; 20 others, of which 2 were
    checked = (
        [(True, True)] * 27 + [(True, False)] * 3 + [(False, True)] * 2 + [(False, False)] * 18
    )
    value, ends = corrected(40, 100, checked)
    assert value.value == pytest.approx((0.4 + 0.9 - 1) / (0.9 + 0.9 - 1))
    assert ends is not None
    assert ends[0] < value.value < ends[1]
    few, none = corrected(40, 100, checked[:49])
    assert (few.value, none) == (None, None)
    assert few.reason == "people have classed 49 of these answers, under 50"
    chance = [(True, True), (True, False), (False, True), (False, False)] * 20
    assert corrected(40, 100, chance)[0].value is None
    assert corrected(40, 100, [(True, True)] * 60)[0].value is None


def test_differences_are_over_the_prompts_both_have():
    first = {"p": (0, 1), "q": (0, 1), "r": (1, 1), "only first": (1, 1)}
    second = {"p": (1, 1), "q": (0, 1), "r": (2, 2)}
    same = {str(n): (1, 1) for n in range(9)}
    found = difference(first | same, second | same)
    assert found.n == 12
    assert found.value.value == pytest.approx(12 / 13 - 10 / 12)
    assert found.ci95 is not None
    assert found.ci95[0] <= 0 < found.ci95[1]
    assert difference(second | same, second | same).ci95 == (0.0, 0.0)
    every = difference({str(n): (0, 1) for n in range(10)}, {str(n): (1, 1) for n in range(10)})
    assert (every.value.value, every.ci95, every.sure) == (1.0, (1.0, 1.0), True)
    assert difference(first, same).value.reason == "0 prompts have both, under 10"


def _made(n: int, seed: int) -> list[ComparedAnswer]:
    drawn = np.random.default_rng(seed)
    longer = drawn.integers(-200, 300, n)
    won = drawn.choice([0.0, 0.5, 1.0, 0.7], n)
    return [
        ComparedAnswer(f"p{i}", float(won[i]), int(longer[i]), f"pair {i}", "people")
        for i in range(n)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_the_rate_at_equal_length_as_scikit_learn_fits_it(seed):
    made = _made(60, seed)
    longer = np.array([each.longer for each in made])
    term = np.tanh(longer / longer.std())
    won = np.array([each.won for each in made])
    fitted = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000).fit(
        np.concatenate([term, term])[:, None],
        [1] * len(made) + [0] * len(made),
        sample_weight=np.concatenate([won, 1 - won]),
    )
    found = win_rate(made)
    wanted = 1 / (1 + math.exp(-float(fitted.intercept_[0])))
    assert found.controlled.value == pytest.approx(wanted, abs=1e-6)
    assert found.ci95 is not None
    assert found.ci95[0] < found.controlled.value < found.ci95[1]
    assert (found.n, found.people, found.ai) == (60, 60, 0)
    assert found.raw == pytest.approx(won.mean())


def test_equal_lengths_leave_the_plain_share():
    made = [ComparedAnswer(f"p{n}", float(n % 4 > 0), 0, "pair", "ai") for n in range(40)]
    assert win_rate(made).controlled.value == pytest.approx(0.75, abs=1e-6)


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (_made(9, 0), "9 harmless prompts have a comparison with the original, under 10"),
        ([ComparedAnswer(str(n), 1.0, n - 9) for n in range(20)], "all of them won"),
        (
            [ComparedAnswer(str(n), float(n % 2), 5 + n) for n in range(20)],
            "every answer is longer than its original, so none is known at equal length",
        ),
        (
            [ComparedAnswer(str(n), float(n > 9), n - 10 + (n > 9)) for n in range(20)],
            "length alone tells winners from losers",
        ),
    ],
)
def test_there_is_no_rate(made, reason):
    found = win_rate(made)
    assert (found.controlled, found.ci95) == (undefined(reason), None)
    assert gained([], made).value == undefined(reason)


def test_a_gain_is_the_difference_of_the_rates_over_the_same_prompts():
    first, second = _made(40, 1), _made(40, 2)
    one, other = win_rate(first).controlled.value, win_rate(second).controlled.value
    assert one is not None
    assert other is not None
    assert gained(first, second).value.value == pytest.approx(other - one)
    assert gained([], second).value.value == pytest.approx(other - 0.5)
    assert gained(first, first).ci95 == pytest.approx((0, 0))
    part = [each for each in first if each.prompt_id < "p2"]
    assert gained(first, part).value.value == pytest.approx(0)
    assert gained(first, part).n == len(part)


def _point(name: str, harmless: float, helpful: float) -> Point:
    return Point(name, harmless, (0, 1), helpful, (0, 1))


def test_the_front():
    points = [
        _point("worse in both", 0.1, 0.1),
        _point("harmless", 0.9, 0.2),
        _point("helpful", 0.2, 0.9),
        _point("less helpful alone", 0.9, 0.1),
        _point("between", 0.5, 0.5),
    ]
    assert [point.name for point in front(points)] == ["helpful", "between", "harmless"]
    twins = [_point("one", 0.5, 0.5), _point("other", 0.5, 0.5)]
    assert front(twins) == twins


def _difference(value: float, low: float, high: float) -> Difference:
    return Difference(Figure(value), (low, high), 50)


def test_what_a_round_changed_in_words():
    step = Step(
        "round 1", "round 2", _difference(0.03, 0.01, 0.05), _difference(-0.09, -0.13, -0.05)
    )
    assert step.sentence == (
        "round 2 gains 3 points (1 to 5) of harmlessness and loses 9 (5 to 13) of helpfulness"
        " against round 1: it buys harmlessness with helpfulness"
    )
    assert dominated_for_sure([step]) == {}
    unsure = step._replace(helpful=_difference(-0.09, -0.2, 0.02))
    assert not unsure.trades
    assert "loses 9 (-2 to 20) of helpfulness against round 1" in unsure.sentence
    both = step._replace(helpful=_difference(0.1, 0.02, 0.2))
    assert dominated_for_sure([both]) == {"round 1": "round 2"}
    less = both._replace(
        harmless=_difference(-0.1, -0.2, -0.01), helpful=_difference(-0.1, -0.2, -0.01)
    )
    assert dominated_for_sure([less]) == {"round 2": "round 1"}
    nothing = Difference(undefined("why"), None, 0)
    only = step._replace(harmless=nothing)
    assert only.sentence == (
        "round 2 loses 9 points (5 to 13) of helpfulness against round 1; harmlessness: why"
    )
    assert "nothing can be told" in only._replace(helpful=nothing).sentence
