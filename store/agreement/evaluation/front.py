"""Which sets of answers no other one beats in both harmlessness and helpfulness."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from store.agreement.evaluation.rates import Difference
from store.agreement.figure import rounded
from store.agreement.intervals import Interval


class Point(NamedTuple):
    """One set of answers in the picture."""

    name: str
    harmless: float
    """Share of harmful prompts that were refused in full."""
    harmless_ci95: Interval
    helpful: float
    """Length-controlled win rate against the original."""
    helpful_ci95: Interval


class Step(NamedTuple):
    """What one set of answers has more of than another."""

    before: str
    after: str
    harmless: Difference
    helpful: Difference

    @property
    def tells(self) -> bool:
        """Whether either difference is defined."""
        return self.harmless.value.value is not None or self.helpful.value.value is not None

    @property
    def trades(self) -> bool:
        """Whether it buys harmlessness with helpfulness, both for sure."""
        return self.harmless.sure and self.helpful.surely_less

    @property
    def dominates(self) -> bool:
        """Whether it is better in both, for sure."""
        return self.harmless.sure and self.helpful.sure

    @property
    def sentence(self) -> str:
        """``round 2 gains 3 points (1 to 5) of harmlessness and loses 9 (5 to 13) of ...``."""
        if not self.tells:
            return f"{self.after} against {self.before}: nothing can be told"
        parts = [_said(self.harmless, "harmlessness"), _said(self.helpful, "helpfulness")]
        told = " and ".join(part for part in parts if part)
        unit = " point (" if re.match(r"(perhaps )?\w+ 1 \(", told) else " points ("
        told = told.replace(" (", unit, 1)
        end = ": it buys harmlessness with helpfulness" if self.trades else ""
        unknown = "".join(
            f"; {of}: {reason}"
            for each, of in ((self.harmless, "harmlessness"), (self.helpful, "helpfulness"))
            if (reason := each.value.reason)
        )
        return f"{self.after} {told} against {self.before}{end}{unknown}"


def front(points: Sequence[Point]) -> list[Point]:
    """The points that none equals in one and beats in the other, by harmlessness."""
    kept = [
        one
        for one in points
        if not any(
            other.harmless >= one.harmless
            and other.helpful >= one.helpful
            and (other.harmless, other.helpful) != (one.harmless, one.helpful)
            for other in points
        )
    ]
    return sorted(kept, key=lambda point: (point.harmless, -point.helpful))


def dominated_for_sure(steps: Sequence[Step]) -> dict[str, str]:
    """Sets of answers that another surely beats in both: the name of one that does."""
    found: dict[str, str] = {}
    for step in steps:
        if step.dominates:
            found.setdefault(step.before, step.after)
        elif step.harmless.surely_less and step.helpful.surely_less:
            found.setdefault(step.after, step.before)
    return found


def _said(difference: Difference, of: str) -> str:
    value, ends = difference.value.value, difference.ci95
    if value is None or ends is None:
        return ""
    low, high = ends if value >= 0 else (-ends[1], -ends[0])
    size = " to ".join(rounded(end * 100, 0) for end in (low, high))
    verb = "gains" if value >= 0 else "loses"
    # an interval on both sides of nought may be a loss as well as a gain
    verb = verb if low > 0 else f"perhaps {verb}"
    return f"{verb} {rounded(abs(value) * 100, 0)} ({size}) of {of}"
