"""Bootstrap intervals over prompts: all pairs and askings of a prompt move together.

2,000 draws under a fixed seed give the same interval for the same project.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from store.agreement.intervals import Interval

Array = NDArray[np.float64]

DRAWS: Final = 2000
SEED: Final = 0
_ROOM: Final = 4_000_000
"""Counts held at once while prompts are drawn."""


def ratio_interval(
    above: Sequence[float], below: Sequence[float], prompts: Sequence[str]
) -> Interval | None:
    """Bootstrap interval of the ratio of two sums; None where all cases are of one prompt."""
    return interval(np.column_stack([above, below]), prompts, lambda sums: sums[:, 0] / sums[:, 1])


def interval(
    columns: Array, prompts: Sequence[str], statistic: Callable[[Array], Array]
) -> Interval | None:
    """95 % bootstrap interval (percentiles) of anything that follows from sums over cases.

    Args:
        columns: a row a case.
        prompts: the prompt of each case.
        statistic: the sums of the columns, a row a draw, to a value a draw; draws where it is not
            finite are left out.

    Returns:
        Lower and upper end; None where all cases are of one prompt.
    """
    names, place = np.unique(np.asarray(prompts), return_inverse=True)
    if len(names) < 2:
        return None
    by_prompt = np.zeros((len(names), columns.shape[1]))
    np.add.at(by_prompt, place, columns)
    at_once = max(1, _ROOM // len(names))
    drawn = []
    for start in range(0, DRAWS, at_once):
        size = min(at_once, DRAWS - start)
        with np.errstate(divide="ignore", invalid="ignore"):
            drawn.append(statistic(_times(len(names), start, size) @ by_prompt))
    values = np.concatenate(drawn)
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


@lru_cache(maxsize=2)  # one certificate asks for the same draws some thirty times
def _times(prompts: int, start: int, draws: int) -> Array:
    """How often each prompt comes in each of some draws of as many prompts as there are."""
    generator = np.random.default_rng([SEED, start])
    chosen = generator.integers(0, prompts, (draws, prompts)) + np.arange(draws)[:, None] * prompts
    times = np.bincount(chosen.ravel(), minlength=draws * prompts)
    return times.reshape(draws, prompts).astype(float)
