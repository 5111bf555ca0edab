"""A share of items, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from store.agreement.figure import as_number, as_numbers
from store.agreement.intervals import Interval, wilson


class Share(NamedTuple):
    """So many of so many."""

    hits: int
    n: int
    ci95: Interval | None
    """None without items."""

    @property
    def value(self) -> float | None:
        """``hits / n``; None without items."""
        return self.hits / self.n if self.n else None

    def as_json(self) -> dict[str, Any]:
        """Under fixed names."""
        return {"n": self.n, "share": as_number(self.value), "ci95": as_numbers(self.ci95)}


def share_of(hits: Sequence[bool], prompts: Sequence[str]) -> Share:
    """The share of what is counted, with Wilson's interval.

    Where cases share a prompt it is widened to that of a bootstrap over whole prompts.

    Args:
        hits: a case each.
        prompts: the prompt of each case.
    """
    counted, n = sum(hits), len(hits)
    ends = wilson(counted, n)
    if shares_prompts(prompts):
        from store.agreement.over_prompts import ratio_interval  # numpy

        ends = wider(ends, ratio_interval([float(hit) for hit in hits], [1.0] * n, prompts))
    return Share(counted, n, ends)


def shares_prompts(prompts: Sequence[str]) -> bool:
    """Whether any two cases are of one prompt, so that they are not independent."""
    return len(set(prompts)) < len(prompts)


def wider(one: Interval | None, other: Interval | None) -> Interval | None:
    """The interval that holds both."""
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), max(one[1], other[1])
