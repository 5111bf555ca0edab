"""A figure about a judge with its number of cases, its interval and the pairs behind it.

Resampling is over prompts: all pairs and askings of a prompt move together. 2,000 draws under a
fixed seed give the same interval for the same project.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from store.agreement.figure import Figure, as_number, as_numbers
from store.agreement.intervals import Interval
from store.agreement.share import share_of

Array = NDArray[np.float64]

DRAWS: Final = 2000
SEED: Final = 0
_ROOM: Final = 4_000_000
"""Counts held at once while prompts are drawn."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure; ``value`` and ``reason`` are never both there."""

    value: float | None
    n: int
    """Pairs (or what the figure counts) that it rests on."""
    ci95: Interval | None = None
    reason: str | None = None
    """Why there is no value."""
    pairs: tuple[str, ...] = ()
    """The pairs to look at: the hits of a share, otherwise all it rests on."""
    written: Literal["share", "coefficient"] = "share"

    def as_json(self) -> dict[str, Any]:
        """Value, n, interval, and the reason where there is no value."""
        told: dict[str, Any] = {
            "value": as_number(self.value),
            "n": self.n,
            "ci95": as_numbers(self.ci95),
        }
        return told | ({} if self.reason is None else {"undefined": self.reason})


def missing(reason: str, n: int = 0, pairs: Sequence[str] = ()) -> Measured:
    """The figure that does not exist."""
    return Measured(None, n, reason=reason, pairs=tuple(pairs))


def of_figure(figure: Figure, n: int, ci95: Interval | None, pairs: Sequence[str] = ()) -> Measured:
    """A coefficient of a table as a figure of the certificate."""
    ends = None if figure.value is None else ci95
    return Measured(figure.value, n, ends, figure.reason, tuple(pairs), "coefficient")


def share(
    hits: Sequence[bool], prompts: Sequence[str], pairs: Sequence[str], *, none: str
) -> Measured:
    """A share with its interval, as :func:`share_of` has it.

    Args:
        hits: what is counted, a case each.
        prompts: the prompt of each case.
        pairs: the pair of each case.
        none: the reason where there is no case.
    """
    n = len(hits)
    if not n:
        return missing(none)
    found = share_of(hits, prompts)
    behind = tuple(pair for pair, hit in zip(pairs, hits, strict=True) if hit)
    return Measured(found.value, n, found.ci95, pairs=behind)


def mean(
    values: Sequence[float], prompts: Sequence[str], pairs: Sequence[str], *, none: str
) -> Measured:
    """A mean with its bootstrap interval over prompts."""
    if not values:
        return missing(none)
    ends = ratio_interval(values, [1.0] * len(values), prompts)
    value = float(np.mean(values))
    return Measured(value, len(values), ends, pairs=tuple(pairs), written="coefficient")


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
