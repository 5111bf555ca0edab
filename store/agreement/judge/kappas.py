"""Kappa over many resampled tables at once: its bootstrap interval over prompts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from store.agreement.counts import VERDICTS
from store.agreement.intervals import Interval
from store.agreement.over_prompts import Array, interval

_K = len(VERDICTS)


def cells(said: Sequence[tuple[str, str]]) -> Array:
    """A row a case, with a 1 in the cell of the table that its two verdicts belong to."""
    out = np.zeros((len(said), _K * _K))
    for row, (one, other) in enumerate(said):
        out[row, VERDICTS.index(one) * _K + VERDICTS.index(other)] = 1
    return out


def kappas(sums: Array) -> Array:
    """Cohen's kappa of each row of summed :func:`cells`; nan where it is undefined."""
    tables = sums.reshape(-1, _K, _K)
    n = tables.sum(axis=(1, 2))
    seen = np.trace(tables, axis1=1, axis2=2) / n
    chance = (tables.sum(axis=2) * tables.sum(axis=1)).sum(axis=1) / n**2
    found: Array = (seen - chance) / (1 - chance)
    return found


def kappa_interval(said: Sequence[tuple[str, str]], prompts: Sequence[str]) -> Interval | None:
    """Bootstrap interval over prompts of the kappa of two columns of verdicts."""
    return interval(cells(said), prompts, kappas) if said else None
