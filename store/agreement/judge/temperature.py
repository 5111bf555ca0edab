"""Temperature scaling (Guo et al. 2017), fitted on one half of the prompts, told on the other.

The stored probabilities stay as they are; this says what one number would mend.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from store.agreement.figure import Figure, undefined
from store.agreement.judge.calibration import LEAST, brier_score, ece
from store.agreement.judge.halves import half_of
from store.agreement.judge.logistic import logit, sigmoid
from store.agreement.over_prompts import Array

_STEEPEST: Final = 2.0**20


@dataclass(frozen=True, slots=True)
class TemperatureScaling:
    """Means over both ways round: fitted on the first half, told on the second, and swapped."""

    temperature: float | None
    """Above 1 the judge is surer than it may be."""
    brier: float | None
    """After scaling, on the half that was not fitted."""
    ece: float | None
    brier_before: float | None
    """Of the same halves, unscaled."""
    ece_before: float | None
    n: int
    reason: str | None = None
    """Why there is none."""


def fit(p: Array, y: Array) -> Figure:
    """The temperature that minimises the log loss of sigmoid(logit(p) / T).

    The loss is convex in 1/T, so that its slope has one zero, found by halving to the last digit.
    """
    x = logit(p)

    def slope(steep: float) -> float:
        return float(np.sum(x * (sigmoid(steep * x) - y)))

    low, high = 0.0, 1.0
    if not len(p) or slope(0.0) >= 0:
        return undefined("the probabilities do not go with people's verdicts at all")
    while slope(high) < 0:
        low, high = high, 2 * high
        if high > _STEEPEST:
            return undefined("the judge is right on every pair there, so no temperature is best")
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return Figure(1 / high)


def scaled(p: Array, temperature: float) -> Array:
    """The probabilities after scaling."""
    return sigmoid(logit(p) / temperature)


def temperature_scaling(
    p: Sequence[float], y: Sequence[int], prompts: Sequence[str]
) -> TemperatureScaling:
    """Fitted and told on halves by :func:`store.agreement.judge.halves.half_of`."""
    said, came = np.array(p, dtype=float), np.array(y, dtype=float)
    second = np.array([bool(half_of(prompt)) for prompt in prompts], dtype=bool)
    n = len(said)
    if min(second.sum(), n - second.sum()) < LEAST:
        return _none(n, f"fewer than {LEAST} pairs in a half")
    found = []
    for told in (second, ~second):
        fitted = fit(said[~told], came[~told])
        if fitted.value is None:
            return _none(n, fitted.reason or "")
        mended = scaled(said[told], fitted.value)
        found.append(
            (
                fitted.value,
                brier_score(mended, came[told]),
                ece(mended, came[told]),
                brier_score(said[told], came[told]),
                ece(said[told], came[told]),
            )
        )
    temperature, brier, error, brier_before, error_before = (
        sum(both) / 2 for both in zip(*found, strict=True)
    )
    return TemperatureScaling(temperature, brier, error, brier_before, error_before, n)


def _none(n: int, reason: str) -> TemperatureScaling:
    return TemperatureScaling(None, None, None, None, None, n, reason)
