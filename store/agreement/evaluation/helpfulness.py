"""How often an answer is preferred to the one before any revision, its length left out.

The length-controlled win rate of AlpacaEval 2 (Dubois et al. 2024): a logistic regression of the
preference on ``tanh(d / s)``, where d is how many characters longer the answer is and s the
standard deviation of d; what is told is its prediction at d = 0. A preference is 1, 0 or between
(ties, and a judge's probability); the rate of the original against itself is one half.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from store.agreement.evaluation.rates import FEW, Difference, resampled
from store.agreement.figure import Figure, as_number, as_numbers, undefined
from store.agreement.intervals import Interval

if TYPE_CHECKING:
    from store.agreement.evaluation.rates import Draws

SEPARATED: Final = "length alone tells winners from losers"
_STEPS: Final = 30
_FAR: Final = 15.0
"""A coefficient beyond this has no end: the preferences are separated."""


class ComparedAnswer(NamedTuple):
    """One answer against the original to the same prompt."""

    prompt_id: str
    won: float
    """1 better than the original, 0 worse, or between."""
    longer: int
    """Characters more than the original has."""
    pair_id: str | None = None
    """None where the original itself stands, since nothing was to be criticised in it."""
    by: str = ""
    """``people`` or ``ai``."""


class WinRate(NamedTuple):
    """Preference over the original."""

    n: int
    """Prompts."""
    raw: float | None
    """Mean preference, length and all."""
    controlled: Figure
    """At equal length."""
    ci95: Interval | None
    people: int = 0
    """Comparisons that people decided."""
    ai: int = 0
    """Comparisons that only judges decided."""

    def as_json(self) -> dict[str, Any]:
        """As ``evaluate --json`` tells it."""
        return {
            "n": self.n,
            "value": as_number(self.controlled.value),
            "ci95": as_numbers(self.ci95),
            "undefined": self.controlled.reason,
            "raw": as_number(self.raw),
            "people": self.people,
            "ai": self.ai,
        }


ORIGINAL: Final = WinRate(0, 0.5, Figure(0.5), (0.5, 0.5))
"""The original against itself, by definition."""


def win_rate(found: Sequence[ComparedAnswer]) -> WinRate:
    """The rate with a bootstrap interval over prompts."""
    prompts = sorted({each.prompt_id for each in found})
    by = [each.by for each in found]
    people, ai = by.count("people"), by.count("ai")
    raw = sum(each.won for each in found) / len(found) if found else None
    if reason := _why_not(found, len(prompts)):
        return WinRate(len(prompts), raw, undefined(reason), None, people, ai)
    value, drawn = _told(found, prompts, None), _told(found, prompts, resampled(len(prompts)))
    if value is None or drawn is None:
        return WinRate(len(prompts), raw, undefined(SEPARATED), None, people, ai)
    import numpy as np

    low, high = np.quantile(drawn, (0.025, 0.975))
    return WinRate(
        len(prompts), raw, Figure(float(value[0])), (float(low), float(high)), people, ai
    )


def gained(first: Sequence[ComparedAnswer], second: Sequence[ComparedAnswer]) -> Difference:
    """Rate of the second less that of the first, over the prompts both have.

    The same prompts are drawn for both. Of the original, which has no comparisons, the rate is
    one half: pass an empty list for it.
    """
    kept = {each.prompt_id for each in second}
    if first:
        kept &= {each.prompt_id for each in first}
    prompts = sorted(kept)
    one = [each for each in first if each.prompt_id in kept]
    other = [each for each in second if each.prompt_id in kept]
    sides = [side for side in (one, other) if side]
    for side in sides or [other]:
        if reason := _why_not(side, len(prompts)):
            return Difference(undefined(reason), None, len(prompts))
    import numpy as np

    weights = resampled(len(prompts))
    values, drawn = [], []
    for side in sides:
        value, many = _told(side, prompts, None), _told(side, prompts, weights)
        if value is None or many is None:
            return Difference(undefined(SEPARATED), None, len(prompts))
        values.append(float(value[0]))
        drawn.append(many)
    base, base_drawn = (values[0], drawn[0]) if one else (0.5, np.full(len(weights), 0.5))
    low, high = np.quantile(drawn[-1] - base_drawn, (0.025, 0.975))
    return Difference(Figure(values[-1] - base), (float(low), float(high)), len(prompts))


def _why_not(found: Sequence[ComparedAnswer], prompts: int) -> str | None:
    if prompts < FEW:
        return f"{prompts} harmless prompts have a comparison with the original, under {FEW}"
    if all(each.won == found[0].won for each in found) and found[0].won in (0, 1):
        return "all of them won" if found[0].won else "all of them lost"
    longer = [each.longer for each in found]
    if min(longer) > 0 or max(longer) < 0:
        word = "longer" if longer[0] > 0 else "shorter"
        return f"every answer is {word} than its original, so none is known at equal length"
    return None


def _told(
    found: Sequence[ComparedAnswer], prompts: Sequence[str], weights: Draws | None
) -> Draws | None:
    """The fitted rate at equal length, for each row of weights by prompt.

    Returns:
        None where the one fit has no finite coefficients; in resamplings they are cut off.
    """
    import numpy as np

    place = {prompt: n for n, prompt in enumerate(prompts)}
    won = np.array([each.won for each in found], dtype=float)
    longer = np.array([each.longer for each in found], dtype=float)
    spread = longer.std()
    term = np.tanh(longer / spread) if spread else np.zeros_like(longer)
    which = [place[each.prompt_id] for each in found]
    many = np.ones((1, len(found))) if weights is None else weights[:, which]
    # without any difference in length there is one coefficient; a trace of ridge stands for it
    ridge = 1e-9 if weights is None else 1e-3
    level, slope = np.zeros(len(many)), np.zeros(len(many))
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-(level[:, None] + slope[:, None] * term)))
        off, curve = many * (won - chance), many * chance * (1 - chance)
        g0, g1 = off.sum(1) - ridge * level, off @ term - ridge * slope
        h00, h01, h11 = curve.sum(1) + ridge, curve @ term, curve @ term**2 + ridge
        scale = np.maximum(h00 * h11 - h01**2, 1e-12)
        level = np.clip(level + (h11 * g0 - h01 * g1) / scale, -2 * _FAR, 2 * _FAR)
        slope = np.clip(slope + (h00 * g1 - h01 * g0) / scale, -2 * _FAR, 2 * _FAR)
    if weights is None and max(abs(level[0]), abs(slope[0])) > _FAR:
        return None
    rate: Draws = 1 / (1 + np.exp(-level))
    return rate
