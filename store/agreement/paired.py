"""Shares and their differences on the same prompts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from store.agreement.figure import as_number
from store.agreement.intervals import wilson

DRAWS = 2000


class Estimate(NamedTuple):
    """A figure with its 95 % interval, or the reason why there is none."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    reason: str | None = None
    """Why there is no value, or a value without an interval."""

    def as_json(self) -> dict[str, Any]:
        """The object of ``--json``."""
        numbers = {name: as_number(getattr(self, name)) for name in ("value", "low", "high")}
        return {**numbers, "n": self.n, "reason": self.reason}


def share(hits: Sequence[bool]) -> Estimate:
    """How many of these are true, with Wilson's interval."""
    n = len(hits)
    ends = wilson(sum(hits), n)
    if ends is None:
        return Estimate(None, None, None, 0, "there is nothing to count")
    return Estimate(sum(hits) / n, *ends, n)


def difference(
    one: Sequence[float], other: Sequence[float], prompts: Sequence[str], *, seed: int = 0
) -> Estimate:
    """Mean of ``one`` less mean of ``other`` on the same items; percentile bootstrap over prompts.

    Args:
        one: a value for each item.
        other: the same items' other value.
        prompts: the prompt of each item; those of one prompt are drawn together.
        seed: of the 2,000 draws.
    """
    import numpy as np

    n = len(one)
    if n == 0:
        return Estimate(None, None, None, 0, "there is nothing to compare")
    apart = np.asarray(one, dtype=float) - np.asarray(other, dtype=float)
    value = float(apart.mean())
    names, group = np.unique(np.asarray(prompts), return_inverse=True)
    if np.ptp(apart) == 0:
        return Estimate(value, None, None, n, "all items differ by the same: no interval")
    if len(names) < 2:
        return Estimate(value, None, None, n, "all items are of one prompt: no interval")
    sums, sizes = np.bincount(group, weights=apart), np.bincount(group)
    drawn = np.random.default_rng(seed).multinomial(
        len(names), np.full(len(names), 1 / len(names)), size=DRAWS
    )
    low, high = np.quantile((drawn @ sums) / (drawn @ sizes), (0.025, 0.975))
    return Estimate(value, float(low), float(high), n)
