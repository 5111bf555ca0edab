"""Bradley-Terry scores against choix, statsmodels and scikit-learn, and where none exist."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from store.agreement.bradley_terry import PRIOR_VARIANCE, Game, fit, scores

# choix 0.4.1: ilsr_pairwise(4, data, tol=1e-12) - its mean, and opt_pairwise the same to 1e-5
COMPARED = {(0, 1): 7, (1, 0): 3, (1, 2): 4, (2, 1): 4, (0, 2): 5, (2, 0): 2, (2, 3): 6} | {
    (3, 2): 1,
    (3, 0): 2,
}
CHOIX = [0.4755879, -0.12959415, 0.13778255, -0.4837763]


def table(compared: dict[tuple[int, int], float], n: int) -> np.ndarray:
    wins = np.zeros((n, n))
    for pair, times in compared.items():
        wins[pair] = times
    return wins


def test_equals_choix() -> None:
    found, finite = fit(table(COMPARED, 4))
    assert finite
    assert found == pytest.approx(CHOIX, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=12, max_size=12))
def test_equals_a_logit_without_intercept(times: list[int]) -> None:
    places = [(i, j) for i in range(4) for j in range(4) if i != j]
    found, finite = fit(table(dict(zip(places, times, strict=True)), 4))
    design, won = [], []
    for (i, j), number in zip(places, times, strict=True):
        row = [0.0] * 4
        row[i], row[j] = 1.0, -1.0
        design += [row, [-each for each in row]]
        won += [(number, 0), (0, number)]
    # the last item at nought: the model knows differences alone
    model = sm.GLM(np.array(won), np.array(design)[:, :3], sm.families.Binomial())
    expected = np.append(model.fit(tol=1e-14).params, 0.0)
    assert finite
    assert found == pytest.approx(expected - expected.mean(), abs=1e-6)


def test_who_always_wins_is_held_by_the_stated_prior() -> None:
    wins = table({(0, 1): 5, (0, 2): 5, (1, 2): 3, (2, 1): 2}, 3)
    found, finite = fit(wins)
    design, weights = [], []
    for i, j in zip(*wins.nonzero(), strict=True):
        row = np.zeros(3)
        row[i], row[j] = 1, -1
        design += [row, -row]
        weights += [wins[i, j] / 2] * 2
    oracle = LogisticRegression(C=PRIOR_VARIANCE, fit_intercept=False, tol=1e-10, max_iter=10000)
    oracle.fit(np.array(design), [1, 0] * (len(design) // 2), sample_weight=weights)
    assert not finite
    assert found == pytest.approx(oracle.coef_[0], abs=1e-5)
    assert math.isfinite(found[0])


def test_ties_count_half_and_both_ways_round_are_one() -> None:
    ties = [Game("x", "y", 0.5, f"p{i}") for i in range(4)]
    assert [row.score for row in scores(ties)] == [0, 0]
    told = [Game("x", "y", 1, "p1"), Game("y", "x", 1, "p2"), Game("x", "y", 1, "p3")]
    turned = [Game("y", "x", 1 - won, prompt) for _, _, won, prompt in told]
    turned[1] = Game("x", "y", 0, "p2")
    assert [(r.item, r.score) for r in scores(told)] == [(r.item, r.score) for r in scores(turned)]
    best = scores(told)[0]
    assert (best.item, best.won, best.games) == ("x", 2, 3)
    assert best.score == pytest.approx(math.log(2) / 2)


def test_what_was_never_compared_stands_on_a_scale_of_its_own() -> None:
    games = [Game("a", "b", 1, "p"), Game("a", "b", 0, "q"), Game("c", "d", 1, "p")]
    games.append(Game("e", "e", 1, "p"))
    found = scores(games)
    assert {row.item: row.component for row in found} == {"a": 0, "b": 0, "c": 1, "d": 1}
    assert [row.prior for row in found] == [False, False, True, True]
    assert found[2].ci95 is None
    assert found[2].reason == "all comparisons are of one prompt"


def test_the_interval_is_that_of_whole_prompts() -> None:
    """Ten copies of each prompt's comparison tell no more than one."""
    rng = np.random.default_rng(1)
    once = [Game("a", "b", float(won), f"p{i}") for i, won in enumerate(rng.random(60) < 0.7)]
    (a, _), (again, _) = scores(once, seed=3), scores(once * 10, seed=3)
    assert a.ci95 is not None
    assert again.ci95 == pytest.approx(a.ci95, abs=1e-6)
    shares = rng.binomial(60, a.won / 60, 20000) / 60
    expected = np.quantile(np.log(shares / (1 - shares)) / 2, (0.025, 0.975))
    assert a.ci95 == pytest.approx(expected, abs=0.06)
