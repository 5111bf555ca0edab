"""A figure about a judge with its number of cases, its interval and the pairs behind it.

Intervals are those of :mod:`store.agreement.over_prompts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from store.agreement.figure import Figure, as_number, as_numbers
from store.agreement.intervals import Interval
from store.agreement.over_prompts import ratio_interval
from store.agreement.share import share_of


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
