"""Log-odds and logistic regression, without a penalty."""

from __future__ import annotations

from typing import Final

import numpy as np

from store.agreement.over_prompts import Array

_CLIP: Final = 1e-12
"""Probabilities nearer to 0 or 1 than this are taken for it: their logit stays finite."""
_STEPS: Final = 25


def logit(p: Array) -> Array:
    """Log-odds, finite also of a probability that was rounded to 0 or 1."""
    inside = np.clip(p, _CLIP, 1 - _CLIP)
    found: Array = np.log(inside) - np.log1p(-inside)
    return found


def sigmoid(x: Array) -> Array:
    """The probability of log-odds."""
    found: Array = 1 / (1 + np.exp(-np.clip(x, -700, 700)))
    return found


def regression(factors: Array, outcome: Array) -> tuple[Array, Array] | None:
    """Maximum-likelihood logistic regression by Newton's method.

    Args:
        factors: a row a case, the intercept among the columns.
        outcome: 0 or 1.

    Returns:
        Coefficients and their standard errors; None where they do not exist: with separation the
        steps never become small, without variation the information is singular.
    """
    values = np.zeros(factors.shape[1])
    for _ in range(_STEPS):
        expected = sigmoid(factors @ values)
        weights = expected * (1 - expected)
        information = factors.T @ (factors * weights[:, None])
        if np.linalg.cond(information) > 1e12:
            return None
        step = np.linalg.solve(information, factors.T @ (outcome - expected))
        values = values + step
        if np.abs(step).max() < 1e-10:
            return values, np.sqrt(np.diag(np.linalg.inv(information)))
    return None
