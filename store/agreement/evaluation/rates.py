"""Shares with their intervals, and differences of shares over the same prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from store.agreement.figure import Figure, as_number, as_numbers, undefined
from store.agreement.intervals import Interval, wilson

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Draws = NDArray[np.float64]

DRAWS: Final = 2000
SEED: Final = 0
FEW: Final = 10
"""Prompts under which nothing is resampled: what comes out looks surer than it is."""
ENOUGH_PEOPLE: Final = 50
"""Answers that people must have classed before a rate is corrected by them."""

Sums = Mapping[str, tuple[float, float]]
"""By prompt: how many of its answers count as hits, and how many it has."""


class Rate(NamedTuple):
    """A share of answers, as they were classed, and corrected by what people said."""

    hits: int
    n: int
    corrected: Figure
    """Rogan and Gladen's estimate of the share people would find."""
    corrected_ci95: Interval | None

    @property
    def value(self) -> Figure:
        """``hits / n``."""
        return Figure(self.hits / self.n) if self.n else undefined("there is no such answer")

    @property
    def ci95(self) -> Interval | None:
        """Wilson's interval."""
        return wilson(self.hits, self.n)

    def as_json(self) -> dict[str, Any]:
        """As ``evaluate --json`` tells it."""
        return {
            "hits": self.hits,
            "n": self.n,
            "value": as_number(self.value.value),
            "ci95": as_numbers(self.ci95),
            "undefined": self.value.reason,
            "corrected": as_number(self.corrected.value),
            "corrected_ci95": as_numbers(self.corrected_ci95),
            "corrected_undefined": self.corrected.reason,
        }


class Difference(NamedTuple):
    """What one set of answers has more of than another, over the prompts both have."""

    value: Figure
    ci95: Interval | None
    n: int
    """Prompts that both have."""

    @property
    def sure(self) -> bool:
        """Whether the interval lies above 0."""
        return self.ci95 is not None and self.ci95[0] > 0

    @property
    def surely_less(self) -> bool:
        """Whether the interval lies below 0."""
        return self.ci95 is not None and self.ci95[1] < 0

    def as_json(self) -> dict[str, Any]:
        """As ``evaluate --json`` tells it."""
        return {
            "value": as_number(self.value.value),
            "ci95": as_numbers(self.ci95),
            "n": self.n,
            "undefined": self.value.reason,
        }


def corrected(
    hits: int, n: int, checked: Sequence[tuple[bool, bool]]
) -> tuple[Figure, Interval | None]:
    """The share that people would find (Rogan and Gladen 1978), with a 95 % interval.

    ``(rate + specificity - 1) / (sensitivity + specificity - 1)``, cut to 0 and 1. The interval
    holds the middle 95 % of draws in which the three shares come from their Jeffreys posteriors.

    Args:
        hits: answers that were classed as hits.
        n: of how many.
        checked: answers that people classed too: (a hit to people, a hit as it was classed).
    """
    if len(checked) < ENOUGH_PEOPLE:
        return undefined(
            f"people have classed {len(checked)} of these answers, under {ENOUGH_PEOPLE}"
        ), None
    if not n:
        return undefined("there is no such answer"), None
    found, missed = checked.count((True, True)), checked.count((True, False))
    false, right = checked.count((False, True)), checked.count((False, False))
    if not found + missed or not false + right:
        return undefined("people found all of them, or none, to be so"), None
    strength = found / (found + missed) + right / (right + false) - 1
    if strength <= 0:
        return undefined("the classes say no more than chance about what people say"), None
    import numpy as np

    def share(yes: int, no: int) -> Draws:
        return rng.beta(yes + 0.5, no + 0.5, DRAWS)

    rng = np.random.default_rng(SEED)
    rate, sensitivity, specificity = (
        share(hits, n - hits),
        share(found, missed),
        share(right, false),
    )
    power = np.maximum(sensitivity + specificity - 1, 1e-6)
    drawn = np.clip((rate + specificity - 1) / power, 0, 1)
    value = (hits / n + right / (right + false) - 1) / strength
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Figure(min(1.0, max(0.0, value))), (float(low), float(high))


def resampled(prompts: int) -> Draws:
    """How often each prompt is drawn, in each of :data:`DRAWS` resamplings of all prompts."""
    import numpy as np

    rng = np.random.default_rng(SEED)
    return rng.multinomial(prompts, [1 / prompts] * prompts, DRAWS).astype(float)


def difference(first: Sums, second: Sums) -> Difference:
    """Share of the second less share of the first, by a paired bootstrap over their prompts."""
    common = sorted(first.keys() & second.keys())
    if len(common) < FEW:
        reason = f"{len(common)} prompts have both, under {FEW}"
        return Difference(undefined(reason), None, len(common))
    import numpy as np

    hits, counts = (
        np.array([[side[prompt][place] for prompt in common] for side in (first, second)])
        for place in (0, 1)
    )
    value = hits.sum(axis=1) / counts.sum(axis=1)
    weights = resampled(len(common))
    drawn = (weights @ hits.T) / (weights @ counts.T)
    low, high = np.quantile(drawn[:, 1] - drawn[:, 0], (0.025, 0.975))
    return Difference(Figure(float(value[1] - value[0])), (float(low), float(high)), len(common))
