"""A figure that may not exist: its value, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

Table = Sequence[Sequence[int]]
"""Counts, k by k: rows are the first annotator's verdicts, columns the second's."""

NONE = "–"
"""Stands where a figure is undefined; the reason stands beside it."""

NO_OVERLAP = "no pair has a label from both"
ONE_VERDICT = "both used one and the same verdict throughout, so chance alone explains it"

NOUGHT = 1e-12
"""Less than this is an error of rounding: every figure here is a ratio of whole numbers."""


class Figure(NamedTuple):
    """A statistic; exactly one of the two fields is None."""

    value: float | None
    reason: str | None = None
    """Why the figure is undefined, in words for the annotator."""


def undefined(reason: str) -> Figure:
    """The figure that cannot be computed."""
    return Figure(None, reason)


def as_number(value: float | None) -> float | None:
    """A figure as JSON holds it: what only rounding keeps from nought is nought, never ``-0.0``."""
    return 0.0 if value is not None and abs(value) < NOUGHT else value


def as_numbers(ends: Sequence[float] | None) -> list[float | None] | None:
    """The ends of an interval as JSON holds them."""
    return None if ends is None else [as_number(end) for end in ends]


def rounded(value: float, digits: int) -> str:
    """A number to so many decimals, never with a minus before nothing but noughts."""
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text


def percent(value: float) -> str:
    """A share in whole percent: ``86 %``."""
    return f"{value * 100:.0f} %"


def short(value: float) -> str:
    """A kappa or its like with two decimals and no leading zero: ``.76``, ``-.05``, ``1.00``."""
    text = rounded(value, 2)
    return text.replace("0.", ".", 1) if abs(float(text)) < 1 else text
