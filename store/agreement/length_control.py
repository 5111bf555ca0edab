"""Win rates that length does not explain: what is won at equal length (Dubois et al. 2024)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Mask = NDArray[np.bool_]

FEW: Final = 20
"""Fewer comparisons than ten for each of the two coefficients carry no fit."""
DRAWS: Final = 2000
_UNFIT: Final = 0.05
"""Where more of the draws than this have no fit, the others make no interval."""
_STEPS: Final = 50
_CLOSE: Final = 1e-10
_CELLS: Final = 1_000_000
"""Cells of draws by comparisons that are worked on at a time: 8 MB an array."""


class LengthControlled(NamedTuple):
    """A share of comparisons won, told at no difference in length."""

    value: float | None
    """From 0 to 1."""
    low: float | None
    high: float | None
    n: int
    """Comparisons."""
    reason: str | None = None
    """Why there is no value, or a value without an interval."""


def length_controlled(
    wins: Sequence[float],
    length_differences: Sequence[float],
    prompts: Sequence[str],
    *,
    seed: int = 0,
) -> LengthControlled:
    """The win rate at equal length.

    Fits logit P(win) = t + f tanh(d / s) by maximum likelihood without a penalty, d being the
    difference in length and s its standard deviation, and tells sigmoid(t): the length term of
    AlpacaEval 2 (Dubois et al. 2024, section 3), without its terms for models and instructions.
    Where no lengths differ this is the plain share.

    Args:
        wins: 1 where the answer won, 0 where it lost, between them a tie or a soft label.
        length_differences: of the answer over the other, in any one unit.
        prompts: what each comparison is about; those of one prompt are drawn together.
        seed: of the 2,000 draws over prompts whose 2.5 and 97.5 % points are the interval.

    Returns:
        No value, with the reason, below :data:`FEW` comparisons, where one side won all, where
        the lengths alone tell who won (no finite fit), and where all lengths differ by the same.
    """
    import numpy as np

    n = len(wins)
    if n < FEW:
        return _none(n, f"fewer than {FEW} comparisons")
    y = np.asarray(wins, dtype=np.float64)
    d = np.asarray(length_differences, dtype=np.float64)
    spread = float(d.std())
    if spread <= _CLOSE * max(1.0, float(np.abs(d).max())):
        if np.abs(d).max() > 0:
            return _none(n, "all answers differ in length by the same, so nothing tells its part")
        x = np.zeros(n)
    else:
        x = np.tanh(d / spread)
    if not 0 < y.mean() < 1:
        return _none(n, "one side won every comparison")
    whole = np.ones((1, n))
    if _separated(y, x, whole)[0]:
        return _none(n, "the lengths alone tell who won, so that no fit is finite")
    fit = _fit(y, x, whole, np.zeros((1, 2)))
    value = _sigmoid(fit[0, 0])
    names, group = np.unique(np.asarray(prompts), return_inverse=True)
    rates = _drawn(y, x, group, len(names), fit, np.random.default_rng(seed))
    if np.isnan(rates).mean() > _UNFIT:
        return LengthControlled(
            float(value), None, None, n, "too many draws over prompts have no fit for an interval"
        )
    low, high = np.nanquantile(rates, (0.025, 0.975))
    return LengthControlled(float(value), float(low), float(high), n)


def _drawn(
    y: Numbers, x: Numbers, group: Any, prompts: int, start: Numbers, rng: np.random.Generator
) -> Numbers:
    """The rate of each draw; one-sided draws are at their limit, separated ones not a number."""
    import numpy as np

    rates: list[Numbers] = []
    step = max(1, min(DRAWS, _CELLS // max(len(y), prompts)))
    for begin in range(0, DRAWS, step):
        size = min(step, DRAWS - begin)
        counts = rng.multinomial(prompts, np.full(prompts, 1 / prompts), size=size)
        weights = counts[:, group].astype(np.float64)
        share = (weights @ y) / weights.sum(axis=1)
        mixed = (share > 0) & (share < 1)
        rate = np.where(mixed, np.nan, share)
        good = np.flatnonzero(mixed)
        good = good[~_separated(y, x, weights[good])]
        fits = _fit(y, x, weights[good], np.repeat(start, len(good), axis=0))
        rate[good] = _sigmoid(fits[:, 0])
        rates.append(rate)
    return np.concatenate(rates)


def _separated(y: Numbers, x: Numbers, weights: Numbers) -> Mask:
    """Of each row of weights: a length from which on all is won, or all is lost."""
    import numpy as np

    if not x.any():
        return np.zeros(len(weights), dtype=bool)
    won, lost = (weights > 0) & (y > 0), (weights > 0) & (y < 1)
    top = [np.where(mask, x, -np.inf).max(axis=1) for mask in (won, lost)]
    bottom = [np.where(mask, x, np.inf).min(axis=1) for mask in (won, lost)]
    parted: Mask = (top[1] <= bottom[0]) | (top[0] <= bottom[1])
    return parted


def _fit(y: Numbers, x: Numbers, weights: Numbers, start: Numbers) -> Numbers:
    """Newton's method with halved steps, all rows of weights at once; t and f of each row."""
    import numpy as np

    at = start.copy()
    flat = not x.any()
    for _ in range(_STEPS):
        p = _sigmoid(at[:, :1] + at[:, 1:] * x)
        off, curve = weights * (y - p), weights * p * (1 - p)
        g0, g1 = off.sum(axis=1), off @ x
        h00, h01, h11 = curve.sum(axis=1), curve @ x, curve @ (x * x)
        if flat:
            h11 = np.ones_like(h00)
        scale = np.maximum(h00 * h11 - h01 * h01, 1e-300)
        move = np.stack(((h11 * g0 - h01 * g1) / scale, (h00 * g1 - h01 * g0) / scale), axis=1)
        # the likelihood is concave: a step cut to a bounded length keeps its direction and climbs
        size = np.abs(move).max(axis=1, keepdims=True)
        at += move * np.minimum(1.0, 2.0 / np.maximum(size, 1e-300))
        if not size.size or size.max() < _CLOSE:
            break
    return at


def _sigmoid(z: Numbers) -> Numbers:
    import numpy as np

    sure: Numbers = 1 / (1 + np.exp(-np.clip(z, -500, 500)))
    return sure


def _none(n: int, reason: str) -> LengthControlled:
    return LengthControlled(None, None, None, n, reason)
