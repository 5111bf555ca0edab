"""Shares and differences on the same prompts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import bootstrap, norm

from store.agreement.paired import difference, share


def test_a_share_has_wilsons_interval() -> None:
    found = share([True] * 3 + [False] * 7)
    z = norm.ppf(0.975)
    # the ends of Wilson's interval solve |share - p| = z sqrt(p (1 - p) / n)
    for end in (found.low, found.high):
        assert end is not None
        assert abs(0.3 - end) == pytest.approx(z * np.sqrt(end * (1 - end) / 10))
    assert share([]).value is None


def test_a_difference_is_bootstrapped_over_prompts() -> None:
    rng = np.random.default_rng(1)
    one, other = rng.random(120) < 0.6, rng.random(120) < 0.4
    found = difference(one.tolist(), other.tolist(), [str(n) for n in range(120)])
    apart = one.astype(float) - other
    expected = bootstrap(
        (apart,), np.mean, n_resamples=5000, method="percentile", rng=rng
    ).confidence_interval

    assert found.value == pytest.approx(apart.mean())
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=0.025)


def test_items_of_one_prompt_count_once() -> None:
    one, other = [1.0, 0.0, 1.0, 1.0] * 10, [0.0, 0.0, 1.0, 0.0] * 10
    prompts = [str(n) for n in range(40)]
    alone = difference(one, other, prompts)
    twice = difference(one * 2, other * 2, prompts * 2)

    assert (twice.low, twice.high) == pytest.approx((alone.low, alone.high))


@pytest.mark.parametrize(
    ("one", "other", "prompts"),
    [([1.0, 1.0], [0.0, 0.0], ["a", "b"]), ([1.0, 0.0], [0.0, 0.0], ["a", "a"])],
)
def test_a_difference_without_spread_has_no_interval(
    one: list[float], other: list[float], prompts: list[str]
) -> None:
    found = difference(one, other, prompts)

    assert found.value is not None
    assert found.low is None
    assert "no interval" in (found.reason or "")
