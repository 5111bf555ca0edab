"""The win rate at equal length, against scikit-learn's fit and by its meaning."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from store.agreement.length_control import length_controlled


def _compared(
    n: int, *, at_zero: float, slope: float, seed: int
) -> tuple[list[float], list[float]]:
    rng = np.random.default_rng(seed)
    differences = rng.normal(40, 100, n)
    x = np.tanh(differences / differences.std())
    chance = 1 / (1 + np.exp(-(at_zero + slope * x)))
    return (rng.random(n) < chance).astype(float).tolist(), differences.tolist()


@pytest.mark.parametrize(("at_zero", "slope"), [(0.0, 2.0), (-0.8, 1.0), (1.5, -1.0)])
def test_it_is_the_fit_that_scikit_learn_finds_without_a_penalty(
    at_zero: float, slope: float
) -> None:
    wins, differences = _compared(400, at_zero=at_zero, slope=slope, seed=3)
    x = np.tanh(np.array(differences) / np.std(differences))[:, None]
    model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(x, wins)
    expected = 1 / (1 + np.exp(-model.intercept_[0]))

    found = length_controlled(wins, differences, [str(i) for i in range(400)])

    assert found.value == pytest.approx(expected, abs=1e-5)
    assert found.low is not None
    assert found.high is not None
    assert found.low < expected < found.high
    assert found.n == 400


def test_a_tie_counts_as_half_a_win_and_half_a_loss() -> None:
    wins, differences = _compared(60, at_zero=0.4, slope=1.0, seed=5)
    tied = [0.5, *wins[1:]]
    x = np.tanh(np.array(differences) / np.std(differences))
    rows = np.append(x, x[0])[:, None]
    model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(
        rows, [1.0, *wins[1:], 0.0], sample_weight=[0.5, *([1.0] * 59), 0.5]
    )
    expected = 1 / (1 + np.exp(-model.intercept_[0]))

    found = length_controlled(tied, differences, [str(i) for i in range(60)])

    assert found.value == pytest.approx(expected, abs=1e-5)


def test_what_length_alone_wins_is_one_half_at_equal_length() -> None:
    wins, differences = _compared(4000, at_zero=0.0, slope=3.0, seed=1)
    found = length_controlled(wins, differences, [str(i) for i in range(4000)])

    assert np.mean(wins) > 0.6
    assert found.value == pytest.approx(0.5, abs=0.04)


def test_without_a_difference_it_is_the_plain_share() -> None:
    found = length_controlled([1.0] * 30 + [0.0] * 10, [0.0] * 40, [str(i) for i in range(40)])

    assert found.value == pytest.approx(0.75)
    assert found.low is not None
    assert found.high is not None
    assert 0.55 < found.low < 0.75 < found.high < 0.92


def test_comparisons_of_one_prompt_move_together() -> None:
    wins, differences = _compared(200, at_zero=0.3, slope=1.0, seed=2)
    alone = length_controlled(wins, differences, [str(i) for i in range(200)])
    doubled = length_controlled(wins * 2, differences * 2, [str(i) for i in range(200)] * 2)

    assert doubled.value == pytest.approx(alone.value)
    assert (doubled.low, doubled.high) == pytest.approx((alone.low, alone.high), abs=1e-6)


@pytest.mark.parametrize(
    ("wins", "differences", "reason"),
    [
        ([1.0, 0.0] * 5, list(range(10)), "fewer than 20"),
        ([1.0] * 30, list(range(30)), "won every"),
        ([0.0] * 15 + [1.0] * 15, list(range(30)), "no fit is finite"),
        ([0.0, 1.0] * 15, [7.0] * 30, "by the same"),
    ],
)
def test_where_there_is_no_fit_it_says_why(
    wins: list[float], differences: list[float], reason: str
) -> None:
    found = length_controlled(wins, differences, [str(i) for i in range(len(wins))])

    assert found.value is None
    assert found.low is None
    assert found.reason is not None
    assert reason in found.reason


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.integers(-10_000, 10_000)),
        min_size=20,
        max_size=40,
    )
)
def test_turned_round_it_is_the_other_sides_rate(rows: list[tuple[float, int]]) -> None:
    wins, differences = [win for win, _ in rows], [float(each) for _, each in rows]
    prompts = [str(i) for i in range(len(rows))]
    one = length_controlled(wins, differences, prompts)
    other = length_controlled([1 - win for win in wins], [-each for each in differences], prompts)

    assert one.reason == other.reason
    if one.value is not None and other.value is not None:
        assert one.value + other.value == pytest.approx(1, abs=1e-6)
        if one.low is not None and other.high is not None:
            assert one.low + other.high == pytest.approx(1, abs=1e-6)
