"""Figures about judges against scikit-learn, statsmodels, scipy and hand computation."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, cohen_kappa_score, log_loss
from statsmodels.stats.proportion import proportion_confint

from store.agreement.judge import temperature
from store.agreement.judge.calibration import bin_places, calibration
from store.agreement.judge.halves import half_of
from store.agreement.judge.kappas import cells, kappas
from store.agreement.judge.length import length_bias
from store.agreement.judge.logistic import regression
from store.agreement.judge.measured import share
from store.agreement.over_prompts import interval
from tests.store.agreement.judge.made import made, noisy

EXACT = 1e-9


def drawn(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    p = generator.beta(0.7, 0.7, n)
    return p, (generator.random(n) < p**1.5).astype(int)


def of(p, y):
    names = [f"p{i}" for i in range(len(p))]
    return calibration(list(p), list(y), names, names)


@pytest.mark.parametrize("n", [37, 100, 333])
def test_brier_and_bins_are_those_of_scikit_learn(n: int) -> None:
    p, y = drawn(n)
    found = of(p, y)
    assert found.brier.value == pytest.approx(brier_score_loss(y, p), abs=EXACT)
    bins = min(10, n // 10)
    came, said = calibration_curve(y, p, n_bins=bins, strategy="quantile")
    assert [each.came for each in found.bins] == pytest.approx(list(came), abs=EXACT)
    assert [each.said for each in found.bins] == pytest.approx(list(said), abs=EXACT)
    sizes = np.array([each.n for each in found.bins])
    assert sizes.min() >= 10
    assert found.ece.value == pytest.approx(np.abs(came - said) @ sizes / n, abs=EXACT)
    parts = found.reliability - found.resolution + found.uncertainty + found.rest
    assert parts == pytest.approx(found.brier.value, abs=EXACT)
    assert sum(len(each.pairs) for each in found.bins) == n


def test_murphys_parts_by_hand() -> None:
    """Two probabilities: .2 (20 times, 5 came) and .7 (30 times, 24 came)."""
    found = of([0.2] * 20 + [0.7] * 30, [1] * 5 + [0] * 15 + [1] * 24 + [0] * 6)
    base = 29 / 50
    assert found.reliability == pytest.approx((20 * 0.05**2 + 30 * 0.1**2) / 50, abs=EXACT)
    resolution = (20 * (0.25 - base) ** 2 + 30 * (0.8 - base) ** 2) / 50
    assert found.resolution == pytest.approx(resolution, abs=EXACT)
    assert found.uncertainty == pytest.approx(base * (1 - base), abs=EXACT)
    assert found.rest == pytest.approx(0, abs=EXACT)
    assert found.ece.value == pytest.approx((20 * 0.05 + 30 * 0.1) / 50, abs=EXACT)


def test_the_ece_of_a_calibrated_judge_is_what_chance_gives() -> None:
    """One bin of .5: the mean distance of n fair coins from one half, E|k/n - 1/2|."""
    from math import comb

    n = 60
    expected = sum(comb(n, k) * abs(k / n - 0.5) for k in range(n + 1)) / 2**n
    found = of([0.5] * n, [0, 1] * (n // 2))
    assert len(found.bins) == 1
    assert found.ece_if_calibrated == pytest.approx(expected, rel=0.05)


def test_under_ten_pairs_nothing_is_said_of_calibration() -> None:
    found = of([0.5] * 9, [1] * 9)
    assert found.ece.value is None
    assert "fewer than 10" in (found.ece.reason or "")


@given(st.lists(st.floats(0, 1), min_size=1, max_size=300))
def test_no_bin_holds_fewer_than_ten(p: list[float]) -> None:
    sizes = np.bincount(bin_places(np.array(p)))
    assert sizes.sum() == len(p)
    if len(p) >= 10:
        assert sizes[sizes > 0].min() >= 10


def test_temperature_minimises_the_log_loss() -> None:
    p, y = drawn(200)
    found = temperature.fit(p, y.astype(float)).value
    assert found is not None
    best = minimize_scalar(
        lambda t: log_loss(y, temperature.scaled(p, t)),
        bounds=(0.05, 20),
        method="bounded",
        options={"xatol": 1e-10},
    )
    assert found == pytest.approx(best.x, rel=1e-5)
    fitted = sm.Logit(y, np.log(p / (1 - p))).fit(disp=0, tol=1e-14, method="newton")
    assert 1 / found == pytest.approx(fitted.params[0], abs=EXACT)


def test_temperature_is_told_on_the_half_that_was_not_fitted() -> None:
    p, y = drawn(120, seed=4)
    prompts = [f"prompt {i}" for i in range(120)]
    found = temperature.temperature_scaling(list(p), list(y), prompts)
    halves = np.array([half_of(each) for each in prompts])
    told, fitted = [], []
    for half in (0, 1):
        x, outcome = p[halves == half], y[halves == half]
        steep = sm.Logit(outcome, np.log(x / (1 - x))).fit(disp=0, tol=1e-14).params[0]
        fitted.append(1 / steep)
        other, came = p[halves != half], y[halves != half]
        told.append(brier_score_loss(came, 1 / (1 + (1 / other - 1) ** steep)))
    assert found.temperature == pytest.approx(np.mean(fitted), abs=1e-8)
    assert found.brier == pytest.approx(np.mean(told), abs=EXACT)


def test_a_judge_that_says_the_opposite_has_no_temperature() -> None:
    p, y = drawn(200)
    assert temperature.fit(1 - p, y.astype(float)).value is None


def test_the_coefficient_of_length_is_that_of_statsmodels() -> None:
    pairs = made(150, noisy, people={"ann": 0.8})
    found = length_bias(pairs).coefficient
    y = [int(p.verdict == "a") for p in pairs]
    x = sm.add_constant([[float(p.word == "a"), np.log(p.length_a / p.length_b)] for p in pairs])
    fitted = sm.Logit(y, x).fit(disp=0, tol=1e-14)
    assert found.value == pytest.approx(fitted.params[2], abs=EXACT)
    assert found.ci95 == pytest.approx(tuple(fitted.conf_int()[2]), abs=1e-7)
    assert "fewer than 50" in (length_bias(pairs[:49]).coefficient.reason or "")


def test_no_coefficient_without_variation_or_with_separation() -> None:
    x = np.linspace(-1, 1, 60)
    with_constant = np.column_stack([np.ones(60), x])
    assert regression(with_constant, (x > 0).astype(float)) is None
    assert regression(np.ones((60, 2)), (x > 0.3).astype(float)) is None
    assert regression(with_constant, np.ones(60)) is None


def test_the_picture_of_length_counts_each_pair_once_in_order_of_length() -> None:
    pairs = [
        each._replace(length_a=100 + (n * 7) % 60, length_b=100)
        if n % 2
        else each._replace(length_a=100, length_b=101 + (n * 7) % 60)
        for n, each in enumerate(made(87, noisy, people={"ann": 0.9, "bob": 0.9}))
    ]
    found = length_bias(pairs)
    sided = {p.id: p for p in pairs if p.verdict != "tie" and p.length_a != p.length_b}
    assert sorted(name for each in found.bins for name in each.pairs) == sorted(sided)
    assert [each.high for each in found.bins] == sorted(each.high for each in found.bins)
    for before, after in pairwise(found.bins):
        assert before.high < after.low
    for each in found.bins:
        inside = [sided[name] for name in each.pairs]
        longer = ["a" if p.length_a > p.length_b else "b" for p in inside]
        took = [p.verdict == side for p, side in zip(inside, longer, strict=True)]
        assert each.n == len(inside) >= 10
        assert each.judge == sum(took) / len(took)
        assert each.ci95 == pytest.approx(
            proportion_confint(sum(took), len(took), method="wilson"), abs=1e-9
        )
        by_people = [
            p.word == s for p, s in zip(inside, longer, strict=True) if p.word in ("a", "b")
        ]
        assert each.people == sum(by_people) / len(by_people)
    assert length_bias(pairs[:9]).bins == ()
    assert length_bias([p._replace(length_b=p.length_a) for p in pairs]).bins == ()


def test_resampled_kappas_are_those_of_scikit_learn() -> None:
    generator = np.random.default_rng(3)
    words = np.array(["a", "b", "tie"])
    one, other = (words[generator.integers(0, 3, 50)] for _ in range(2))
    said = list(zip(one.tolist(), other.tolist(), strict=True))
    times = generator.integers(0, 4, 50)
    weighted = cohen_kappa_score(one, other, sample_weight=times)
    assert kappas((times @ cells(said))[None, :])[0] == pytest.approx(weighted, abs=EXACT)


def test_pairs_of_one_prompt_move_together() -> None:
    """Ten copies of each of 20 prompts tell no more than the 20."""
    hits = [i % 2 == 0 for i in range(20)]
    once = share(hits, [str(i) for i in range(20)], [str(i) for i in range(20)], none="")
    copied = share(
        [hit for hit in hits for _ in range(10)],
        [str(i) for i in range(20) for _ in range(10)],
        [str(i) for i in range(200)],
        none="",
    )
    assert copied.ci95 is not None
    assert once.ci95 is not None
    assert copied.ci95[1] - copied.ci95[0] > 0.9 * (once.ci95[1] - once.ci95[0])
    assert interval(np.ones((5, 1)), ["one"] * 5, lambda sums: sums[:, 0]) is None
